package io.cordwood.client;

import java.util.List;
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
 * @param disks as the node told a moment ago; none where it did not
 */
public record NodeDescription(
        int nodeId,
        String address,
        String nodeAddress,
        String rack,
        State state,
        boolean voter,
        OptionalInt minFeatureLevel,
        OptionalInt maxFeatureLevel,
        List<Disk> disks) {

    public NodeDescription {
        disks = List.copyOf(disks);
    }

    /**
     * A disk of a node.
     *
     * @param directory that lies on it: data, or raft where that lies on another one
     * @param freeBytes what the node may still write
     * @param floorBytes what shall be left
     */
    public record Disk(String directory, long freeBytes, long floorBytes, DiskLevel level) {}

    /** What a node takes, by what is left of its disks. */
    public enum DiskLevel {
        /** Everything. */
        ROOM,
        /** Below the floor: no batches of clients. */
        LOW,
        /** Below half of it: no batches of leaders either. */
        FULL,
        /** A level that this client does not know. */
        UNKNOWN
    }

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
