package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is read was written.
 *
 * <p>Broken by a record in any read, the final one included, whose value nobody ever gave to a write of that
 * partition; whose write ended with {@code FAIL}, which says that it has no effect; or whose write began
 * after the read had ended.
 *
 * <p><b>Source:</b> aborted read (G1a) of Adya, Liskov and O'Neil, "Generalized Isolation Level
 * Definitions", 2000, with one record as the transaction.
 */
public final class Phantom implements Checker {
    @Override
    public String name() {
        return "phantom";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var writes = new Writes(history);
        history.callsByPartition(Operation.View.class).forEach((partition, reads) -> {
            // Each reader sees the same ones.
            var reported = new HashSet<Seen>();
            for (var read : reads) {
                for (var seen : read.what().records()) {
                    var problem = problem(writes.of(partition, seen.value()), read);
                    if (problem != null && reported.add(seen)) {
                        findings.add(sentence(partition, seen, read) + problem);
                    }
                }
            }
        });
        return findings.all();
    }

    private static @Nullable String problem(@Nullable Call<Operation.Write> write, Call<Operation.View> read) {
        if (write == null) {
            return "nobody wrote it";
        }
        if (write.isFailed()) {
            return "its write failed without effect: " + write.where();
        }
        return read.endNanos() < write.beginNanos() ? "its write began later: " + write.where() : null;
    }

    private static String sentence(TopicPartition partition, Seen seen, Call<Operation.View> read) {
        return seen.value() + " was read at " + partition + " offset " + seen.offset() + " by " + read.where()
                + ", and ";
    }
}
