package io.cordwood.client;

import java.util.UUID;

/** A partition by its topic's id: it outlives no topic, as a name may. */
record PartitionId(UUID topicId, int number) {
    @Override
    public String toString() {
        return topicId + "/" + number;
    }
}
