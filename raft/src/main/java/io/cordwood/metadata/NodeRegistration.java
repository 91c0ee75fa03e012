package io.cordwood.metadata;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a node says about itself when it starts.
 *
 * @param nodeId from 1, never used twice
 * @param incarnation drawn once per data directory: the same id under another incarnation is another directory
 * @param nodeAddress host:port by which the other nodes reach it; it never changes
 * @param clientAddresses listener name to advertised host:port
 * @param rack empty where none is set
 */
public record NodeRegistration(
        int nodeId,
        String incarnation,
        String nodeAddress,
        SortedMap<String, String> clientAddresses,
        String rack,
        NodeLimits limits,
        FeatureRange features) {

    public NodeRegistration {
        if (nodeId < 1 || incarnation.isEmpty() || nodeAddress.isEmpty()) {
            throw new IllegalArgumentException(
                    "node " + nodeId + ", incarnation '" + incarnation + "', address '" + nodeAddress + "'");
        }
        clientAddresses = Collections.unmodifiableSortedMap(new TreeMap<>(clientAddresses));
    }

    /** The same with other addresses for clients, for builders of registrations. */
    public NodeRegistration withClientAddresses(Map<String, String> addresses) {
        return new NodeRegistration(nodeId, incarnation, nodeAddress, new TreeMap<>(addresses), rack, limits, features);
    }
}
