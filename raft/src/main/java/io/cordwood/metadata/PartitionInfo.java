package io.cordwood.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Where a partition lives.
 *
 * @param raftGroupId drawn anew whenever the group is created
 * @param epochBase constant for the life of the group; leader epoch = epochBase + term
 * @param replicas node ids; the first is the preferred leader
 * @param leader the node that last said it leads; empty where none is known
 * @param leaderTerm the term in which it said so; 0 before the first report
 * @param changes of nodes among the replicas
 */
public record PartitionInfo(
        int partition,
        UUID raftGroupId,
        int epochBase,
        List<Integer> replicas,
        OptionalInt leader,
        long leaderTerm,
        ReplicaChanges changes) {

    public PartitionInfo {
        replicas = List.copyOf(replicas);
        if (partition < 0 || epochBase < 0 || leaderTerm < 0 || replicas.isEmpty()) {
            throw new IllegalArgumentException("partition " + partition + ", epoch base " + epochBase + ", term "
                    + leaderTerm + ", replicas " + replicas);
        }
        if (!replicas.containsAll(changes.byNode().keySet())) {
            throw new IllegalArgumentException("partition " + partition + ", replicas " + replicas + ", changes of "
                    + changes.byNode().keySet());
        }
    }

    /** A partition whose replicas are those that it is created with. */
    static PartitionInfo created(int partition, UUID raftGroupId, List<Integer> replicas) {
        return new PartitionInfo(partition, raftGroupId, 0, replicas, OptionalInt.empty(), 0, ReplicaChanges.NEVER);
    }

    /** The number of the leadership that a client sees. */
    public int leaderEpoch() {
        return Math.toIntExact(epochBase + leaderTerm);
    }

    public int preferredLeader() {
        return replicas.get(0);
    }

    /** Replicas that there are once all changes have ended. */
    public int replicationFactor() {
        return (int) replicas.stream()
                .filter(node -> !changes.is(node, ReplicaChange.Kind.LEAVING))
                .count();
    }

    /** Whether it has fewer copies than it shall have: some are lost, or not whole yet. */
    public boolean lacksCopies() {
        long whole = replicas.stream()
                .filter(node ->
                        !changes.is(node, ReplicaChange.Kind.LOST) && !changes.is(node, ReplicaChange.Kind.JOINING))
                .count();
        return whole < replicationFactor();
    }

    /** The same replicas with another one in front. */
    PartitionInfo withPreferredLeader(int nodeId) {
        var reordered = new ArrayList<>(replicas);
        reordered.remove(Integer.valueOf(nodeId));
        reordered.add(0, nodeId);
        return withReplicas(reordered, changes);
    }

    /** The same with another leader, which began to lead in this term. */
    public PartitionInfo withLeader(OptionalInt newLeader, long term) {
        return new PartitionInfo(partition, raftGroupId, epochBase, replicas, newLeader, term, changes);
    }

    PartitionInfo withChanges(ReplicaChanges newChanges) {
        return withReplicas(replicas, newChanges);
    }

    PartitionInfo withReplicas(List<Integer> newReplicas, ReplicaChanges newChanges) {
        return new PartitionInfo(partition, raftGroupId, epochBase, newReplicas, leader, leaderTerm, newChanges);
    }
}
