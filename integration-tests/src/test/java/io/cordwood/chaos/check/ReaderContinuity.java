package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A reader gets every record once, in order, and none that goes away again.
 *
 * <p>Of the reads of one process in one partition: each that is answered begins where the last answered one
 * ended, or at the log start that a refusal named because the position lay below it. Broken by a read that
 * begins elsewhere (behind it was skipped, before it went back); by records outside of {@code [position,
 * next position)} or out of order; by a record that the final log has otherwise or not at all, which is how
 * a reader past the high watermark is found; and by a record of the final log in the range of a read that
 * did not get it. What lies below the final log start is not compared.
 */
public final class ReaderContinuity implements Checker {
    @Override
    public String name() {
        return "reader-continuity";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        history.callsByPartition(Operation.Read.class).forEach((partition, reads) -> {
            var log = history.finalLogs().get(partition);
            var kept = log == null ? null : new Kept(log);
            var byReader = new LinkedHashMap<String, List<Call<Operation.Read>>>();
            for (var read : reads) {
                byReader.computeIfAbsent(read.process(), process -> new ArrayList<>())
                        .add(read);
            }
            byReader.values().forEach(ofOne -> new Pass(partition, kept, findings).follow(ofOne));
        });
        return findings.all();
    }

    /** The final log by offset. */
    private static final class Kept {
        final FinalLog log;
        final TreeMap<Long, Seen> records = new TreeMap<>();

        Kept(FinalLog log) {
            this.log = log;
            log.records().forEach(seen -> records.putIfAbsent(seen.offset(), seen));
        }

        boolean covers(long offset) {
            return offset >= log.logStart() && offset < log.readTo();
        }
    }

    /** One reader's way through one partition. */
    private static final class Pass {
        private final TopicPartition partition;
        private final @Nullable Kept kept;
        private final Findings findings;
        private @Nullable Long expected;

        Pass(TopicPartition partition, @Nullable Kept kept, Findings findings) {
            this.partition = partition;
            this.kept = kept;
            this.findings = findings;
        }

        void follow(List<Call<Operation.Read>> reads) {
            for (var read : reads) {
                Long next = read.what().nextPosition();
                Long logStart = read.what().logStart();
                if (read.isOk() && next != null) {
                    checkPosition(read);
                    checkInside(read, next);
                    checkAgainstEnd(read, next);
                    expected = next;
                } else if (read.isFailed() && logStart != null) {
                    checkRefusal(read, logStart);
                    expected = Math.max(logStart, read.what().position());
                }
            }
        }

        private void checkPosition(Call<Operation.Read> read) {
            long position = read.what().position();
            if (expected != null && position != expected) {
                findings.add(who(read) + " begins at offset " + position + ", and what it got before ended at "
                        + expected + (position > expected ? ": skipped" : ": went back"));
            }
        }

        private void checkInside(Call<Operation.Read> read, long next) {
            long from = read.what().position();
            if (next < from) {
                findings.add(who(read) + " begins at offset " + from + " and ends before, at " + next);
            }
            for (var seen : read.what().records()) {
                if (seen.offset() < from || seen.offset() >= next) {
                    findings.add(who(read) + " of [" + read.what().position() + ", " + next + ") got " + seen
                            + (seen.offset() < next ? ", behind a later one" : ""));
                }
                from = Math.max(from, seen.offset() + 1);
            }
        }

        private void checkAgainstEnd(Call<Operation.Read> read, long next) {
            if (kept == null) {
                return;
            }
            var missing = new TreeMap<>(kept.records.subMap(
                    Math.min(read.what().position(), next), Math.max(read.what().position(), next)));
            for (var seen : read.what().records()) {
                missing.remove(seen.offset());
                var last = kept.log.at(seen.offset());
                boolean readLater = kept.covers(seen.offset()) || seen.offset() >= kept.log.endOffset();
                if (readLater && !seen.value().equals(last)) {
                    findings.add(who(read) + " got " + seen + ", and in the end there is "
                            + (last == null ? "nothing" : last));
                }
            }
            missing.values()
                    .forEach(seen ->
                            findings.add(who(read) + " of [" + read.what().position() + ", " + next + ") did not get "
                                    + seen + ", which is there in the end: skipped"));
        }

        private void checkRefusal(Call<Operation.Read> read, long logStart) {
            if (logStart <= read.what().position()) {
                findings.add(who(read) + " at offset " + read.what().position()
                        + " was refused as before the log start, which is " + logStart);
            }
            if (kept != null && logStart > kept.log.logStart()) {
                findings.add(who(read) + " was told the log start " + logStart + ", and in the end it is "
                        + kept.log.logStart());
            }
        }

        private String who(Call<Operation.Read> read) {
            return "the read of " + partition + " by " + read.where();
        }
    }
}
