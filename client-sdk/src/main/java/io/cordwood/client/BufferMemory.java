package io.cordwood.client;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bytes that a producer may hold.
 *
 * <p>Invariants: never more than the limit is taken; whoever waits is served in order of arrival, so that a large record
 * is not passed by small ones for ever.
 *
 * <p><b>Thread:</b> any.
 */
final class BufferMemory {
    private final int limitBytes;
    private final Semaphore free;
    private final AtomicInteger waiting = new AtomicInteger();

    BufferMemory(int limitBytes) {
        this.limitBytes = limitBytes;
        this.free = new Semaphore(limitBytes, true);
    }

    /**
     * Takes bytes, waiting for them where they are not there.
     *
     * @param onWait told when it must wait, after {@link #isShort} has become true: asked the other way round, the
     *     sender thread could look in between and let linger pass
     * @return false when there were not enough until the deadline
     */
    boolean take(int bytes, long deadlineNanos, Runnable onWait) throws InterruptedException {
        if (waiting.get() == 0 && free.tryAcquire(bytes)) {
            return true;
        }
        waiting.incrementAndGet();
        try {
            onWait.run();
            return free.tryAcquire(bytes, Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } finally {
            waiting.decrementAndGet();
        }
    }

    void giveBack(int bytes) {
        free.release(bytes);
    }

    /** Whether somebody waits. */
    boolean isShort() {
        return waiting.get() > 0;
    }

    int limitBytes() {
        return limitBytes;
    }

    int takenBytes() {
        return limitBytes - free.availablePermits();
    }
}
