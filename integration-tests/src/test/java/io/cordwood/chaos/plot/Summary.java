package io.cordwood.chaos.plot;

import io.cordwood.chaos.check.Duplicate;
import io.cordwood.chaos.check.Verdict;
import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.LeaderSeen;
import io.cordwood.client.TopicPartition;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;

/**
 * A run as a page of text: what is wrong first, then how much was done.
 *
 * <p>A leader change is a {@link LeaderSeen} with a higher epoch than the partition had before; the first
 * leader is none.
 *
 * <p><b>Thread:</b> any.
 */
public final class Summary {
    private static final List<Class<? extends Operation>> ASKED = List.of(
            Operation.Produce.class,
            Operation.AppendIf.class,
            Operation.EndOffset.class,
            Operation.Read.class,
            Operation.FinalRead.class);

    private Summary() {}

    public static String of(History history, Verdict verdict) {
        var lines = new StringBuilder();
        line(lines, "violations", verdict.violations().size());
        lines.append(verdict).append("\n\n");
        lines.append(
                String.format(Locale.ROOT, "%-24s%12s%12s%12s%12s%n", "operations", "ok", "failed", "unknown", "open"));
        ASKED.forEach(kind -> operations(lines, history, kind));
        lines.append('\n');
        line(lines, "seconds", history.endNanos() / 1_000_000_000);
        line(lines, "acknowledged records", acknowledged(history));
        line(lines, "records read", read(history));
        line(lines, "leader changes", leaderChanges(history));
        faults(lines, history);
        line(lines, "copies by plain producers", Duplicate.ofPlainProducers(history));
        gaps(lines, history);
        lines.append(GroupFigures.of(history));
        return lines.toString();
    }

    private static void operations(StringBuilder lines, History history, Class<? extends Operation> kind) {
        var counts = new EnumMap<EventType, Long>(EventType.class);
        long open = 0;
        for (var call : history.calls(kind)) {
            if (call.isAnswered()) {
                counts.merge(call.outcome(), 1L, Long::sum);
            } else {
                open++;
            }
        }
        lines.append(String.format(
                Locale.ROOT,
                "%-24s%12d%12d%12d%12d%n",
                "  " + kind.getSimpleName(),
                counts.getOrDefault(EventType.OK, 0L),
                counts.getOrDefault(EventType.FAIL, 0L),
                counts.getOrDefault(EventType.INFO, 0L),
                open));
    }

    private static long acknowledged(History history) {
        return history.calls(Operation.Write.class).stream().filter(Call::isOk).count();
    }

    private static long read(History history) {
        return history.calls(Operation.Read.class).stream()
                .mapToLong(read -> read.what().records().size())
                .sum();
    }

    private static long leaderChanges(History history) {
        var epochs = new HashMap<TopicPartition, Integer>();
        long changes = 0;
        for (var seen : history.calls(LeaderSeen.class)) {
            var leader = seen.what();
            var before = epochs.get(leader.partition());
            if (before != null && leader.epoch() > before) {
                changes++;
            }
            epochs.merge(leader.partition(), leader.epoch(), Math::max);
        }
        return changes;
    }

    private static void faults(StringBuilder lines, History history) {
        var counts = new EnumMap<HarmKind, Long>(HarmKind.class);
        for (var fault : history.calls(Operation.Fault.class)) {
            if (!fault.isFailed()) {
                counts.merge(fault.what().kind(), times(fault.what()), Long::sum);
            }
        }
        for (var kind : HarmKind.values()) {
            line(lines, kind.plural(), counts.getOrDefault(kind, 0L));
        }
    }

    /** Kills are counted by the processes that were killed. */
    private static long times(Operation.Fault fault) {
        return fault.kind() == HarmKind.KILL ? Math.max(1, fault.nodes().size()) : 1;
    }

    /** The longest of each partition, longest first. */
    private static void gaps(StringBuilder lines, History history) {
        lines.append("longest time without an acknowledgement\n");
        Gap.longerThan(history, 0).values().stream()
                .flatMap(gaps -> gaps.stream().max(Comparator.comparingLong(Gap::nanos)).stream())
                .sorted(Comparator.comparingLong(Gap::nanos).reversed())
                .forEach(gap -> lines.append(String.format(
                        Locale.ROOT,
                        "  %-30s%14.3f s from %s%n",
                        gap.partition(),
                        gap.nanos() / 1e9,
                        Event.time(gap.fromNanos()))));
    }

    private static void line(StringBuilder lines, String what, long count) {
        lines.append(String.format(Locale.ROOT, "%-32s%,16d%n", what, count));
    }
}
