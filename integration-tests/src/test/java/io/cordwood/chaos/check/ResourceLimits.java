package io.cordwood.chaos.check;

import java.time.Duration;

/**
 * What a node may hold.
 *
 * @param warmUp from the begin of the run; what is held before is not looked at
 * @param growth how many times as much a node may hold at most in the last quarter of the time behind the
 *     warm-up as in the first one
 */
public record ResourceLimits(
        Duration warmUp, long rssBytes, long directBytes, int openFiles, int threads, double growth) {
    private static final long MIB = 1L << 20;

    /**
     * Of a node of a run, whose heap and direct memory are 512 MiB each; beyond come code, classes, stacks and
     * RocksDB.
     */
    public static final ResourceLimits OF_A_NODE =
            new ResourceLimits(Duration.ofSeconds(30), 1536 * MIB, 512 * MIB, 8_000, 500, 3);

    public ResourceLimits {
        if (growth < 1) {
            throw new IllegalArgumentException("growth " + growth + " must be >= 1");
        }
    }
}
