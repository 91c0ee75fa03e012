package io.cordwood.metadata;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A consumer group: its members and the offsets that they committed. A commit leaves the membership as the very same
 * object.
 *
 * <p><b>Thread:</b> any; immutable.
 *
 * @param emptySinceMillis when the last member went, by the clock of the metadata leader, since 1970; 0 while there
 *     are members
 * @param offsets of partitions of topics that there are
 */
public record ConsumerGroup(
        String name,
        long emptySinceMillis,
        GroupMembership membership,
        SortedMap<PartitionId, CommittedOffset> offsets) {

    public ConsumerGroup {
        offsets = FixedMap.copyOf(offsets);
    }

    public static ConsumerGroup empty(String name, long sinceMillis) {
        return new ConsumerGroup(name, sinceMillis, GroupMembership.NONE, new TreeMap<>());
    }

    /** Whether it has members. */
    public boolean isActive() {
        return !membership.members().isEmpty();
    }

    /** Whether nothing would be lost with it. */
    boolean isVoid() {
        return !isActive() && offsets.isEmpty();
    }

    public Optional<CommittedOffset> offset(PartitionId partition) {
        return Optional.ofNullable(offsets.get(partition));
    }

    ConsumerGroup withMembership(GroupMembership newMembership, long newEmptySinceMillis) {
        return new ConsumerGroup(name, newEmptySinceMillis, newMembership, offsets);
    }

    ConsumerGroup withOffsets(SortedMap<PartitionId, CommittedOffset> newOffsets) {
        return new ConsumerGroup(name, emptySinceMillis, membership, newOffsets);
    }
}
