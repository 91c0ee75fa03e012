package io.cordwood.cli;

import io.cordwood.client.ClusterDescription;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.NodeDescription.State;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.PartitionDescription.Replica;
import io.cordwood.client.PartitionDescription.ReplicaState;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a node may be stopped now, so that everything goes on without it.
 *
 * <p>A partition goes on while a majority of its replicas does, and so does the metadata: so the others must
 * have one, and one that is close behind, else the next change of leader would wait for it. What no waiting
 * cures, such as a topic with one replica, is told and holds nobody up.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param reasons why it may not; empty where it may
 * @param notices what stands still while it is away, all the same
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
        checkItself(nodeId, cluster, reasons);
        checkMetadata(nodeId, cluster, reasons, notices);
        partitions.stream()
                .filter(partition -> partition.replicas().stream().anyMatch(replica -> replica.nodeId() == nodeId))
                .forEach(partition -> checkPartition(nodeId, partition, reasons, notices));
        return new RollingCheck(nodeId, reasons, notices);
    }

    boolean mayStop() {
        return reasons.isEmpty();
    }

    /** One that is down may not be the next: it must come back first. */
    private static void checkItself(int nodeId, ClusterDescription cluster, List<String> reasons) {
        cluster.nodes().stream()
                .filter(node -> node.nodeId() == nodeId && node.state() != State.ALIVE)
                .forEach(node -> reasons.add("node " + nodeId + " is " + Descriptions.word(node.state())));
    }

    private static void checkMetadata(
            int nodeId, ClusterDescription cluster, List<String> reasons, List<String> notices) {
        if (cluster.metadataLeader().isEmpty()) {
            reasons.add("the metadata has no leader");
        }
        var voters = cluster.nodes().stream().filter(NodeDescription::voter).toList();
        var others = voters.stream().filter(node -> node.nodeId() != nodeId).toList();
        if (others.size() == voters.size()) {
            return; // it goes on without this node as it does with it
        }
        int needed = majority(voters.size());
        if (others.size() < needed) {
            notices.add("metadata: has " + count(voters.size(), "voter") + ", so nothing can be changed while node "
                    + nodeId + " is down");
            return;
        }
        var alive = others.stream().filter(node -> node.state() == State.ALIVE).count();
        if (alive < needed) {
            reasons.add("metadata: without node " + nodeId + " " + alive + " of " + voters.size()
                    + " voters would go on, " + needed + " are needed");
        }
    }

    private static void checkPartition(
            int nodeId, PartitionDescription partition, List<String> reasons, List<String> notices) {
        var replicas = partition.replicas();
        var others =
                replicas.stream().filter(replica -> replica.nodeId() != nodeId).toList();
        var late = others.stream().filter(replica -> !isClose(replica)).toList();
        int needed = majority(replicas.size());
        if (partition.error().isPresent()) {
            reasons.add(partition.partition() + ": no replica leads");
        } else if (others.size() < needed) {
            notices.add(partition.partition() + ": has " + count(replicas.size(), "replica")
                    + ", so it takes no records while node " + nodeId + " is down");
            late.forEach(replica -> reasons.add(partition.partition() + ": " + state(replica)));
        } else if (others.size() - late.size() < needed) {
            late.forEach(replica -> reasons.add(partition.partition() + ": " + state(replica)));
        }
    }

    private static boolean isClose(Replica replica) {
        return replica.state() == ReplicaState.LEADER || replica.state() == ReplicaState.FOLLOWER;
    }

    private static String state(Replica replica) {
        boolean told = replica.state() == ReplicaState.CATCHING_UP
                && replica.lagEntries().isPresent();
        var behind = told ? ", " + replica.lagEntries().getAsLong() + " entries behind" : "";
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
