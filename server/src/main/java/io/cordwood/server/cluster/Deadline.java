package io.cordwood.server.cluster;

import java.time.Duration;

/**
 * The moment until which somebody waits for an answer.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param atNanos on the clock of {@link System#nanoTime}
 */
public record Deadline(long atNanos) {
    public static Deadline after(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** Zero once it has passed. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, atNanos - System.nanoTime()));
    }

    public boolean passed() {
        return atNanos - System.nanoTime() <= 0;
    }

    public Deadline earlier(Duration fromNow) {
        var other = after(fromNow);
        return other.atNanos - atNanos < 0 ? other : this;
    }
}
