package io.cordwood.raft;

import io.cordwood.partition.PartitionState.Compactable;
import io.cordwood.store.CompactionPace;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * What a replica's passes have read, and how fast they may go on.
 *
 * <p>Thread: a pass's counts; any reads.
 */
final class CompactionProgress {
    private final AtomicLong doneBytes = new AtomicLong();
    private volatile long totalBytes;
    private volatile String lastError = "";

    /** Ends a pass that is not wanted any more. */
    static final class AbandonedException extends IOException {
        private static final long serialVersionUID = 1L;

        AbandonedException(String message) {
            super(message);
        }
    }

    /**
     * Begins to count.
     *
     * @param allBytes of the segments: a pass reads what is dirty twice, the rest once
     * @param wanted asked after each batch
     */
    CompactionPace begin(long allBytes, CatchUpRate rate, BooleanSupplier wanted) {
        doneBytes.set(0);
        totalBytes = allBytes;
        return bytes -> {
            doneBytes.addAndGet(bytes);
            if (!wanted.getAsBoolean()) {
                throw new AbandonedException("the pass is not wanted any more");
            }
            try {
                rate.take(bytes);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the node stops");
            }
        };
    }

    void succeeded() {
        lastError = "";
    }

    void failed(Throwable cause) {
        lastError = String.valueOf(cause.getMessage());
    }

    CompactionStatus status(Compactable applied, boolean running) {
        return new CompactionStatus(
                applied.compactedEnd(),
                applied.segments().active().baseOffset(),
                running,
                doneBytes.get(),
                totalBytes,
                lastError);
    }
}
