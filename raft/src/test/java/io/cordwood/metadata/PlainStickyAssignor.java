package io.cordwood.metadata;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Finds the shares of {@link StickyAssignor} in the plainest way, which looks at everything again before each move. Groups
 * that there are were dealt out so: the other must always come to the same.
 */
final class PlainStickyAssignor {
    private final Assignment assignment;
    private final List<Assignment.Seat> seats;
    /** By seat. */
    private final List<List<PartitionId>> kept = new ArrayList<>();

    private final List<PartitionId> free = new ArrayList<>();
    /** Seats that want a topic, by its id. */
    private final Map<UUID, List<Integer>> takers = new HashMap<>();

    PlainStickyAssignor(Assignment assignment) {
        this.assignment = assignment;
        seats = assignment.seats();
        for (int seat = 0; seat < seats.size(); seat++) {
            kept.add(new ArrayList<>());
            for (UUID topic : seats.get(seat).topics()) {
                takers.computeIfAbsent(topic, first -> new ArrayList<>()).add(seat);
            }
        }
    }

    SortedMap<PartitionId, String> assign() {
        keep();
        boolean alike = seats.stream()
                .allMatch(seat -> seat.topics().equals(seats.get(0).topics()));
        if (alike) {
            shareEvenly();
        } else {
            shareByWish();
        }
        var targets = new TreeMap<PartitionId, String>();
        for (int seat = 0; seat < seats.size(); seat++) {
            var memberId = seats.get(seat).memberId();
            kept.get(seat).forEach(partition -> targets.put(partition, memberId));
        }
        return targets;
    }

    private void keep() {
        var seatOf = new HashMap<String, Integer>();
        IntStream.range(0, seats.size())
                .forEach(seat -> seatOf.put(seats.get(seat).memberId(), seat));
        for (PartitionId partition : assignment.partitions()) {
            var keeper = assignment
                    .keeper()
                    .apply(partition)
                    .map(seatOf::get)
                    .filter(seat -> seats.get(seat).topics().contains(partition.topicId()));
            keeper.map(kept::get).orElse(free).add(partition);
        }
    }

    private void shareEvenly() {
        int count = assignment.partitions().size();
        int share = count / seats.size();
        int larger = count % seats.size();
        var hungry = new ArrayList<Integer>();
        var room = new int[seats.size()];
        for (int seat : mostFirst()) {
            // Who has most already gets one more where it does not come out even: then less has to move.
            int quota = share + (larger-- > 0 ? 1 : 0);
            var held = kept.get(seat);
            while (held.size() > quota) {
                free.add(held.remove(held.size() - 1));
            }
            room[seat] = quota - held.size();
            hungry.add(seat);
        }
        free.sort(Comparator.naturalOrder());
        hungry.sort(Comparator.naturalOrder());
        deal(hungry, room);
    }

    /** In turn, so that the partitions of one topic do not end up with one member. */
    private void deal(List<Integer> hungry, int[] room) {
        var turns = new ArrayDeque<Integer>();
        hungry.stream().filter(seat -> room[seat] > 0).forEach(turns::add);
        for (PartitionId partition : free) {
            int seat = turns.remove();
            kept.get(seat).add(partition);
            if (--room[seat] > 0) {
                turns.add(seat);
            }
        }
    }

    private List<Integer> mostFirst() {
        return IntStream.range(0, seats.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer seat) -> -load(seat)).thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    private int load(int seat) {
        return kept.get(seat).size();
    }

    private void shareByWish() {
        // Those that few members want come first: they cannot make way later.
        free.sort(Comparator.comparingInt(
                        (PartitionId partition) -> takersOf(partition.topicId()).size())
                .thenComparing(Comparator.naturalOrder()));
        for (PartitionId partition : free) {
            kept.get(leastLoaded(partition.topicId())).add(partition);
        }
        while (moveOne()) {
            // Each move makes the sum of the squares of the loads smaller.
        }
    }

    private List<Integer> takersOf(UUID topic) {
        return takers.getOrDefault(topic, List.of());
    }

    private int leastLoaded(UUID topic) {
        return takersOf(topic).stream()
                .min(Comparator.comparingInt(this::load).thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    /** Moves one partition from the member with the most that can give one to another with at least two fewer. */
    private boolean moveOne() {
        var least = new HashMap<UUID, Integer>();
        takers.keySet().forEach(topic -> least.put(topic, leastLoaded(topic)));
        for (int seat : mostFirst()) {
            var held = kept.get(seat);
            for (int i = held.size() - 1; i >= 0; i--) {
                int taker = least.getOrDefault(held.get(i).topicId(), seat);
                if (load(taker) + 1 < load(seat)) {
                    kept.get(taker).add(held.remove(i));
                    return true;
                }
            }
        }
        return false;
    }
}
