package io.cordwood.chaos.check;

import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The offsets that repairs may have taken, by partition.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class Repairs {
    private final Map<TopicPartition, Set<Long>> named = new HashMap<>();
    /**
     * Those that name no offset, in the order of time, which is that of the offsets from which they may take
     * one.
     */
    private final Map<TopicPartition, List<Unnamed>> unnamed = new HashMap<>();

    /** What it takes lies behind all that anybody had been told of before it was noted. */
    private static final class Unnamed {
        final long nanos;
        long freeFrom;

        Unnamed(long nanos) {
            this.nanos = nanos;
        }
    }

    Repairs(History history) {
        for (var repair : history.calls(Operation.Repair.class)) {
            var partition = repair.what().partition();
            Long offset = repair.what().offset();
            if (offset != null) {
                named.computeIfAbsent(partition, of -> new HashSet<>()).add(offset);
            } else {
                unnamed.computeIfAbsent(partition, of -> new ArrayList<>()).add(new Unnamed(repair.beginNanos()));
            }
        }
        if (!unnamed.isEmpty()) {
            Sightings.each(
                    history,
                    sighting -> unnamed.getOrDefault(sighting.partition(), List.of())
                            .forEach(repair -> {
                                if (sighting.by().endNanos() < repair.nanos) {
                                    repair.freeFrom = Math.max(
                                            repair.freeFrom, sighting.seen().offset() + 1);
                                }
                            }));
        }
    }

    /**
     * Those of these holes, which rise, that are left when each repair has taken one that it may have taken.
     */
    List<Long> unexplained(TopicPartition partition, List<Long> holes) {
        var left = new ArrayList<Long>();
        var repairs = unnamed.getOrDefault(partition, List.of()).iterator();
        var next = repairs.hasNext() ? repairs.next() : null;
        for (long hole : holes) {
            if (named.getOrDefault(partition, Set.of()).contains(hole)) {
                continue;
            }
            if (next != null && next.freeFrom <= hole) {
                next = repairs.hasNext() ? repairs.next() : null;
            } else {
                left.add(hole);
            }
        }
        return left;
    }

    /** From which offsets on there may be a hole for each that names none, for a sentence. */
    String shown(TopicPartition partition) {
        var repairs = unnamed.getOrDefault(partition, List.of());
        return repairs.isEmpty()
                ? "none"
                : "one each behind "
                        + repairs.stream().map(repair -> repair.freeFrom).toList();
    }
}
