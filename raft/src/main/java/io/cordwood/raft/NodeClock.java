package io.cordwood.raft;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time by which a node decides what expires: records, tombstones, and as leader time in the entries also what is
 * known of producers. It is the machine's clock, but where that jumps forward this one follows {@value #PACE} times
 * as fast as time passes. A clock that was set years ahead by mistake then costs a day of records in an hour, and not
 * all of them at once; the log says so all the while.
 *
 * <p>A machine that slept looks the same, because on most of them the time that passes stands still meanwhile: after
 * ten hours of sleep the leader time, and what is stamped with it, lags for 25 minutes.
 *
 * <p>Invariants: never ahead of the machine's clock. A process that starts believes its clock. How far it may follow
 * at once does not depend on how often it is asked, nor on when it was asked last.
 *
 * <p>Thread: any. The monitor guards all fields: one clock serves all threads of a node. It is held for two looks at
 * the machine's clocks.
 */
final class NodeClock {
    private static final Logger LOG = LoggerFactory.getLogger(NodeClock.class);
    private static final int PACE = 24;
    /** What a clock may be corrected by at once. */
    private static final long SLACK_MS = 60_000;
    /** What gathers while the clock is right, or nobody asks: it takes a minute. */
    private static final long CREDIT_MAX_MS = PACE * 60_000L;

    private final LongSupplier clockMs;
    private final LongSupplier clockNanos;
    private long lastMs;
    private long lastNanos;
    /** How far it may jump forward now. */
    private long creditMs = SLACK_MS;
    /** When a jump was last spoken of. */
    private OptionalLong saidNanos = OptionalLong.empty();

    NodeClock(LongSupplier clockMs, LongSupplier clockNanos) {
        this.clockMs = clockMs;
        this.clockNanos = clockNanos;
        lastMs = clockMs.getAsLong();
        lastNanos = clockNanos.getAsLong();
    }

    synchronized long nowMs() {
        long clock = clockMs.getAsLong();
        long passedMs = TimeUnit.NANOSECONDS.toMillis(clockNanos.getAsLong() - lastNanos);
        lastNanos += TimeUnit.MILLISECONDS.toNanos(passedMs); // what is less than a ms counts the next time
        creditMs = Math.min(creditMs + passedMs * (PACE - 1), CREDIT_MAX_MS);
        long expected = lastMs + passedMs;
        long reachable = expected + creditMs;
        lastMs = Math.min(clock, reachable);
        creditMs -= Math.max(0, lastMs - expected);
        if (clock > reachable) {
            sayEachMinute(clock - reachable);
        }
        return lastMs;
    }

    private void sayEachMinute(long aheadMs) {
        if (saidNanos.isEmpty() || lastNanos - saidNanos.getAsLong() >= TimeUnit.MINUTES.toNanos(1)) {
            saidNanos = OptionalLong.of(lastNanos);
            LOG.warn(
                    "this node's clock has jumped: it is {} s ahead of the time that records and producers expire by; if"
                            + " it is wrong, set it back now, before they do",
                    aheadMs / 1_000);
        }
    }
}
