package io.cordwood.chaos.check;

import io.cordwood.chaos.check.Sightings.Sighting;
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
import java.util.TreeMap;

/**
 * The records of an idempotent producer are in a partition in the order in which it numbered them.
 *
 * <p>Broken by two records of one idempotent producer in one partition, acknowledged or read, where the one
 * with the higher offset has the lower number. Numbers may be missing, and the same number twice is a {@link
 * Duplicate}.
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
        ordered.values().forEach(ofOne -> checkOne(ofOne.values(), findings));
        return findings.all();
    }

    private static void checkOne(Collection<Sighting> sightings, Findings findings) {
        var byOffset = new ArrayList<>(sightings);
        byOffset.sort(Comparator.comparingLong(sighting -> sighting.seen().offset()));
        var newest = new HashMap<String, Sighting>();
        for (var sighting : byOffset) {
            var value = sighting.seen().value();
            var before = newest.put(value.producer(), sighting);
            if (before != null && before.seen().value().number() > value.number()) {
                findings.add(sighting.partition() + " has " + before.seen().value() + " " + before.where() + ", before "
                        + value + " " + sighting.where());
            }
        }
    }
}
