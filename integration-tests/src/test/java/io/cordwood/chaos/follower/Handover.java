package io.cordwood.chaos.follower;

import io.cordwood.client.TopicDescription.Placement;
import java.util.List;
import java.util.OptionalInt;

/**
 * A leadership that is to be handed over.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param node that shall lead, and be preferred
 */
record Handover(int partition, int node) {
    /**
     * What is missing until these nodes lead all partitions, in turn. One that leads and is not preferred
     * does not lead for long.
     */
    static List<Handover> missing(List<Placement> placements, List<Integer> takers) {
        return placements.stream()
                .filter(placement -> {
                    int taker = taker(placement, takers);
                    return !placement.leader().equals(OptionalInt.of(taker))
                            || placement.replicas().get(0) != taker;
                })
                .map(placement -> new Handover(placement.partition(), taker(placement, takers)))
                .toList();
    }

    private static int taker(Placement placement, List<Integer> takers) {
        return takers.get(placement.partition() % takers.size());
    }
}
