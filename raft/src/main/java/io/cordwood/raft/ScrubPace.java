package io.cordwood.raft;

import io.cordwood.store.CompactionPace;
import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;

/**
 * Slows the reads of the background check down to the node's rate for it, and to a quarter of that while
 * something matters more: not to nothing, because a node that always has something to do would never be
 * looked at.
 *
 * <p>Thread: the node's own for the check.
 */
final class ScrubPace implements CompactionPace {
    /** Charged at once: batches may be small. */
    static final int PIECE_BYTES = 256 << 10;

    static final int BUSY_FACTOR = 4;

    private final CatchUpRate rate;
    private final BooleanSupplier isBusy;
    private final ScrubCounters counters;
    private long unchargedBytes;

    ScrubPace(CatchUpRate rate, BooleanSupplier isBusy, ScrubCounters counters) {
        this.rate = rate;
        this.isBusy = isBusy;
        this.counters = counters;
    }

    @Override
    public void passed(int bytes) throws InterruptedIOException {
        counters.read(bytes);
        unchargedBytes += bytes;
        if (unchargedBytes >= PIECE_BYTES) {
            long charged = unchargedBytes;
            unchargedBytes = 0;
            charge(isBusy.getAsBoolean() ? BUSY_FACTOR * charged : charged);
        }
    }

    private void charge(long bytes) throws InterruptedIOException {
        try {
            rate.take(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the node stops");
        }
    }
}
