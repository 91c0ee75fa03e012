package io.cordwood.raft;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A partition group of this node, as its group file says.
 *
 * @param initialPeers node id to address of the group's first raft configuration; empty for a member that
 *     is added to a group that exists
 * @param created the raft log directory was made: a missing one was lost, and an empty one in its place
 *     could vote away what the lost one had acknowledged
 * @param deleted its topic is gone: what is left here must go too, whatever of it is missing or damaged
 *     already
 * @param joinedAt raft index of the metadata at which this replica began to join a group that was there
 *     before; 0 where it did not
 */
record PartitionGroup(
        UUID groupId,
        GroupPlacement placement,
        SortedMap<Integer, String> initialPeers,
        boolean created,
        boolean deleted,
        long joinedAt) {

    PartitionGroup {
        initialPeers = Collections.unmodifiableSortedMap(new TreeMap<>(initialPeers));
    }

    /** A group that begins with its first members. */
    PartitionGroup(
            UUID groupId,
            GroupPlacement placement,
            SortedMap<Integer, String> initialPeers,
            boolean created,
            boolean deleted) {
        this(groupId, placement, initialPeers, created, deleted, 0);
    }

    /** A replica that is to join a group; it is opened without members, and the leader adds it. */
    static PartitionGroup joining(UUID groupId, GroupPlacement placement, long joinedAt) {
        return new PartitionGroup(groupId, placement, new TreeMap<>(), false, false, joinedAt);
    }

    PartitionGroup markedCreated() {
        return new PartitionGroup(groupId, placement, initialPeers, true, deleted, joinedAt);
    }

    PartitionGroup markedDeleted() {
        return new PartitionGroup(groupId, placement, initialPeers, created, true, joinedAt);
    }

    PartitionGroup withSettings(SortedMap<String, String> settings) {
        return new PartitionGroup(groupId, placement.withSettings(settings), initialPeers, created, deleted, joinedAt);
    }

    /** Name of the partition's directory. */
    String directoryName() {
        return placement.topicId() + "-" + placement.partition();
    }
}
