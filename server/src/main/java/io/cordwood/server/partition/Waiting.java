package io.cordwood.server.partition;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Waits for records.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class Waiting {
    private Waiting() {}

    /** Whether the high watermark passed the offset before the time was over. */
    public static CompletableFuture<Boolean> highWatermarkPast(Replica replica, long offset, Duration atMost) {
        var passed = new CompletableFuture<Boolean>();
        Runnable look = () -> {
            if (replica.highWatermark() > offset) {
                passed.complete(true);
            }
        };
        var listener = replica.onHighWatermark(look);
        look.run();
        return passed.completeOnTimeout(false, atMost.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((value, failure) -> listener.close());
    }
}
