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
 */
public record PartitionInfo(
        int partition, UUID raftGroupId, int epochBase, List<Integer> replicas, OptionalInt leader, long leaderTerm) {

    public PartitionInfo {
        replicas = List.copyOf(replicas);
        if (partition < 0 || epochBase < 0 || leaderTerm < 0 || replicas.isEmpty()) {
            throw new IllegalArgumentException("partition " + partition + ", epoch base " + epochBase + ", term "
                    + leaderTerm + ", replicas " + replicas);
        }
    }

    /** The number of the leadership that a client sees. */
    public int leaderEpoch() {
        return Math.toIntExact(epochBase + leaderTerm);
    }

    public int preferredLeader() {
        return replicas.get(0);
    }

    /** The same replicas with another one in front. */
    PartitionInfo withPreferredLeader(int nodeId) {
        var reordered = new ArrayList<>(replicas);
        reordered.remove(Integer.valueOf(nodeId));
        reordered.add(0, nodeId);
        return new PartitionInfo(partition, raftGroupId, epochBase, reordered, leader, leaderTerm);
    }

    PartitionInfo withLeader(OptionalInt newLeader, long term) {
        return new PartitionInfo(partition, raftGroupId, epochBase, replicas, newLeader, term);
    }
}
