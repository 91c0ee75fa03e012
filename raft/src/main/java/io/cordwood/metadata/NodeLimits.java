package io.cordwood.metadata;

/** What a node is set up to carry: replicas in all, and bytes of one record batch. */
public record NodeLimits(int maxPartitions, int maxBatchBytes) {

    public NodeLimits {
        if (maxPartitions < 1 || maxBatchBytes < 1) {
            throw new IllegalArgumentException(
                    "limits must be positive: partitions " + maxPartitions + ", batch bytes " + maxBatchBytes);
        }
    }
}
