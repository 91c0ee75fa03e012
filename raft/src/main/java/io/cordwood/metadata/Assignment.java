package io.cordwood.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/**
 * Who shall have which partition, to be computed.
 *
 * @param seats the members, in the order in which they joined
 * @param topics partition counts by topic id
 * @param keeper who has a partition, or was to have it; need not be a member any more
 */
record Assignment(List<Seat> seats, SortedMap<UUID, Integer> topics, Function<PartitionId, Optional<String>> keeper) {

    /** @param topics ids of the topics that the member wants, ascending */
    record Seat(String memberId, List<UUID> topics) {}

    /** A member id for each partition that somebody wants. */
    SortedMap<PartitionId, String> compute(Assignor assignor) {
        if (seats.isEmpty()) {
            return new TreeMap<>();
        }
        return switch (assignor) {
            case STICKY -> new StickyAssignor(this).assign();
            case RANGE -> RangeAssignor.assign(this);
        };
    }

    /** All partitions of the topics, in order. */
    List<PartitionId> partitions() {
        var all = new ArrayList<PartitionId>();
        topics.forEach((topicId, count) -> {
            for (int partition = 0; partition < count; partition++) {
                all.add(new PartitionId(topicId, partition));
            }
        });
        return all;
    }
}
