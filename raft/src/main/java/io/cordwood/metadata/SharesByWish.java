package io.cordwood.metadata;

import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Evens out what members have who want different topics. Whoever has most gives first: the last of its partitions that
 * somebody with at least two fewer takes goes to the one of these with least; of equals the first seat. That is repeated
 * until nobody can give anything. The order of these moves is a part of the format: another leads to other targets.
 *
 * <p>Invariants: a seat outside of {@code givers} can give nothing, and one in it nothing from the place in
 * {@code untried} on. When a seat has given, others can give more than before only if they have two more than it now:
 * whoever had more than it could give nothing, or would have given first.
 *
 * <p><b>Thread:</b> confined to its caller, for one use.
 */
final class SharesByWish {
    /** By seat. */
    private final List<List<PartitionId>> kept;
    /** Seats that want a topic, by its id. */
    private final Map<UUID, BitSet> takers;
    /** Seats that may have something to give, the one with most first. */
    private final TreeSet<Integer> givers = new TreeSet<>(
            Comparator.comparingInt((Integer seat) -> -load(seat)).thenComparing(Comparator.naturalOrder()));
    /** By seat. */
    private final int[] untried;

    private long steps;

    /** @param kept by seat; changes as partitions are given */
    SharesByWish(List<List<PartitionId>> kept, Map<UUID, BitSet> takers) {
        this.kept = kept;
        this.takers = takers;
        untried = new int[kept.size()];
    }

    /** How many seats and partitions were looked at: what all of it costs. */
    long steps() {
        return steps;
    }

    /** Gives each of these partitions to who has least. */
    void give(List<PartitionId> free) {
        // Those that few members want come first: they cannot make way later.
        free.sort(Comparator.comparingInt(
                        (PartitionId partition) -> takersOf(partition.topicId()).cardinality())
                .thenComparing(Comparator.naturalOrder()));
        for (PartitionId partition : free) {
            kept.get(leastLoaded(partition.topicId())).add(partition);
        }
    }

    /** Each move makes the sum of the squares of the loads smaller: it comes to an end. */
    void level() {
        for (int seat = 0; seat < kept.size(); seat++) {
            mayGive(seat);
        }
        while (!givers.isEmpty()) {
            int giver = givers.first();
            if (!gives(giver)) {
                givers.remove(giver);
            }
        }
    }

    private boolean gives(int giver) {
        var held = kept.get(giver);
        for (int place = untried[giver] - 1; place >= 0; place--) {
            int taker = leastLoaded(held.get(place).topicId());
            if (load(taker) + 1 < held.size()) {
                move(giver, place, taker);
                return true;
            }
        }
        return false;
    }

    private void move(int giver, int place, int taker) {
        // The order goes by loads: nobody in it may change its own.
        givers.remove(giver);
        givers.remove(taker);
        kept.get(taker).add(kept.get(giver).remove(place));
        givers.add(giver);
        untried[giver] = place;
        mayGive(taker);
        wake(giver);
    }

    private void mayGive(int seat) {
        untried[seat] = load(seat);
        givers.add(seat);
    }

    /** Those that have two more now than one that just gave may have something for it. */
    private void wake(int fallen) {
        for (int seat = 0; seat < kept.size(); seat++) {
            steps++;
            if (load(seat) == load(fallen) + 2 && hasFor(fallen, seat)) {
                mayGive(seat);
            }
        }
    }

    private boolean hasFor(int taker, int giver) {
        steps += load(giver);
        return kept.get(giver).stream()
                .anyMatch(partition -> takersOf(partition.topicId()).get(taker));
    }

    private int load(int seat) {
        return kept.get(seat).size();
    }

    private int leastLoaded(UUID topic) {
        var taking = takersOf(topic);
        int least = taking.nextSetBit(0);
        for (int seat = least; seat >= 0; seat = taking.nextSetBit(seat + 1)) {
            steps++;
            if (load(seat) < load(least)) {
                least = seat;
            }
        }
        return least;
    }

    private BitSet takersOf(UUID topic) {
        var taking = takers.get(topic);
        if (taking == null) {
            throw new IllegalStateException("nobody wants topic " + topic + ", which has partitions to be given");
        }
        return taking;
    }
}
