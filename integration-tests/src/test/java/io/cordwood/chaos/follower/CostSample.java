package io.cordwood.chaos.follower;

import io.cordwood.bench.Latencies;

/**
 * What one ailment of one follower cost those who write.
 *
 * @param round from 1
 * @param node that ailed
 * @param before a time without a fault
 * @param during the whole fault
 * @param recovery what came behind it
 */
record CostSample(Ailment ailment, int round, int node, Figures before, Figures during, Recovery recovery) {
    /** What a fault may make of the 99th percentile. */
    static final double RATIO_MAX = 1.5;
    /** Where that is less, this is allowed. */
    static final double ALWAYS_ALLOWED_MS = 30;

    /**
     * Latencies from the moments when records were meant to be sent.
     *
     * @param records that were meant to be sent in that time
     */
    record Figures(long records, double p50Ms, double p99Ms, double maxMs) {
        static Figures of(Latencies latencies) {
            var summary = latencies.summary();
            return new Figures(
                    latencies.count(), summary.require("p50Ms"), summary.require("p99Ms"), summary.require("maxMs"));
        }
    }

    /**
     * From the end of the fault until all replicas were in sync again.
     *
     * @param newLeaders partitions that had an election since the time before the fault began
     */
    record Recovery(Figures figures, double seconds, int newLeaders) {}

    double ratio() {
        return during.p99Ms() / before.p99Ms();
    }

    /** The part that is used of what is allowed; more than 1 is too much. */
    double partOfAllowed() {
        return during.p99Ms() / Math.max(RATIO_MAX * before.p99Ms(), ALWAYS_ALLOWED_MS);
    }
}
