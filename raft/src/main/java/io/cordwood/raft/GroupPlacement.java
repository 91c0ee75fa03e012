package io.cordwood.raft;

import io.cordwood.metadata.TopicConfig;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a node must know about a partition group before Ratis opens it, also when the metadata cannot be asked yet.
 *
 * @param epochBase leader epoch = epochBase + term
 * @param replicas node ids when the group was created; the raft configuration is what counts later
 * @param settings the topic's settings that differ from the defaults; resolve them with {@link TopicConfig#resolve}
 */
public record GroupPlacement(
        UUID topicId,
        String topic,
        int partition,
        int epochBase,
        List<Integer> replicas,
        SortedMap<String, String> settings) {

    public GroupPlacement {
        replicas = List.copyOf(replicas);
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    }

    GroupPlacement withSettings(SortedMap<String, String> newSettings) {
        return new GroupPlacement(topicId, topic, partition, epochBase, replicas, newSettings);
    }
}
