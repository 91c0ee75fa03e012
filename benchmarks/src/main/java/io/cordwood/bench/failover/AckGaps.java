package io.cordwood.bench.failover;

import java.util.Arrays;

/**
 * The longest time without an acknowledgement, of each partition.
 *
 * <p>Invariant: a time that has not ended counts for as long as it is.
 *
 * <p><b>Thread:</b> any.
 */
final class AckGaps {
    private static final double NANOS_PER_SECOND = 1e9;

    private final long[] lastNanos;
    private final long[] longestNanos;

    /** @param nowNanos where the first time of each begins, on the clock of {@link System#nanoTime} */
    AckGaps(int partitions, long nowNanos) {
        lastNanos = new long[partitions];
        longestNanos = new long[partitions];
        Arrays.fill(lastNanos, nowNanos);
    }

    synchronized void acknowledged(int partition, long nowNanos) {
        longestNanos[partition] = Math.max(longestNanos[partition], nowNanos - lastNanos[partition]);
        lastNanos[partition] = Math.max(lastNanos[partition], nowNanos);
    }

    /** Forgets the times that have ended. */
    synchronized void begin() {
        Arrays.fill(longestNanos, 0);
    }

    /** Whether each partition had an acknowledgement since then. */
    synchronized boolean allSince(long nanos) {
        return Arrays.stream(lastNanos).allMatch(last -> last - nanos > 0);
    }

    /** The longest since {@link #begin}, in seconds. */
    synchronized double longest(int partition, long nowNanos) {
        return Math.max(longestNanos[partition], nowNanos - lastNanos[partition]) / NANOS_PER_SECOND;
    }
}
