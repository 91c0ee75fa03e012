package io.cordwood.store;

import java.util.UUID;

/**
 * A partition's name on disk and in every format of ours: a topic's id, which no later topic of the same name shares,
 * and the partition's number.
 *
 * <p><b>Thread:</b> immutable.
 */
public record PartitionId(UUID topicId, int partition) {
    public PartitionId {
        if (partition < 0) {
            throw new IllegalArgumentException("partition must be >= 0, found " + partition);
        }
    }

    /** {@code <topicId>-<partition>}. */
    public String directoryName() {
        return topicId + "-" + partition;
    }

    @Override
    public String toString() {
        return directoryName();
    }
}
