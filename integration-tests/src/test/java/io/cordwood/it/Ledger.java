package io.cordwood.it;

import io.cordwood.client.ConsumedRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Acknowledgements, held against what a reader finds afterwards: each acknowledged record at its offset with its bytes, no
 * record twice, and each producer's records of a partition in the order in which they were sent.
 *
 * <p><b>Thread:</b> one.
 */
final class Ledger {
    private static final int EXAMPLES = 20;

    private final List<Entry> acknowledged;

    Ledger(List<Entry> acknowledged) {
        this.acknowledged = List.copyOf(acknowledged);
    }

    /** An acknowledged record and its place. */
    record Entry(Place place, LoadRecord record) {}

    record Place(int partition, long offset) {}

    private record Lane(int producer, int partition) {}

    int size() {
        return acknowledged.size();
    }

    /** The same and these. */
    Ledger with(List<Entry> more) {
        return new Ledger(Stream.concat(acknowledged.stream(), more.stream()).toList());
    }

    /** What was acknowledged of some partitions. */
    Ledger of(Predicate<Integer> partitions) {
        return new Ledger(acknowledged.stream()
                .filter(entry -> partitions.test(entry.place().partition()))
                .toList());
    }

    /** The offset behind the last one that was acknowledged in a partition. */
    long end(int partition) {
        return acknowledged.stream()
                .filter(entry -> entry.place().partition() == partition)
                .mapToLong(entry -> entry.place().offset() + 1)
                .max()
                .orElse(0);
    }

    /** What is wrong, with the first examples; empty where every promise was kept. */
    List<String> violations(List<ConsumedRecord> consumed) {
        var violations = new ArrayList<String>();
        var read = new ArrayList<Entry>();
        for (var one : consumed) {
            var place = new Place(one.partition(), one.offset());
            try {
                read.add(new Entry(place, LoadRecord.parse(Objects.requireNonNull(one.value()))));
            } catch (IllegalArgumentException e) {
                violations.add("damaged: at " + place + " " + e.getMessage());
            }
        }
        violations.addAll(judge(read));
        return violations.size() <= EXAMPLES ? violations : shortened(violations);
    }

    /** The same for a part of what there is: what was not read is not missed. */
    List<String> contradictions(List<ConsumedRecord> consumed) {
        var places = consumed.stream()
                .map(one -> new Place(one.partition(), one.offset()))
                .collect(Collectors.toSet());
        return new Ledger(acknowledged.stream()
                        .filter(entry -> places.contains(entry.place()))
                        .toList())
                .violations(consumed);
    }

    /** @param read in the order of reading */
    List<String> judge(List<Entry> read) {
        var violations = new ArrayList<String>();
        var places = new HashMap<Place, LoadRecord>();
        var seen = new HashMap<LoadRecord, Place>();
        var newest = new HashMap<Lane, Integer>();
        for (var entry : read) {
            places.put(entry.place(), entry.record());
            checkOnce(entry.record(), entry.place(), seen, violations);
            checkOrder(entry.record(), entry.place(), newest, violations);
        }
        for (var entry : acknowledged) {
            checkPlace(entry, places.get(entry.place()), violations);
        }
        return violations;
    }

    private static void checkOnce(
            LoadRecord record, Place place, Map<LoadRecord, Place> seen, List<String> violations) {
        var earlier = seen.putIfAbsent(record, place);
        if (earlier != null) {
            violations.add("twice: " + record + " at " + earlier + " and " + place);
        }
    }

    private static void checkOrder(LoadRecord record, Place place, Map<Lane, Integer> newest, List<String> violations) {
        var earlier = newest.put(new Lane(record.producer(), place.partition()), record.number());
        if (earlier != null && earlier >= record.number()) {
            violations.add("out of order: " + record + " at " + place + " behind number " + earlier);
        }
    }

    private static void checkPlace(Entry entry, @Nullable LoadRecord found, List<String> violations) {
        if (!entry.record().equals(found)) {
            violations.add("lost: " + entry.record() + " acknowledged at " + entry.place() + ", there is " + found);
        }
    }

    private static List<String> shortened(List<String> violations) {
        var examples = new ArrayList<>(violations.subList(0, EXAMPLES));
        examples.add("... and " + (violations.size() - EXAMPLES) + " more");
        return examples;
    }
}
