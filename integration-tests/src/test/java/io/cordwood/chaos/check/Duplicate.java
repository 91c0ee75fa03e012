package io.cordwood.chaos.check;

import io.cordwood.chaos.check.Sightings.Sighting;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

/**
 * A retry never makes a second copy.
 *
 * <p>Broken by one value at two offsets of a partition, in any reads, if it was written by an idempotent
 * producer or a conditional append. A plain producer may make copies: those are counted by {@link
 * #ofPlainProducers}.
 */
public final class Duplicate implements Checker {
    @Override
    public String name() {
        return "duplicate";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var writes = new Writes(history);
        history.callsByPartition(Operation.View.class)
                .forEach((partition, reads) -> checkOne(partition, reads, writes, findings));
        return findings.all();
    }

    /** How many records are there in the end that a plain producer's retries made. */
    public static long ofPlainProducers(History history) {
        var writes = new Writes(history);
        long count = 0;
        for (var log : history.finalLogs().entrySet()) {
            var values = new HashSet<Value>();
            for (var seen : log.getValue().records()) {
                var write = writes.of(log.getKey(), seen.value());
                if (write != null && !Writes.isOnce(write.what()) && !values.add(seen.value())) {
                    count++;
                }
            }
        }
        return count;
    }

    private static void checkOne(
            TopicPartition partition, List<Call<Operation.View>> reads, Writes writes, Findings findings) {
        var first = new HashMap<Value, Sighting>();
        var reported = new HashSet<Seen>();
        for (var read : reads) {
            for (var seen : read.what().records()) {
                var sighting = new Sighting(seen, read);
                var earlier = first.putIfAbsent(seen.value(), sighting);
                if (earlier != null && earlier.seen().offset() != seen.offset() && reported.add(seen)) {
                    var write = writes.of(partition, seen.value());
                    if (write != null && Writes.isOnce(write.what())) {
                        findings.add(partition + " has " + seen.value() + ", written once by " + write.where() + ", "
                                + earlier.where() + ", and " + sighting.where());
                    }
                }
            }
        }
    }
}
