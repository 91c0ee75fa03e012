package io.cordwood.server.cluster;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Until when somebody waits for an answer.
 *
 * <p><b>Thread:</b> immutable but for the future.
 *
 * @param atNanos on the clock of {@link System#nanoTime}
 * @param cancelled completes if the one who waits goes away before
 */
public record Deadline(long atNanos, CompletableFuture<Void> cancelled) {
    public static Deadline after(Duration duration) {
        return after(duration, new CompletableFuture<>());
    }

    public static Deadline after(Duration duration, CompletableFuture<Void> cancelled) {
        return new Deadline(System.nanoTime() + duration.toNanos(), cancelled);
    }

    /** Zero once it has passed. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, atNanos - System.nanoTime()));
    }

    public boolean passed() {
        return atNanos - System.nanoTime() <= 0;
    }

    public Deadline earlier(Duration fromNow) {
        var other = after(fromNow, cancelled);
        return other.atNanos - atNanos < 0 ? other : this;
    }
}
