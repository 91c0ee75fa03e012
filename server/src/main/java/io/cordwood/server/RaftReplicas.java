package io.cordwood.server;

import io.cordwood.raft.RaftNode;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.server.partition.Replica;
import java.util.Optional;

/**
 * The replicas that this node has open, by the names of their topics.
 *
 * <p><b>Thread:</b> any.
 */
final class RaftReplicas implements LocalReplicas {
    private final RaftNode node;

    RaftReplicas(RaftNode node) {
        this.node = node;
    }

    @Override
    public Optional<Replica> find(String topic, int partition) {
        return node.partition(topic, partition).map(replica -> new RaftReplica(node, replica));
    }
}
