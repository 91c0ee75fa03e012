package io.cordwood.raft;

import java.time.Duration;

/**
 * How a node looks for damage in its segment files, all of its replicas together.
 *
 * @param bytesPerSecond what it reads at most; a quarter while it catches up or compacts
 * @param interval a pass over all files begins so long after the one before it began, or when that one is
 *     done
 */
public record ScrubLimits(long bytesPerSecond, Duration interval) {
    public static final ScrubLimits DEFAULT = new ScrubLimits(10L << 20, Duration.ofDays(7));

    public ScrubLimits {
        if (bytesPerSecond < 1 || interval.isNegative()) {
            throw new IllegalArgumentException("bytesPerSecond " + bytesPerSecond + ", interval " + interval);
        }
    }
}
