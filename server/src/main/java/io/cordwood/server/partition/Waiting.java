package io.cordwood.server.partition;

import io.cordwood.server.cluster.Deadline;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Waits for records.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class Waiting {
    private Waiting() {}

    /** Whether the high watermark passed the offset before the time was over or the caller went away. */
    public static CompletableFuture<Boolean> highWatermarkPast(Replica replica, long offset, Deadline deadline) {
        var passed = new CompletableFuture<Boolean>();
        Runnable look = () -> {
            if (replica.highWatermark() > offset) {
                passed.complete(true);
            }
        };
        var listener = replica.onHighWatermark(look);
        look.run();
        var unused = deadline.cancelled().thenRun(() -> passed.complete(false));
        return passed.completeOnTimeout(false, deadline.left().toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((value, failure) -> listener.close());
    }
}
