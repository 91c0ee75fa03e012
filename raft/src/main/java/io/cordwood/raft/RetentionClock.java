package io.cordwood.raft;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time by which retention judges: the node's clock, but where that jumps forward this one follows {@value #PACE} times as
 * fast as time passes. A clock that was set years ahead by mistake then costs a day of records in an hour, and not all of them
 * at once; the log says so all the while.
 *
 * <p>Invariants: never ahead of the node's clock. A process that starts believes its clock.
 *
 * <p>Thread: one.
 */
final class RetentionClock {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionClock.class);
    private static final int PACE = 24;
    /** What a clock may be corrected by without a word. */
    private static final long SLACK_MS = 60_000;

    private final LongSupplier clockMs;
    private final LongSupplier clockNanos;
    private long lastMs;
    private long lastNanos;

    RetentionClock(LongSupplier clockMs, LongSupplier clockNanos) {
        this.clockMs = clockMs;
        this.clockNanos = clockNanos;
        lastMs = clockMs.getAsLong();
        lastNanos = clockNanos.getAsLong();
    }

    long nowMs() {
        long clock = clockMs.getAsLong();
        long nanos = clockNanos.getAsLong();
        long reachable = lastMs + (nanos - lastNanos) / 1_000_000 * PACE + SLACK_MS;
        if (clock > reachable) {
            LOG.warn(
                    "this node's clock has jumped: it is {} s ahead of what retention believes; if it is wrong, set it back"
                            + " now, before records expire by it",
                    (clock - reachable) / 1_000);
        }
        lastMs = Math.min(clock, reachable);
        lastNanos = nanos;
        return lastMs;
    }
}
