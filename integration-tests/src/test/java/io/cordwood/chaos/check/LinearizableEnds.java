package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Appends and reads of the end behave, in each partition, as if they happened one after another, each at an
 * instant between its begin and its end.
 *
 * <p><b>Definition.</b> The state is the end offset {@code E}, at first 0. A write that is acknowledged at
 * {@code o} takes effect where {@code E = o}, which for an {@code AppendIf} must be the end that it
 * expected, and makes it {@code o + 1}. {@code EndOffset} takes effect where {@code E} is the answer. A read
 * takes effect behind the writes of its records. An outcome that is unknown took effect at any time after
 * its begin or not at all. A write that failed took none: who reads it finds a {@link Phantom}. The end that
 * a refused {@code AppendIf} found is {@code E} at an instant of that operation, and not the expected one.
 *
 * <p><b>How it is decided.</b> The general problem is hard because the order of the effects is to be found.
 * Here it is known: it is the order of the offsets. Let {@code T(o)} be the instant at which {@code E} goes
 * from {@code o} to {@code o + 1}; then {@code T} does not fall from offset to offset, and every operation
 * bounds it:
 *
 * <table><caption>Bounds, of an operation from its begin b to its end e</caption>
 * <tr><td>write of the record at o</td><td>b &le; T(o), and T(o) &le; e if it is acknowledged</td></tr>
 * <tr><td>read that got the record at o</td><td>T(o) &le; e</td></tr>
 * <tr><td>end offset h</td><td>T(h - 1) &le; e and b &le; T(h): the end was h no later than e, and no longer
 * before b</td></tr>
 * </table>
 *
 * <p>Some {@code T} satisfies them all exactly when no lower bound at an offset exceeds an upper bound at
 * the same or a higher offset: then the highest lower bound up to {@code o} is such a {@code T(o)}. And then
 * each read of an end has an instant, because {@code [b, e]} and {@code [T(h - 1), T(h)]} meet. So a pass
 * over the sorted bounds decides, in n log n. Not bounded are offsets whose record nobody ever saw. An end
 * must also not exceed the final one.
 *
 * <p><b>Source:</b> Herlihy and Wing, "Linearizability", 1990; Wing and Gong, "Testing and Verifying
 * Concurrent Objects", 1993, whose search the test holds this against; that a known order of the writes
 * makes the problem easy is from Gibbons and Korach, "Testing Shared Memories", 1997.
 */
public final class LinearizableEnds implements Checker {
    @Override
    public String name() {
        return "linearizable-ends";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var writes = new Writes(history);
        var bounds = new TreeMap<TopicPartition, Bounds>();
        Sightings.each(history, sighting -> {
            long offset = sighting.seen().offset();
            var ofOne = bounds.computeIfAbsent(sighting.partition(), Bounds::new);
            ofOne.happenedBefore(offset, sighting.by());
            var write = writes.of(sighting.partition(), sighting.seen().value());
            if (write != null && ofOne.happenedAfter(offset, write)) {
                checkExpected(write, offset, findings);
            }
        });
        for (var call : history.calls(Operation.OfPartition.class)) {
            var partition = call.what().partition();
            Long end = endThatWasRead(call, findings);
            if (end != null) {
                bounds.computeIfAbsent(partition, Bounds::new).endRead(end, call);
                checkFinal(call, end, history.finalLogs().get(partition), findings);
            }
        }
        bounds.values().forEach(ofOne -> ofOne.judge(findings));
        return findings.all();
    }

    private @Nullable Long endThatWasRead(Call<Operation.OfPartition> call, Findings findings) {
        if (call.what() instanceof Operation.EndOffset read && call.isOk()) {
            return read.highWatermark();
        }
        if (call.what() instanceof Operation.AppendIf append && call.isFailed()) {
            Long found = append.foundEnd();
            if (found != null && found == append.expectedEnd()) {
                findings.add(append.value() + " expected the end " + append.expectedEnd() + " of " + append.partition()
                        + ", and was refused because the end is just that: " + call.where());
            }
            return found;
        }
        return null;
    }

    private static void checkExpected(Call<Operation.Write> write, long offset, Findings findings) {
        if (write.what() instanceof Operation.AppendIf append && append.expectedEnd() != offset) {
            findings.add(append.value() + " is at " + append.partition() + " offset " + offset
                    + ", and was to be appended at " + append.expectedEnd() + " only: " + write.where());
        }
    }

    private static void checkFinal(
            Call<Operation.OfPartition> read, long end, @Nullable FinalLog log, Findings findings) {
        if (log != null && end > log.endOffset()) {
            findings.add(read.what().partition() + " had the end " + end + " for " + read.where()
                    + ", and in the end has " + log.endOffset());
        }
    }

    /** The bounds of when the end of one partition passed each offset. */
    private static final class Bounds {
        private final TopicPartition partition;
        private final Map<Long, Call<? extends Operation.OfPartition>> latestBegin = new HashMap<>();
        private final Map<Long, Call<? extends Operation.OfPartition>> earliestEnd = new HashMap<>();

        Bounds(TopicPartition partition) {
            this.partition = partition;
        }

        /** @return whether that bounds it more than what was known, so that what is seen often is looked at once */
        boolean happenedAfter(long offset, Call<? extends Operation.OfPartition> begun) {
            var known = latestBegin.get(offset);
            boolean later = known == null || begun.beginNanos() > known.beginNanos();
            if (later) {
                latestBegin.put(offset, begun);
            }
            return later;
        }

        void happenedBefore(long offset, Call<? extends Operation.OfPartition> ended) {
            earliestEnd.merge(offset, ended, (a, b) -> a.endNanos() <= b.endNanos() ? a : b);
        }

        void endRead(long end, Call<? extends Operation.OfPartition> read) {
            happenedAfter(end, read);
            if (end > 0) {
                happenedBefore(end - 1, read);
            }
        }

        void judge(Findings findings) {
            var begins = new TreeMap<>(latestBegin).entrySet().iterator();
            var next = begins.hasNext() ? begins.next() : null;
            Map.Entry<Long, Call<? extends Operation.OfPartition>> latest = null;
            for (var end : new TreeMap<>(earliestEnd).entrySet()) {
                while (next != null && next.getKey() <= end.getKey()) {
                    boolean later = latest == null
                            || next.getValue().beginNanos() > latest.getValue().beginNanos();
                    latest = later ? next : latest;
                    next = begins.hasNext() ? begins.next() : null;
                }
                if (latest != null
                        && latest.getValue().beginNanos() > end.getValue().endNanos()) {
                    findings.add(sentence(latest, end));
                }
            }
        }

        private String sentence(
                Map.Entry<Long, Call<? extends Operation.OfPartition>> begin,
                Map.Entry<Long, Call<? extends Operation.OfPartition>> end) {
            return partition + " ended beyond offset " + end.getKey() + " at "
                    + Event.time(end.getValue().endNanos())
                    + " by " + shown(end.getValue()) + ", and not yet beyond offset " + begin.getKey() + " at "
                    + Event.time(begin.getValue().beginNanos()) + " by " + shown(begin.getValue());
        }

        /** With what it asked and was told; a read without its records. */
        private static String shown(Call<? extends Operation.OfPartition> call) {
            var what = call.what();
            var text = what instanceof Operation.View view
                    ? "a read of [" + view.position() + ", " + view.nextPosition() + ")"
                    : what.toString();
            return text + " of " + call.where();
        }
    }
}
