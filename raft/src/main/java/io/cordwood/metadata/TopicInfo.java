package io.cordwood.metadata;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A topic.
 *
 * @param topicId new with each creation
 * @param config the settings that differ from the defaults, see {@link TopicConfig}
 * @param partitions in order of their numbers, from 0, without holes
 */
public record TopicInfo(String name, UUID topicId, SortedMap<String, String> config, List<PartitionInfo> partitions) {

    public TopicInfo {
        config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
        partitions = List.copyOf(partitions);
        for (int i = 0; i < partitions.size(); i++) {
            if (partitions.get(i).partition() != i) {
                throw new IllegalArgumentException(
                        "topic " + name + " has partition " + partitions.get(i).partition() + " at place " + i);
            }
        }
    }

    /** Internal topics are the server's own; their names begin with two underscores. */
    public boolean internal() {
        return name.startsWith("__");
    }

    public int replicationFactor() {
        return partitions.get(0).replicationFactor();
    }

    public Optional<PartitionInfo> partition(int number) {
        return 0 <= number && number < partitions.size() ? Optional.of(partitions.get(number)) : Optional.empty();
    }

    TopicInfo withConfig(SortedMap<String, String> newConfig) {
        return new TopicInfo(name, topicId, newConfig, partitions);
    }

    /** With a partition in the place of the one of its number. */
    TopicInfo withPartition(PartitionInfo partition) {
        var changed = new ArrayList<>(partitions);
        changed.set(partition.partition(), partition);
        return withPartitions(changed);
    }

    public TopicInfo withPartitions(List<PartitionInfo> newPartitions) {
        return new TopicInfo(name, topicId, config, newPartitions);
    }
}
