package io.cordwood.raft;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How fast a node fetches what its replicas lack and compares what they have, all of them together: who reads more waits, so
 * that the leaders go on serving.
 *
 * <p>Invariant: over any time, at most {@code bytesPerSecond} and one second's worth of a burst.
 *
 * <p>Thread: any; the monitor guards two numbers, and is not held while somebody waits.
 */
final class CatchUpRate {
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final double nanosPerByte;
    private final LongSupplier clockNanos;
    private final Pause pause;
    private long paidUntilNanos;
    private long takenBytes;

    /** Waits; the clock's part in a test. */
    interface Pause {
        void nanos(long nanos) throws InterruptedException;
    }

    CatchUpRate(long bytesPerSecond, LongSupplier clockNanos, Pause pause) {
        this.nanosPerByte = (double) SECOND_NANOS / bytesPerSecond;
        this.clockNanos = clockNanos;
        this.pause = pause;
        this.paidUntilNanos = clockNanos.getAsLong();
    }

    static CatchUpRate of(long bytesPerSecond) {
        return new CatchUpRate(bytesPerSecond, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
    }

    /** Returns when these bytes may be fetched. */
    void take(long bytes) throws InterruptedException {
        long waitNanos = charge(bytes);
        if (waitNanos > 0) {
            pause.nanos(waitNanos);
        }
    }

    /** These bytes come without a wait, and make nobody else wait. */
    synchronized void count(long bytes) {
        takenBytes += bytes;
    }

    /** All bytes so far. */
    synchronized long takenBytes() {
        return takenBytes;
    }

    private synchronized long charge(long bytes) {
        takenBytes += bytes;
        long now = clockNanos.getAsLong();
        if (paidUntilNanos - now < -SECOND_NANOS) {
            paidUntilNanos = now - SECOND_NANOS;
        }
        long waitNanos = paidUntilNanos - now;
        paidUntilNanos += (long) (bytes * nanosPerByte);
        return waitNanos;
    }
}
