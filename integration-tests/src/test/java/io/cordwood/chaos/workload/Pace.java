package io.cordwood.chaos.workload;

/**
 * An open loop: so many per second are due, whatever became of those before.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class Pace {
    private static final double NANOS_PER_SECOND = 1e9;
    /** More than that is not made up for: it would come as a burst after each halt of the driver itself. */
    private static final int BACKLOG_MAX_SECONDS = 2;

    private final double perSecond;
    private final long beginNanos;
    private long taken;

    Pace(double perSecond, long beginNanos) {
        if (perSecond <= 0) {
            throw new IllegalArgumentException(perSecond + " per second: more than 0");
        }
        this.perSecond = perSecond;
        this.beginNanos = beginNanos;
    }

    /** How many are due now that were not due before. */
    int due(long nowNanos) {
        long dueByNow = (long) ((nowNanos - beginNanos) / NANOS_PER_SECOND * perSecond);
        long due = Math.min(dueByNow - taken, (long) Math.ceil(perSecond * BACKLOG_MAX_SECONDS));
        taken = dueByNow;
        return (int) Math.max(0, due);
    }
}
