package io.cordwood.client;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A timer whose clock stands still but for {@link #advance}. What is due at once runs at once, on its
 * thread.
 *
 * <p><b>Thread:</b> any.
 */
final class ManualTimer extends ScheduledThreadPoolExecutor {
    private final PriorityQueue<Due> waiting =
            new PriorityQueue<>(Comparator.comparingLong(Due::nanos).thenComparingLong(Due::number));

    private final AtomicInteger ranAtOnce = new AtomicInteger();
    private long nowNanos;
    private long lastNumber;

    private record Due(long nanos, long number, Runnable task) {}

    ManualTimer() {
        super(1);
    }

    synchronized long nowNanos() {
        return nowNanos;
    }

    /** How many tasks ran that were due at once. */
    int ranAtOnce() {
        return ranAtOnce.get();
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        long nanos = unit.toNanos(delay);
        if (nanos <= 0) {
            return super.schedule(
                    () -> {
                        task.run();
                        ranAtOnce.incrementAndGet();
                    },
                    0,
                    unit);
        }
        waiting.add(new Due(nowNanos + nanos, ++lastNumber, task));
        // Nobody cancels or awaits what is scheduled.
        return super.schedule(() -> {}, 0, unit);
    }

    /** Runs what becomes due within this time, each at its moment; returns when it has. */
    void advance(Duration time) throws Exception {
        long end = nowNanos() + time.toNanos();
        for (var due = next(end); due != null; due = next(end)) {
            super.schedule(due.task, 0, TimeUnit.NANOSECONDS).get(); // which does not count it
        }
    }

    private synchronized @Nullable Due next(long end) {
        var first = waiting.peek();
        boolean isDue = first != null && first.nanos <= end;
        nowNanos = isDue ? first.nanos : end;
        return isDue ? waiting.remove() : null;
    }
}
