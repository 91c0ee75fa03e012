package io.cordwood.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: doubling from {@code first} to {@code max}, each wait drawn from its upper
 * half, so that clients that failed together do not return together.
 */
public record RetryPolicy(Duration first, Duration max) {
    /** A leader is elected in one to two seconds: the first tries find a handover, the later ones add little to an election. */
    static final RetryPolicy DEFAULT = new RetryPolicy(Duration.ofMillis(20), Duration.ofMillis(250));

    private static final int DOUBLINGS_MAX = 20;

    public RetryPolicy {
        if (first.isNegative() || first.isZero() || max.compareTo(first) < 0) {
            throw new IllegalArgumentException("first " + first + " must be positive and at most max " + max);
        }
    }

    /** @param failures how many tries have failed in a row, from 1 */
    Duration backoff(int failures, RandomGenerator random) {
        if (failures < 1) {
            throw new IllegalArgumentException("failures " + failures + " must be at least 1");
        }
        long doubled = first.toNanos() << Math.min(failures - 1, DOUBLINGS_MAX);
        long full = Math.min(doubled, max.toNanos());
        return Duration.ofNanos(full / 2 + random.nextLong(full / 2 + 1));
    }
}
