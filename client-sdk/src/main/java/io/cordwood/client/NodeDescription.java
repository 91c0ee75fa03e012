package io.cordwood.client;

import java.util.List;
import java.util.Optional;
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
 * @param deadReplicas what becomes of its replicas; empty while it is not dead
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
        List<Disk> disks,
        Optional<DeadReplicas> deadReplicas) {

    public NodeDescription {
        disks = List.copyOf(disks);
    }

    /** One that is not dead. */
    public NodeDescription(
            int nodeId,
            String address,
            String nodeAddress,
            String rack,
            State state,
            boolean voter,
            OptionalInt minFeatureLevel,
            OptionalInt maxFeatureLevel,
            List<Disk> disks) {
        this(
                nodeId,
                address,
                nodeAddress,
                rack,
                state,
                voter,
                minFeatureLevel,
                maxFeatureLevel,
                disks,
                Optional.empty());
    }

    /**
     * How many replicas of a dead node there are, by what becomes of them.
     *
     * @param moving another node is about to have it, or nobody is
     * @param waiting for the node, or for its turn to be given to another
     * @param noTaker stays: no other node can take it
     * @param noMajority stays: less than a majority of its partition's replicas is sound
     */
    public record DeadReplicas(int moving, int waiting, int noTaker, int noMajority) {}

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
