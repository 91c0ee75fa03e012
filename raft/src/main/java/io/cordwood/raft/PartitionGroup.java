package io.cordwood.raft;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A partition group of this node, as its group file says.
 *
 * @param initialPeers node id to address of the group's first raft configuration; empty for a member that is added to a
 *     group that exists
 * @param created the raft log directory was made: a missing one was lost, and an empty one in its place could vote away
 *     what the lost one had acknowledged
 * @param deleted its topic is gone: what is left here must go too, whatever of it is missing or damaged already
 */
record PartitionGroup(
        UUID groupId,
        GroupPlacement placement,
        SortedMap<Integer, String> initialPeers,
        boolean created,
        boolean deleted) {

    PartitionGroup {
        initialPeers = Collections.unmodifiableSortedMap(new TreeMap<>(initialPeers));
    }

    PartitionGroup markedCreated() {
        return new PartitionGroup(groupId, placement, initialPeers, true, deleted);
    }

    PartitionGroup markedDeleted() {
        return new PartitionGroup(groupId, placement, initialPeers, created, true);
    }

    PartitionGroup withSettings(SortedMap<String, String> settings) {
        return new PartitionGroup(groupId, placement.withSettings(settings), initialPeers, created, deleted);
    }

    /** Name of the partition's directory. */
    String directoryName() {
        return placement.topicId() + "-" + placement.partition();
    }
}
