package io.cordwood.server;

import io.cordwood.raft.RaftNode;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.server.partition.Replica;
import io.cordwood.store.PartitionId;
import java.util.Optional;
import java.util.UUID;

/**
 * The replicas that this node has open.
 *
 * <p><b>Thread:</b> any.
 */
final class RaftReplicas implements LocalReplicas {
    private final RaftNode node;

    RaftReplicas(RaftNode node) {
        this.node = node;
    }

    @Override
    public Optional<Replica> find(PartitionId id) {
        return node.partition(id).map(replica -> new RaftReplica(node, replica));
    }

    @Override
    public boolean isSetAside(UUID raftGroupId) {
        return node.isSetAside(raftGroupId);
    }
}
