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
        FeatureRange features) {

    private static final NodeLimits UNKNOWN_LIMITS = new NodeLimits(1, 1);
    private static final FeatureRange UNKNOWN_FEATURES = new FeatureRange(1, 1);

    public NodeInfo {
        if (nodeId < 1) {
            throw new IllegalArgumentException("node ids start at 1: " + nodeId);
        }
        if (incarnation.isEmpty() != (state == NodeState.EXPECTED)) {
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
                UNKNOWN_FEATURES);
    }

    static NodeInfo registered(NodeRegistration node, NodeState state, boolean voter) {
        return new NodeInfo(
                node.nodeId(),
                node.nodeAddress(),
                node.clientAddresses(),
                node.rack(),
                node.incarnation(),
                state,
                voter,
                node.limits(),
                node.features());
    }

    NodeInfo withState(NodeState newState) {
        return new NodeInfo(nodeId, nodeAddress, clientAddresses, rack, incarnation, newState, voter, limits, features);
    }
}
