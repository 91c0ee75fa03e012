package io.cordwood.chaos.check;

import io.cordwood.chaos.check.Sightings.Sighting;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.util.HashMap;
import java.util.List;

/**
 * An offset has one value, for everybody and for ever.
 *
 * <p>Broken by two different values at one offset of a partition, in any two acknowledgements or reads. Also
 * by a record that is acknowledged at one offset and read at another one, if there can be one copy only: a
 * record of an idempotent producer or a conditional append. Of a plain producer's copies any may be the
 * acknowledged one.
 *
 * <p><b>Source:</b> inconsistent offsets of {@code jepsen.tests.kafka}.
 */
public final class InconsistentOffset implements Checker {
    @Override
    public String name() {
        return "inconsistent-offset";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var first = new HashMap<Place, Sighting>();
        var acknowledged = new HashMap<Copy, Sighting>();
        Sightings.each(history, sighting -> {
            var seen = sighting.seen();
            var earlier = first.putIfAbsent(new Place(sighting.partition(), seen.offset()), sighting);
            if (earlier != null && !earlier.seen().value().equals(seen.value())) {
                findings.add(sentence(earlier, sighting));
            }
            if (sighting.by().what() instanceof Operation.Write write && Writes.isOnce(write)) {
                acknowledged.put(new Copy(sighting.partition(), seen.value()), sighting);
            }
        });
        // A second time: a reader may get a record before its writer gets the acknowledgement.
        Sightings.each(history, sighting -> {
            var ack = acknowledged.get(
                    new Copy(sighting.partition(), sighting.seen().value()));
            if (ack != null && ack.seen().offset() != sighting.seen().offset()) {
                findings.add(sentence(ack, sighting));
            }
        });
        return findings.all();
    }

    private record Place(TopicPartition partition, long offset) {}

    private record Copy(TopicPartition partition, Value value) {}

    private static String sentence(Sighting one, Sighting other) {
        return one.partition() + " has " + one.seen().value() + " " + one.where() + ", and "
                + other.seen().value() + " " + other.where();
    }
}
