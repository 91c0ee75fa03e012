package io.cordwood.raft;

import io.cordwood.metadata.NodeRegistration;
import io.cordwood.proto.internal.v1.Hello;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Decides what a node that is no member yet does next, from what the initial nodes answer.
 *
 * <p>A cluster is formed only when all listed nodes answer, none is a member of a cluster, all were given the same list,
 * and none opened a metadata group of other data directories than those that answer now. A node that meets a cluster
 * joins it when it is expected there, and otherwise waits.
 *
 * <p>Thread: stateless.
 */
final class Formation {
    private final int nodeId;
    private final String nodeAddress;
    private final SortedMap<Integer, String> initialNodes;

    Formation(RaftNodeConfig config) {
        nodeId = config.nodeId();
        nodeAddress = config.nodeAddress();
        initialNodes = config.initialNodes();
    }

    /** What to do next. */
    sealed interface Step {
        /** Open the metadata group with the initial nodes as members. */
        record Form(UUID groupId, List<NodeRegistration> nodes) implements Step {}

        /** Open the metadata group without members, and register. */
        record Join(UUID groupId) implements Step {}

        /** Ask again later. */
        record Wait(String reason) implements Step {}
    }

    /**
     * @param self what this node says about itself
     * @param remembered the metadata group that this node opened before, or was about to
     * @param answers of the other initial nodes that answered, by node id
     */
    Step next(NodeRegistration self, Optional<UUID> remembered, SortedMap<Integer, Hello> answers) {
        for (Hello answer : answers.values()) {
            if (!answer.getClusterId().isEmpty()) {
                return meetCluster(self, answer);
            }
        }
        return answers.values().stream()
                .filter(answer -> !answer.getInitialNodes().equals(MetadataGroupId.text(initialNodes)))
                .findFirst()
                .map(this::differentList)
                .orElseGet(() -> formWhenComplete(self, remembered, answers));
    }

    private Step formWhenComplete(NodeRegistration self, Optional<UUID> remembered, SortedMap<Integer, Hello> answers) {
        if (!initialNodes.containsKey(nodeId)) {
            return new Step.Wait("node " + nodeId + " is not among the initial nodes " + initialNodes.keySet()
                    + ", and none of them belongs to a cluster yet");
        }
        var nodes = new TreeMap<Integer, NodeRegistration>();
        nodes.put(nodeId, self);
        answers.forEach((id, answer) -> nodes.put(id, CommandMessages.registration(answer.getNode())));
        if (!nodes.keySet().equals(initialNodes.keySet())) {
            var missing = new TreeMap<>(initialNodes);
            missing.keySet().removeAll(nodes.keySet());
            return new Step.Wait("a cluster is formed when all initial nodes answer; missing: " + missing);
        }
        var groupId = MetadataGroupId.of(nodes.values());
        if (remembered.isPresent() && !remembered.get().equals(groupId)) {
            return otherDirectories(nodeId);
        }
        return answers.values().stream()
                .filter(answer -> !answer.getMetadataGroupId().isEmpty()
                        && !Uuids.parse(answer.getMetadataGroupId()).equals(groupId))
                .findFirst()
                .map(answer -> otherDirectories(answer.getNode().getNodeId()))
                .orElseGet(() -> new Step.Form(groupId, List.copyOf(nodes.values())));
    }

    private static Step otherDirectories(int node) {
        return new Step.Wait("node " + node + " opened the metadata group with other data directories than the initial"
                + " nodes have now: one was replaced while the cluster formed. Start that node with the directory it"
                + " had, or empty the directories of all initial nodes");
    }

    private Step meetCluster(NodeRegistration self, Hello answer) {
        var groupId = Uuids.parse(answer.getMetadataGroupId());
        return switch (answer.getStanding()) {
            case STANDING_MEMBER -> memberWithoutGroup(groupId, answer);
            case STANDING_EXPECTED -> new Step.Join(groupId);
            case STANDING_OTHER_INCARNATION ->
                new Step.Wait(otherIncarnation(answer.getClusterId(), nodeId, "this one", self.incarnation()));
            case STANDING_REPLACED ->
                new Step.Wait(
                        "node " + nodeId + " is being replaced: its old membership in the metadata group of cluster "
                                + answer.getClusterId() + " ends first");
            case STANDING_UNKNOWN ->
                new Step.Wait("cluster " + answer.getClusterId() + " does not know node " + nodeId
                        + ": run: cordwood cluster add-node " + nodeId + " " + nodeAddress);
            case STANDING_UNSPECIFIED, UNRECOGNIZED ->
                new Step.Wait("node " + answer.getNode().getNodeId() + " is starting");
        };
    }

    /** What an operator does about a directory that is not the one the cluster knows. */
    static String otherIncarnation(String clusterId, int nodeId, String directory, String incarnation) {
        return "cluster " + clusterId + " knows node " + nodeId + " by another data directory than " + directory
                + " (incarnation " + incarnation + "): start it with that directory, or where that one is lost: "
                + replacement(nodeId);
    }

    /** The one way back for a node that lost what it must not begin anew by itself. */
    static String replacement(int nodeId) {
        return "while the node is stopped run: cordwood cluster replace-node " + nodeId
                + " --yes and start it with empty directories; it rebuilds its replicas from the others";
    }

    /** The others were faster: they formed the cluster, with this node in it, before it opened the group. */
    private Step memberWithoutGroup(UUID groupId, Hello answer) {
        return initialNodes.containsKey(nodeId) && answer.getInitialNodes().equals(MetadataGroupId.text(initialNodes))
                ? new Step.Form(groupId, List.of())
                : differentList(answer);
    }

    private Step differentList(Hello answer) {
        return new Step.Wait("node " + answer.getNode().getNodeId() + " was given other initial nodes: "
                + answer.getInitialNodes() + ", this one " + MetadataGroupId.text(initialNodes)
                + "; make cluster.initial-nodes equal on all");
    }

    /** The initial nodes with a vote in the metadata group, and those without. */
    Map<Integer, String> voters() {
        return MetadataGroupId.voters(initialNodes);
    }

    Map<Integer, String> listeners() {
        var listeners = new TreeMap<>(initialNodes);
        listeners.keySet().removeAll(voters().keySet());
        return listeners;
    }

    /** The members of a group that the initial nodes form. */
    List<RaftPeer> peers() {
        var peers = new ArrayList<>(RaftGroups.peers(voters(), RaftPeerRole.FOLLOWER));
        peers.addAll(RaftGroups.peers(listeners(), RaftPeerRole.LISTENER));
        return peers;
    }

    /** This node opens the group with the list of initial nodes as its first configuration. */
    Forming founding(Forming before, UUID groupId) {
        return before.founding(groupId, MetadataGroupId.ofList(initialNodes));
    }

    /** Whether it did so, with the list as it still is. */
    boolean founds(Forming forming) {
        var list = Optional.of(MetadataGroupId.ofList(initialNodes));
        return initialNodes.containsKey(nodeId) && forming.foundingList().equals(list);
    }
}
