package io.cordwood.client;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * A topic and where its partitions live.
 *
 * @param topicId new with each creation
 * @param config settings that differ from the defaults
 * @param partitions in order of their numbers
 */
public record TopicDescription(
        String name, UUID topicId, int replicationFactor, Map<String, String> config, List<Placement> partitions) {
    public TopicDescription {
        config = Map.copyOf(config);
        partitions = List.copyOf(partitions);
    }

    public int partitionCount() {
        return partitions.size();
    }

    /**
     * Where one partition lives.
     *
     * @param leader node id, empty where none is known
     * @param leaderEpoch epoch of that leader, empty where none is known
     * @param replicas node ids, the preferred leader first
     */
    public record Placement(int partition, OptionalInt leader, OptionalInt leaderEpoch, List<Integer> replicas) {
        public Placement {
            replicas = List.copyOf(replicas);
        }
    }
}
