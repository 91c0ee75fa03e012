package io.cordwood.client;

import java.util.OptionalInt;

/**
 * A node.
 *
 * @param nodeId from 1
 * @param address for clients, host:port
 * @param nodeAddress for the other nodes, host:port
 * @param rack empty where none is set
 * @param voter whether it votes in the metadata group
 * @param minFeatureLevel lowest that its program runs at, empty until it came up
 * @param maxFeatureLevel highest, included
 */
public record NodeDescription(
        int nodeId,
        String address,
        String nodeAddress,
        String rack,
        State state,
        boolean voter,
        OptionalInt minFeatureLevel,
        OptionalInt maxFeatureLevel) {
    /** State of a node. */
    public enum State {
        /** It answers. */
        ALIVE,
        /** It is leaving. */
        DRAINING,
        /** It was not heard of for a while. */
        DEAD,
        /** It was added and has not come up yet. */
        EXPECTED,
        /** Its directory is lost; it may come up with a new one once its old memberships have ended. */
        REPLACED,
        /** A state that this client does not know. */
        UNKNOWN
    }
}
