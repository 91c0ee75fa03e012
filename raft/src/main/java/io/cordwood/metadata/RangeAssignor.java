package io.cordwood.metadata;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Gives each member a range of neighbouring partitions of each topic that it wants: the same numbers of topics that
 * have equally many, so that records of one key in two topics meet. The first members get one more where it does not
 * come out even.
 *
 * <p><b>Thread:</b> any; a pure function.
 *
 * <p><b>Source:</b> Kafka's range assignor.
 */
final class RangeAssignor {
    private RangeAssignor() {}

    static SortedMap<PartitionId, String> assign(Assignment assignment) {
        var targets = new TreeMap<PartitionId, String>();
        assignment.topics().forEach((topicId, count) -> assign(assignment, topicId, count, targets));
        return targets;
    }

    private static void assign(Assignment assignment, UUID topicId, int count, SortedMap<PartitionId, String> targets) {
        var takers = assignment.seats().stream()
                .filter(seat -> seat.topics().contains(topicId))
                .toList();
        int next = 0;
        for (int i = 0; i < takers.size(); i++) {
            int share = count / takers.size() + (i < count % takers.size() ? 1 : 0);
            for (int end = next + share; next < end; next++) {
                targets.put(new PartitionId(topicId, next), takers.get(i).memberId());
            }
        }
    }
}
