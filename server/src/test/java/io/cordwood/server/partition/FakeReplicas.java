package io.cordwood.server.partition;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The replicas of one node.
 *
 * <p>Thread: any.
 */
public final class FakeReplicas implements LocalReplicas {
    private final Map<TopicPartition, FakeReplica> replicas = new ConcurrentHashMap<>();

    public FakeReplica add(String topic, int partition) {
        var replica = new FakeReplica();
        replicas.put(new TopicPartition(topic, partition), replica);
        return replica;
    }

    public void remove(String topic, int partition) {
        replicas.remove(new TopicPartition(topic, partition));
    }

    @Override
    public Optional<Replica> find(String topic, int partition) {
        return Optional.ofNullable(replicas.get(new TopicPartition(topic, partition)));
    }
}
