package io.cordwood.client;

import java.util.Comparator;
import java.util.Objects;

/** A partition by the name of its topic and its number from 0. Prints as {@code orders-3}. */
public record TopicPartition(String topic, int partition) implements Comparable<TopicPartition> {
    private static final Comparator<TopicPartition> BY_NAME_AND_NUMBER =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    public TopicPartition {
        Objects.requireNonNull(topic, "topic");
        if (partition < 0) {
            throw new IllegalArgumentException("partition " + partition + " must be >= 0");
        }
    }

    @Override
    public int compareTo(TopicPartition other) {
        return BY_NAME_AND_NUMBER.compare(this, other);
    }

    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
