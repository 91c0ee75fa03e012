package io.cordwood.chaos.history;

import org.jspecify.annotations.Nullable;

/**
 * An operation from its begin to its end.
 *
 * @param invoked its begin; of what takes no time the same event as the end
 * @param ended {@code null} where it was never answered
 */
public record Call<T extends Operation>(
        Class<T> kind, Event invoked, @Nullable Event ended) {

    /** With its results where there are any, else as it was begun. */
    public T what() {
        return kind.cast(ended == null ? invoked.what() : ended.what());
    }

    /**
     * {@link EventType#INFO} where it was never answered: its outcome is as unknown as that of one that says so.
     */
    public EventType outcome() {
        return ended == null ? EventType.INFO : ended.type();
    }

    public boolean isOk() {
        return outcome() == EventType.OK;
    }

    public boolean isFailed() {
        return outcome() == EventType.FAIL;
    }

    public boolean isAnswered() {
        return ended != null;
    }

    public String process() {
        return invoked.process();
    }

    public long beginNanos() {
        return invoked.nanos();
    }

    /** When its effect lay in the past: of an unknown outcome never. */
    public long endNanos() {
        return ended == null || ended.type() == EventType.INFO ? Long.MAX_VALUE : ended.nanos();
    }

    /** Who and when, for a sentence. */
    public String where() {
        return ended == null || ended.equals(invoked)
                ? invoked.where()
                : invoked.process() + " from " + Event.time(invoked.nanos()) + " to " + Event.time(ended.nanos())
                        + " (operation " + invoked.operation() + ")";
    }
}
