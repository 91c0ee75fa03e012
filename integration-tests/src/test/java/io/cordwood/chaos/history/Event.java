package io.cordwood.chaos.history;

import java.util.Locale;
import java.util.Objects;

/**
 * One line of a history.
 *
 * @param nanos since the begin of the run, on a clock that never steps
 * @param process who does it, one thing after another in each partition: {@code producer-3}, {@code
 *     reader-1}, {@code conditional-0}, {@code final}, {@code nemesis}
 * @param operation the same number at the begin and the end of an operation, and at no other
 * @param detail in words, empty where there is nothing to say: why it failed
 */
public record Event(long nanos, String process, long operation, EventType type, Operation what, String detail) {
    private static final double NANOS_PER_SECOND = 1e9;

    public Event {
        Objects.requireNonNull(process, "process");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(detail, "detail");
    }

    /** When, as violations and summaries say it: {@code 12.345678 s}. */
    public static String time(long nanos) {
        return String.format(Locale.ROOT, "%.6f s", nanos / NANOS_PER_SECOND);
    }

    /** Who and when, for a sentence: {@code producer-3 at 12.345678 s (operation 17)}. */
    public String where() {
        return process + " at " + time(nanos) + " (operation " + operation + ")";
    }
}
