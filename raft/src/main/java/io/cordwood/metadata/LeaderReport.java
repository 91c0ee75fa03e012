package io.cordwood.metadata;

import java.util.UUID;

/** A node's word that it leads a partition in a term. */
public record LeaderReport(UUID topicId, int partition, long term) {

    public LeaderReport {
        if (partition < 0 || term < 1) {
            throw new IllegalArgumentException("partition " + partition + ", term " + term);
        }
    }
}
