package io.cordwood.server.rpc;

import io.cordwood.proto.v1.PartitionDescription;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.proto.v1.ReplicaState;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a partition's replicas: each one's own words, and the leader's.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param leader what the leader says, its own replica first; null where no replica says that it leads
 * @param silent nodes that did not answer
 */
record ReplicaStates(@Nullable PartitionDescription leader, Set<Integer> silent) {
    /** A follower that lacks more of the leader's entries is catching up. */
    static final long CLOSE_ENTRIES = 64;

    /** @param own what the replica says; null where its node said nothing of it */
    ReplicaDescription merged(int node, @Nullable PartitionDescription own) {
        var replica = own == null ? ReplicaDescription.newBuilder().setNodeId(node) : own.getReplicas(0).toBuilder();
        if (leader != null) {
            addLag(replica, leader, own != null);
        }
        return replica.setState(state(node, own != null, replica)).build();
    }

    private static void addLag(ReplicaDescription.Builder replica, PartitionDescription leader, boolean answered) {
        boolean leads = leader.getLeader() == replica.getNodeId();
        leader.getReplicasList().stream()
                .filter(known -> known.getNodeId() == replica.getNodeId() && known.hasLagEntries())
                .findFirst()
                .ifPresent(known -> replica.setLagEntries(known.getLagEntries()));
        if (answered) {
            // The answers are of slightly different moments: a follower may have applied more by now.
            long lag = leads ? 0 : Math.max(0, leader.getHighWatermark() - replica.getHighWatermark());
            replica.setLagRecords(lag);
        }
    }

    private ReplicaState state(int node, boolean answered, ReplicaDescription.Builder replica) {
        if (silent.contains(node)) {
            return ReplicaState.REPLICA_STATE_SILENT;
        }
        if (!answered) {
            return ReplicaState.REPLICA_STATE_MISSING;
        }
        if (leader != null && leader.getLeader() == node) {
            return ReplicaState.REPLICA_STATE_LEADER;
        }
        return replica.getLagEntries() > CLOSE_ENTRIES
                ? ReplicaState.REPLICA_STATE_CATCHING_UP
                : ReplicaState.REPLICA_STATE_FOLLOWER;
    }
}
