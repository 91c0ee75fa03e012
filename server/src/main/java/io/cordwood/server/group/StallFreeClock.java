package io.cordwood.server.group;

import io.cordwood.coordinator.CoordinatorClock;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time of a coordinator, without that in which it stood still: members that spoke meanwhile wait to be
 * heard, and must not be taken for silent. However long nobody looked at it, it goes on by one step at
 * most.
 *
 * <p><b>Thread:</b> confined to the coordination.
 */
final class StallFreeClock implements CoordinatorClock {
    private final LongSupplier nanoTime;
    private final Clock wallClock;
    private final long stepNanos;
    private long lastNanos;
    private long passedNanos;

    /** @param step a little more than the time between two looks when nothing stands still */
    StallFreeClock(LongSupplier nanoTime, Clock wallClock, Duration step) {
        this.nanoTime = nanoTime;
        this.wallClock = wallClock;
        stepNanos = step.toNanos();
        lastNanos = nanoTime.getAsLong();
    }

    @Override
    public long monotonicMillis() {
        long now = nanoTime.getAsLong();
        passedNanos += Math.min(stepNanos, now - lastNanos);
        lastNanos = now;
        return TimeUnit.NANOSECONDS.toMillis(passedNanos);
    }

    @Override
    public long wallMillis() {
        return wallClock.millis();
    }
}
