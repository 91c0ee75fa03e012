package io.cordwood.cli;

import io.cordwood.client.ClusterDescription;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.PartitionDescription.Replica;
import io.cordwood.client.PartitionDescription.ReplicaState;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a node may stop now, because the others do without it.
 *
 * <p>They do where nothing but this node is missing: every other node is up, and every other replica of its
 * partitions is close behind, else the next change of leader would wait for it. That is more than a majority,
 * on purpose: who goes on although the last node did not come back has two missing. What no waiting cures,
 * such as a topic with one replica, is told and holds nobody up. How the node itself is does not matter.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param reasons why it may not; empty where it may
 * @param notices what stands still while it is down, all the same
 */
record RollingCheck(int nodeId, List<String> reasons, List<String> notices) {
    RollingCheck {
        reasons = List.copyOf(reasons);
        notices = List.copyOf(notices);
    }

    /** @param partitions all of the cluster */
    static RollingCheck of(int nodeId, ClusterDescription cluster, List<PartitionDescription> partitions) {
        var reasons = new ArrayList<String>();
        var notices = new ArrayList<String>();
        cluster.nodes().stream()
                .filter(node -> node.nodeId() != nodeId && isMissed(node))
                .forEach(node -> reasons.add("node " + node.nodeId() + " is " + Descriptions.word(node.state())));
        checkMetadata(nodeId, cluster, reasons, notices);
        partitions.stream()
                .filter(partition -> partition.replicas().stream().anyMatch(replica -> replica.nodeId() == nodeId))
                .forEach(partition -> checkPartition(nodeId, partition, reasons, notices));
        return new RollingCheck(nodeId, reasons, notices);
    }

    boolean mayStop() {
        return reasons.isEmpty();
    }

    /** One that was added and has not come up yet holds nothing. */
    private static boolean isMissed(NodeDescription node) {
        return switch (node.state()) {
            case ALIVE, EXPECTED -> false;
            case DRAINING, DEAD, REPLACED, UNKNOWN -> true;
        };
    }

    private static void checkMetadata(
            int nodeId, ClusterDescription cluster, List<String> reasons, List<String> notices) {
        if (cluster.metadataLeader().isEmpty()) {
            reasons.add("the metadata has no leader");
        }
        var voters = cluster.nodes().stream().filter(NodeDescription::voter).toList();
        boolean votes = voters.stream().anyMatch(node -> node.nodeId() == nodeId);
        if (votes && voters.size() - 1 < majority(voters.size())) {
            notices.add("metadata: has " + count(voters.size(), "voter") + ", so nothing can be changed while node "
                    + nodeId + " is down");
        }
    }

    private static void checkPartition(
            int nodeId, PartitionDescription partition, List<String> reasons, List<String> notices) {
        var replicas = partition.replicas();
        var others =
                replicas.stream().filter(replica -> replica.nodeId() != nodeId).toList();
        if (others.size() < majority(replicas.size())) {
            notices.add(partition.partition() + ": has " + count(replicas.size(), "replica")
                    + ", so it takes no records while node " + nodeId + " is down");
        } else if (partition.error().isPresent() || partition.leader().isEmpty()) {
            reasons.add(partition.partition() + ": no replica leads");
            return; // nobody knows how its replicas are
        }
        others.stream()
                .filter(replica -> !isClose(replica))
                .forEach(replica -> reasons.add(partition.partition() + ": " + state(replica)));
    }

    private static boolean isClose(Replica replica) {
        return replica.change().isEmpty()
                && (replica.state() == ReplicaState.LEADER || replica.state() == ReplicaState.FOLLOWER);
    }

    private static String state(Replica replica) {
        boolean told = replica.state() == ReplicaState.CATCHING_UP
                && replica.lagEntries().isPresent();
        var behind = told ? ", " + replica.lagEntries().getAsLong() + " entries behind" : "";
        if (replica.change().isPresent()) {
            return "the replica on node " + replica.nodeId() + " is "
                    + Descriptions.word(replica.change().get());
        }
        return "the replica on node " + replica.nodeId() + " is "
                + Descriptions.word(replica.state()).replace('_', ' ') + behind;
    }

    private static String count(int number, String of) {
        return number + " " + of + (number == 1 ? "" : "s");
    }

    private static int majority(int members) {
        return members / 2 + 1;
    }
}
