package io.cordwood.chaos.check;

import java.time.Duration;

/**
 * What a node may hold.
 *
 * @param warmUp from the begin of the run; what is held before is not looked at
 * @param growth how many times as much a node may hold at most in the last quarter of the time behind the warm-up as in
 *     the first one
 */
public record ResourceLimits(
        Duration warmUp, long rssBytes, long directBytes, int openFiles, int threads, double growth) {
    public ResourceLimits {
        if (growth < 1) {
            throw new IllegalArgumentException("growth " + growth + " must be >= 1");
        }
    }
}
