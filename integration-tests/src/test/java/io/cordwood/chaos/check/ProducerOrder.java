package io.cordwood.chaos.check;

import io.cordwood.chaos.check.Sightings.Sighting;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The records of an idempotent producer are in a partition in the order in which it numbered them.
 *
 * <p>Broken by two records of one idempotent producer in one partition, acknowledged or read, where the one
 * with the higher offset has the lower number. Numbers may be missing, and the same number twice is a {@link
 * Duplicate}. A record whose outcome is unknown may come late: it is compared with those only that were begun
 * before that was said. The promise ends there, and the producer goes on under another identity.
 */
public final class ProducerOrder implements Checker {
    @Override
    public String name() {
        return "producer-order";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var writes = new Writes(history);
        var ordered = new TreeMap<TopicPartition, Map<Seen, Sighting>>();
        Sightings.each(history, sighting -> {
            var write = writes.of(sighting.partition(), sighting.seen().value());
            if (write != null && write.what() instanceof Operation.Produce produce && produce.idempotent()) {
                ordered.computeIfAbsent(sighting.partition(), partition -> new HashMap<>())
                        .putIfAbsent(sighting.seen(), sighting);
            }
        });
        ordered.values().forEach(ofOne -> checkOne(ofOne.values(), writes, findings));
        return findings.all();
    }

    private static void checkOne(Collection<Sighting> sightings, Writes writes, Findings findings) {
        var byOffset = new ArrayList<>(sightings);
        byOffset.sort(Comparator.comparingLong(sighting -> sighting.seen().offset()));
        var byProducer = new HashMap<String, TreeMap<Long, Sighting>>();
        for (var sighting : byOffset) {
            var value = sighting.seen().value();
            var sofar = byProducer.computeIfAbsent(value.producer(), producer -> new TreeMap<>());
            // Of those that should come later it is the one that was begun first.
            var before = sofar.higherEntry(value.number());
            if (before != null && begun(before.getValue(), writes) < givenUp(sighting, writes)) {
                findings.add(sighting.partition() + " has "
                        + before.getValue().seen().value() + " "
                        + before.getValue().where() + ", before " + value + " " + sighting.where());
            }
            sofar.putIfAbsent(value.number(), sighting);
        }
    }

    private static long begun(Sighting sighting, Writes writes) {
        return write(sighting, writes).beginNanos();
    }

    /** When its producer was told that its outcome is unknown; never where it was told something else. */
    private static long givenUp(Sighting sighting, Writes writes) {
        var ended = write(sighting, writes).ended();
        return ended != null && ended.type() == EventType.INFO ? ended.nanos() : Long.MAX_VALUE;
    }

    private static Call<Operation.Write> write(Sighting sighting, Writes writes) {
        return Objects.requireNonNull(
                writes.of(sighting.partition(), sighting.seen().value()), "only what was written is ordered");
    }
}
