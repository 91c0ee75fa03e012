package io.cordwood.server.explain;

import io.cordwood.metadata.DeadReplicas.Standing;
import io.cordwood.metadata.NodeState;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.explain.Cause.Place;
import io.cordwood.server.health.Hindrance;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What holds a node back, and with it what lies on it. Pure functions. */
final class NodeCauses {
    private NodeCauses() {}

    /** All that is known of a node. */
    static Stream<Cause> all(NodePicture node) {
        var causes = new ArrayList<Cause>();
        absent(node).ifPresent(causes::add);
        draining(node).ifPresent(causes::add);
        silent(node).ifPresent(causes::add);
        notReady(node).forEach(causes::add);
        setAside(node).forEach(causes::add);
        changing(node).ifPresent(causes::add);
        disks(node).forEach(causes::add);
        return causes.stream();
    }

    /** Why nothing that lies on it is there. */
    static Optional<Cause> absent(NodePicture node) {
        return switch (node.state()) {
            case DEAD -> Optional.of(dead(node));
            case EXPECTED ->
                Optional.of(away(
                        node,
                        "node " + node.nodeId() + " was added and has not come up yet",
                        "start it, with the other nodes as cluster.initial-nodes"));
            case REPLACED ->
                Optional.of(away(
                        node,
                        "node " + node.nodeId() + " is to come up with an empty directory, because its old one is lost",
                        "start it with empty directories; it joins once its old memberships have ended"));
            case ALIVE, DRAINING -> Optional.empty();
        };
    }

    private static Cause dead(NodePicture node) {
        return new Cause(
                CauseCode.NODE_DEAD,
                "node " + node.nodeId() + " is dead: it was not heard of for a while" + fate(node),
                "start it again; where its directory is lost, `cordwood cluster replace-node " + node.nodeId() + "`",
                Place.node(node.nodeId()));
    }

    private static String fate(NodePicture node) {
        var said = new ArrayList<String>();
        add(said, node.dead().getOrDefault(Standing.MOVING, 0), "move to other nodes");
        add(said, node.dead().getOrDefault(Standing.WAITING, 0), "wait for it, or for their turn to move");
        add(said, node.dead().getOrDefault(Standing.NO_TAKER, 0), "stay, because no other node can take them");
        add(said, node.dead().getOrDefault(Standing.NO_MAJORITY, 0), "stay, because their partitions have no majority");
        return said.isEmpty() ? "" : "; of its replicas " + String.join(", ", said);
    }

    private static void add(List<String> said, int count, String what) {
        if (count > 0) {
            said.add(count + " " + what);
        }
    }

    private static Cause away(NodePicture node, String sentence, String hint) {
        return new Cause(CauseCode.NODE_AWAY, sentence, hint, Place.node(node.nodeId()));
    }

    private static Optional<Cause> draining(NodePicture node) {
        return node.state() == NodeState.DRAINING
                ? Optional.of(away(
                        node, "node " + node.nodeId() + " is draining: it keeps its replicas and is given none", ""))
                : Optional.empty();
    }

    /** The cluster takes it for alive for some seconds more than it answers. */
    private static Optional<Cause> silent(NodePicture node) {
        boolean shouldAnswer = node.state() == NodeState.ALIVE || node.state() == NodeState.DRAINING;
        return shouldAnswer && node.health().answer() == NodePicture.Answer.NONE
                ? Optional.of(new Cause(
                        CauseCode.NODE_DEAD,
                        "node " + node.nodeId() + " was heard of lately, and did not answer now",
                        "see whether its process runs and its address can be reached; its log says more",
                        Place.node(node.nodeId())))
                : Optional.empty();
    }

    private static Stream<Cause> notReady(NodePicture node) {
        return node.health().hindrances().stream()
                .filter(hindrance -> !Hindrance.ready(List.of(hindrance)))
                .map(hindrance -> new Cause(
                        CauseCode.NODE_NOT_READY,
                        "node " + node.nodeId() + " is not ready (" + hindrance.code() + "): " + hindrance.message(),
                        "",
                        Place.node(node.nodeId())));
    }

    private static Stream<Cause> setAside(NodePicture node) {
        return node.health().hindrances().stream()
                .filter(hindrance -> hindrance.code() == Hindrance.Code.REPLICAS_SET_ASIDE)
                .map(hindrance -> underReplicated(
                        node,
                        "node " + node.nodeId() + ": " + hindrance.message(),
                        "they are rebuilt from the other replicas by themselves; a topic with one replica is not"));
    }

    private static Cause underReplicated(NodePicture node, String sentence, String hint) {
        return new Cause(CauseCode.UNDER_REPLICATED, sentence, hint, Place.node(node.nodeId()));
    }

    private static Optional<Cause> changing(NodePicture node) {
        var said = new ArrayList<String>();
        var lost = node.health().lost();
        var joining = node.health().joining();
        if (!lost.isEmpty()) {
            said.add("has lost its " + Words.replicas(lost.size()) + " of " + Words.some(lost)
                    + ", until the old membership has ended");
        }
        if (!joining.isEmpty()) {
            said.add("is being fed its " + Words.replicas(joining.size()) + " of " + Words.some(joining));
        }
        return said.isEmpty()
                ? Optional.empty()
                : Optional.of(underReplicated(node, "node " + node.nodeId() + " " + String.join("; it ", said), ""));
    }

    static Stream<Cause> disks(NodePicture node) {
        return node.disks().stream()
                .filter(disk -> disk.level() != Level.ROOM)
                .map(disk -> new Cause(
                        CauseCode.DISK,
                        "the " + disk.directory() + " disk of node " + node.nodeId() + " has " + disk.freeBytes()
                                + " bytes left, its floor is " + disk.floorBytes() + ": " + refused(disk),
                        "delete or trim topics, shorten their retention, or make the disk larger",
                        Place.node(node.nodeId())));
    }

    private static String refused(NodeDisk disk) {
        return disk.level() == Level.LOW
                ? "the node takes no batches of producers"
                : "the node takes no batches, and its replicas fall behind";
    }
}
