package io.cordwood.server.partition;

import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.store.PartitionId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The replicas of one node, by the topics that have their names when they are added.
 *
 * <p>Thread: any.
 */
public final class FakeReplicas implements LocalReplicas {
    private final FakeCluster cluster;
    private final Map<PartitionId, FakeReplica> replicas = new ConcurrentHashMap<>();

    public FakeReplicas(FakeCluster cluster) {
        this.cluster = cluster;
    }

    public FakeReplica add(String topic, int partition) {
        var replica = new FakeReplica();
        replicas.put(id(topic, partition), replica);
        return replica;
    }

    public void remove(String topic, int partition) {
        replicas.remove(id(topic, partition));
    }

    private PartitionId id(String topic, int partition) {
        return new PartitionId(cluster.topicId(topic), partition);
    }

    @Override
    public Optional<Replica> find(PartitionId id) {
        return Optional.ofNullable(replicas.get(id));
    }
}
