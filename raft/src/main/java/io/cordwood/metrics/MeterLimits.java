package io.cordwood.metrics;

/**
 * How many series a node shows at most where their number grows with what users create.
 *
 * @param maxTopics topics with series of their own; the others share one set
 * @param maxPartitions partitions with series of their own; the others have none
 * @param maxGroupPartitions partitions of consumer groups with series of their own; the others have none
 */
public record MeterLimits(int maxTopics, int maxPartitions, int maxGroupPartitions) {
    public static final MeterLimits DEFAULT = new MeterLimits(200, 1_000, 1_000);

    public MeterLimits {
        if (maxTopics < 0 || maxPartitions < 0 || maxGroupPartitions < 0) {
            throw new IllegalArgumentException("maxTopics " + maxTopics + ", maxPartitions " + maxPartitions
                    + ", maxGroupPartitions " + maxGroupPartitions);
        }
    }
}
