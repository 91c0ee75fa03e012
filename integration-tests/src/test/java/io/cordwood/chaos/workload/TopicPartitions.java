package io.cordwood.chaos.workload;

import io.cordwood.client.TopicPartition;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The partitions of a topic that a run is about, from 0; the topic may get more of them meanwhile.
 *
 * <p><b>Thread:</b> immutable.
 */
public record TopicPartitions(String topic, int count) {
    public TopicPartitions {
        if (count < 1) {
            throw new IllegalArgumentException(count + " partitions of " + topic + ": at least 1");
        }
    }

    public List<TopicPartition> all() {
        return IntStream.range(0, count)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
    }
}
