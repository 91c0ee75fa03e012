package io.cordwood.server.partition;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts bytes that are on their way and says when to take no more. It never refuses: whoever asks for the next batch
 * asks here first, so the bytes exceed the limit by at most one batch for each stream.
 *
 * <p>Invariant: every waiter is called once, when there is room again.
 *
 * <p><b>Thread:</b> any.
 */
public final class ByteBudget {
    private final long limitBytes;
    private final AtomicLong usedBytes = new AtomicLong();
    private final Queue<Runnable> waiters = new ConcurrentLinkedQueue<>();

    public ByteBudget(long limitBytes) {
        if (limitBytes < 1) {
            throw new IllegalArgumentException("limit " + limitBytes + " must be positive");
        }
        this.limitBytes = limitBytes;
    }

    public void take(long bytes) {
        usedBytes.addAndGet(bytes);
    }

    /** Takes the bytes unless the limit is reached already. */
    public boolean tryTake(long bytes) {
        if (usedBytes.get() >= limitBytes) {
            return false;
        }
        take(bytes);
        return true;
    }

    public long limitBytes() {
        return limitBytes;
    }

    public void give(long bytes) {
        long left = usedBytes.addAndGet(-bytes);
        if (left < 0) {
            throw new IllegalStateException("gave back " + bytes + " bytes, " + -left + " more than were taken");
        }
        if (left < limitBytes) {
            wakeAll();
        }
    }

    public long usedBytes() {
        return usedBytes.get();
    }

    /** Whether more may be taken; if not, the waiter is called as soon as it is. It may be called in here. */
    public boolean hasRoomOr(Runnable waiter) {
        if (usedBytes.get() < limitBytes) {
            return true;
        }
        waiters.add(waiter);
        if (usedBytes.get() < limitBytes) {
            // Room came between the two looks, and its giver may not have seen the waiter.
            wakeAll();
        }
        return false;
    }

    private void wakeAll() {
        for (int left = waiters.size(); left > 0; left--) {
            var waiter = waiters.poll();
            if (waiter == null) {
                return;
            }
            waiter.run();
        }
    }
}
