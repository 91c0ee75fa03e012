package io.cordwood.cli.demo;

import io.cordwood.cli.demo.DemoCheck.Place;
import io.cordwood.cli.demo.DemoCheck.Read;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What readers were given, from the first record on, while it was being published.
 *
 * <p>Invariant: the records of a partition are here in the order in which they were given, whoever they
 * were given to.
 *
 * <p>Thread: any; the lock guards all of it, because readers share partitions and none of them may wait for
 * a queue.
 */
final class ReadLog {
    private final List<Read> reads = new ArrayList<>();
    private final Map<Integer, Long> nextOffsets = new HashMap<>();
    private final Map<String, Integer> countsByReader = new TreeMap<>();
    private final Map<Integer, Set<String>> readersOfPartition = new TreeMap<>();
    private final Set<Integer> lost = new TreeSet<>();
    // Null until all is published: the end offset of each partition.
    private @Nullable Map<Integer, Long> ends;
    private boolean abandoned;

    synchronized void take(String reader, List<Read> given) {
        for (var read : given) {
            var place = read.place();
            reads.add(read);
            nextOffsets.merge(place.partition(), place.offset() + 1, Math::max);
            readersOfPartition
                    .computeIfAbsent(place.partition(), partition -> new HashSet<>())
                    .add(reader);
        }
        countsByReader.merge(reader, given.size(), Integer::sum);
    }

    /** A reader was taken for dead: what it had not committed in these partitions is given once more. */
    synchronized void lost(Collection<Integer> partitions) {
        lost.addAll(partitions);
    }

    /** Lets the reading end when each partition has been read up to its end offset. */
    synchronized void stopAt(Map<Integer, Long> endOffsets) {
        ends = Map.copyOf(endOffsets);
    }

    /** Lets the reading end as it is. */
    synchronized void abandon() {
        abandoned = true;
    }

    synchronized boolean isOver() {
        var due = ends;
        return abandoned
                || (due != null
                        && due.entrySet().stream()
                                .allMatch(end -> nextOffsets.getOrDefault(end.getKey(), 0L) >= end.getValue()));
    }

    synchronized int count() {
        return reads.size();
    }

    /** Each reader, with how many records it was given. */
    synchronized Map<String, Integer> countsByReader() {
        return Map.copyOf(countsByReader);
    }

    /** Partitions of which several readers were given records, one after the other. */
    synchronized int handedOver() {
        return (int) readersOfPartition.values().stream()
                .filter(readers -> readers.size() > 1)
                .count();
    }

    /** Records that were given once more, because a reader had been taken for dead. */
    synchronized int givenAgain() {
        return reads.size() - reads().size();
    }

    /** In the order of reading, without those that were rightly given once more. */
    synchronized List<Read> reads() {
        var seen = new HashSet<Place>();
        return reads.stream()
                .filter(read ->
                        seen.add(read.place()) || !lost.contains(read.place().partition()))
                .toList();
    }
}
