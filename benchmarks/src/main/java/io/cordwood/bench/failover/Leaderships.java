package io.cordwood.bench.failover;

import io.cordwood.client.TopicDescription;
import io.cordwood.client.TopicDescription.Placement;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Who leads the partitions of a topic, as its metadata knows it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param placements of all partitions, in order of their numbers
 */
record Leaderships(List<Placement> placements) {
    Leaderships {
        placements = List.copyOf(placements);
    }

    static Leaderships of(TopicDescription topic) {
        return new Leaderships(topic.partitions());
    }

    Set<Integer> ledBy(int node) {
        return partitions(placement -> placement.leader().equals(OptionalInt.of(node)));
    }

    /** Whether each partition is led by the node that is preferred, and each of the nodes leads its share. */
    boolean areBalanced(int nodes) {
        int share = placements.size() / nodes;
        return placements.stream()
                        .allMatch(placement -> placement
                                .leader()
                                .equals(OptionalInt.of(placement.replicas().get(0))))
                && IntStream.rangeClosed(1, nodes).allMatch(node -> ledBy(node).size() >= share);
    }

    /** Partitions that another node leads, or the same one elected anew. */
    Set<Integer> changedSince(Leaderships earlier) {
        return partitions(placement -> !placement
                .leaderEpoch()
                .equals(earlier.placements.get(placement.partition()).leaderEpoch()));
    }

    private Set<Integer> partitions(Predicate<Placement> which) {
        return placements.stream().filter(which).map(Placement::partition).collect(Collectors.toUnmodifiableSet());
    }
}
