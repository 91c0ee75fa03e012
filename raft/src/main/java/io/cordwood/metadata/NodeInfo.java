package io.cordwood.metadata;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A node as the cluster knows it.
 *
 * @param nodeAddress host:port by which the other nodes reach it
 * @param clientAddresses listener name to advertised host:port
 * @param rack empty where none is set
 * @param incarnation of its data directory; empty until the node came up for the first time
 * @param voter whether it has a vote in the metadata group
 * @param replacedIncarnation of the directory that was lost last, which is not taken again; empty where
 *     none was
 */
public record NodeInfo(
        int nodeId,
        String nodeAddress,
        SortedMap<String, String> clientAddresses,
        String rack,
        String incarnation,
        NodeState state,
        boolean voter,
        NodeLimits limits,
        FeatureRange features,
        String replacedIncarnation) {

    private static final NodeLimits UNKNOWN_LIMITS = new NodeLimits(1, 1);
    private static final FeatureRange UNKNOWN_FEATURES = new FeatureRange(1, 1);

    public NodeInfo {
        if (nodeId < 1) {
            throw new IllegalArgumentException("node ids start at 1: " + nodeId);
        }
        if (incarnation.isEmpty() != (state == NodeState.EXPECTED || state == NodeState.REPLACED)) {
            throw new IllegalArgumentException(
                    "node " + nodeId + " is " + state + " with incarnation '" + incarnation + "'");
        }
        clientAddresses = Collections.unmodifiableSortedMap(new TreeMap<>(clientAddresses));
    }

    static NodeInfo expected(int nodeId, String nodeAddress) {
        return new NodeInfo(
                nodeId,
                nodeAddress,
                new TreeMap<>(),
                "",
                "",
                NodeState.EXPECTED,
                false,
                UNKNOWN_LIMITS,
                UNKNOWN_FEATURES,
                "");
    }

    /** A node of the first hour. */
    static NodeInfo registered(NodeRegistration node, NodeState state, boolean voter) {
        return of(node, state, voter, "");
    }

    NodeInfo registeredAgain(NodeRegistration node, NodeState newState) {
        return of(node, newState, voter, replacedIncarnation);
    }

    private static NodeInfo of(NodeRegistration node, NodeState state, boolean voter, String replacedIncarnation) {
        return new NodeInfo(
                node.nodeId(),
                node.nodeAddress(),
                node.clientAddresses(),
                node.rack(),
                node.incarnation(),
                state,
                voter,
                node.limits(),
                node.features(),
                replacedIncarnation);
    }

    /** Whether a directory of this incarnation was the one that was lost last. */
    public boolean replaces(String lost) {
        return !lost.isEmpty() && replacedIncarnation.equals(lost);
    }

    /** Whether it runs, as far as the others know; one that is drained does so until it is stopped. */
    public boolean answers() {
        return state == NodeState.ALIVE || state == NodeState.DRAINING;
    }

    /**
     * Whether it never came up, or not since its directory was lost: what it said of itself says nothing of its
     * next start.
     */
    public boolean isAwaited() {
        return incarnation.isEmpty();
    }

    /** Whether a new directory is awaited in the place of one that was lost: none that was a member before. */
    boolean isAwaitedAgain() {
        return isAwaited() && !replacedIncarnation.isEmpty();
    }

    NodeInfo replaced() {
        return with("", NodeState.REPLACED, incarnation);
    }

    NodeInfo withState(NodeState newState) {
        return with(incarnation, newState, replacedIncarnation);
    }

    private NodeInfo with(String newIncarnation, NodeState newState, String newReplaced) {
        return new NodeInfo(
                nodeId,
                nodeAddress,
                clientAddresses,
                rack,
                newIncarnation,
                newState,
                voter,
                limits,
                features,
                newReplaced);
    }
}
