package io.cordwood.metadata;

import java.util.SortedMap;
import java.util.UUID;

/** A partition of a topic, by the topic's id: another topic of the same name has another one. */
public record PartitionId(UUID topicId, int partition) implements Comparable<PartitionId> {

    public PartitionId {
        if (partition < 0) {
            throw new IllegalArgumentException("partition " + partition + " of topic " + topicId);
        }
    }

    @Override
    public int compareTo(PartitionId other) {
        int byTopic = topicId.compareTo(other.topicId);
        return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
    }

    /** As people read it: the topic's id and the number. */
    @Override
    public String toString() {
        return topicId + "/" + partition;
    }

    /** What a map holds of the partitions of one topic; a view. */
    static <V> SortedMap<PartitionId, V> ofTopic(SortedMap<PartitionId, V> map, UUID topicId) {
        return map.subMap(new PartitionId(topicId, 0), new PartitionId(topicId, Integer.MAX_VALUE));
    }
}
