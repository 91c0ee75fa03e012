package io.cordwood.client;

import java.util.Map;
import java.util.OptionalInt;

/**
 * A topic to create. What is absent is the cluster's choice: one partition, three replicas or as many as there are
 * nodes, alive or dead. More replicas than nodes are alive are refused.
 *
 * @param config settings that differ from the defaults
 */
public record NewTopic(String name, OptionalInt partitions, OptionalInt replicas, Map<String, String> config) {
    public NewTopic {
        Names.requireTopic(name);
        requirePositive(partitions, ErrorCode.INVALID_PARTITION_COUNT, "partitions");
        requirePositive(replicas, ErrorCode.INVALID_REPLICATION_FACTOR, "replicas");
        config = Map.copyOf(config);
    }

    public static NewTopic of(String name) {
        return new NewTopic(name, OptionalInt.empty(), OptionalInt.empty(), Map.of());
    }

    public NewTopic withPartitions(int count) {
        return new NewTopic(name, OptionalInt.of(count), replicas, config);
    }

    public NewTopic withReplicas(int count) {
        return new NewTopic(name, partitions, OptionalInt.of(count), config);
    }

    public NewTopic withConfig(Map<String, String> settings) {
        return new NewTopic(name, partitions, replicas, settings);
    }

    private static void requirePositive(OptionalInt count, ErrorCode code, String field) {
        if (count.isPresent() && count.getAsInt() < 1) {
            throw CordwoodException.invalid(code, field, count.getAsInt(), "at least 1");
        }
    }
}
