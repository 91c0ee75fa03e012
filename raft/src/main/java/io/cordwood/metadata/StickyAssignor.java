package io.cordwood.metadata;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Spreads partitions evenly and moves as few as that takes.
 *
 * <p>Invariants: where all members want the same topics, their counts differ by one at most, and one that joins
 * {@code n} others takes {@code ceil(partitions / (n + 1))} partitions at most, nobody else any; where they do not, no
 * single partition could move to a member with at least two fewer.
 *
 * <p><b>Thread:</b> confined to its caller, for one use.
 */
final class StickyAssignor {
    private static final BitSet NOBODY = new BitSet();

    private final Assignment assignment;
    private final List<Assignment.Seat> seats;
    /** By seat. */
    private final List<List<PartitionId>> kept = new ArrayList<>();

    private final List<PartitionId> free = new ArrayList<>();
    /** Seats by what they want. */
    private final Map<List<UUID>, BitSet> wishes = new HashMap<>();
    /** Seats that want a topic, by its id. */
    private final Map<UUID, BitSet> takers = new HashMap<>();

    private long steps;

    StickyAssignor(Assignment assignment) {
        this.assignment = assignment;
        seats = assignment.seats();
        for (int seat = 0; seat < seats.size(); seat++) {
            kept.add(new ArrayList<>());
            wishes.computeIfAbsent(seats.get(seat).topics(), first -> new BitSet())
                    .set(seat);
        }
        wishes.forEach((topics, wishing) -> topics.forEach(
                topic -> takers.computeIfAbsent(topic, first -> new BitSet()).or(wishing)));
    }

    SortedMap<PartitionId, String> assign() {
        keep();
        if (wishes.size() == 1) {
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
            var taking = takers.getOrDefault(partition.topicId(), NOBODY);
            var keeper = assignment.keeper().apply(partition).map(seatOf::get).filter(taking::get);
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
                .sorted(Comparator.comparingInt(
                                (Integer seat) -> -kept.get(seat).size())
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    private void shareByWish() {
        var shares = new SharesByWish(kept, takers);
        shares.give(free);
        shares.level();
        steps = shares.steps();
    }

    /** What {@link SharesByWish#steps} says; 0 where all want the same. */
    long steps() {
        return steps;
    }
}
