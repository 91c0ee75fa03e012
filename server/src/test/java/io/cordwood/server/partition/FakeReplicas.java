package io.cordwood.server.partition;

import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.store.PartitionId;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The replicas of one node, by the topics that have their names when they are added.
 *
 * <p>Thread: any.
 */
public final class FakeReplicas implements LocalReplicas {
    private final FakeCluster cluster;
    private final Map<PartitionId, FakeReplica> replicas = new ConcurrentHashMap<>();
    private final Set<UUID> setAside = ConcurrentHashMap.newKeySet();

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

    /** As a replica that failed its check at the start. */
    public void setAside(String topic, int partition) {
        remove(topic, partition);
        setAside.add(cluster.image()
                .topic(topic)
                .orElseThrow()
                .partitions()
                .get(partition)
                .raftGroupId());
    }

    private PartitionId id(String topic, int partition) {
        return new PartitionId(cluster.topicId(topic), partition);
    }

    @Override
    public Optional<Replica> find(PartitionId id) {
        return Optional.ofNullable(replicas.get(id));
    }

    @Override
    public boolean isSetAside(UUID raftGroupId) {
        return setAside.contains(raftGroupId);
    }
}
