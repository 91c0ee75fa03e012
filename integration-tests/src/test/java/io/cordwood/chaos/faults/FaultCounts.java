package io.cordwood.chaos.faults;

import io.cordwood.chaos.faults.FaultEvent.Phase;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How many faults of each kind were scheduled, and what became of them.
 *
 * <p><b>Thread:</b> any; the monitor guards the counts.
 */
public final class FaultCounts {
    private static final List<Phase> COLUMNS =
            List.of(Phase.BEGIN, Phase.MISSED, Phase.SKIPPED, Phase.REFUSED, Phase.FAILED);

    private final Map<FaultKind, Long> scheduled;
    private final Map<FaultKind, Map<Phase, Integer>> told = new EnumMap<>(FaultKind.class);

    FaultCounts(Schedule schedule) {
        scheduled = schedule.faults().stream().collect(Collectors.groupingBy(Fault::kind, Collectors.counting()));
    }

    synchronized void add(FaultEvent event) {
        told.computeIfAbsent(event.kind(), unused -> new EnumMap<>(Phase.class)).merge(event.phase(), 1, Integer::sum);
    }

    private int count(FaultKind kind, Phase phase) {
        return told.getOrDefault(kind, Map.of()).getOrDefault(phase, 0);
    }

    public synchronized int begun() {
        return told.keySet().stream().mapToInt(kind -> count(kind, Phase.BEGIN)).sum();
    }

    /** Whether something was to happen and nothing did: a run that is good by that proves nothing. */
    public boolean isIdle() {
        return !scheduled.isEmpty() && begun() == 0;
    }

    /** A table for people, with a line for each kind. */
    public synchronized List<String> lines() {
        var lines = new ArrayList<String>();
        lines.add(line("faults", "scheduled", List.of("begun", "missed", "skipped", "refused", "failed")));
        for (var kind : FaultKind.values()) {
            lines.add(line(
                    "  " + kind.label(),
                    scheduled.getOrDefault(kind, 0L),
                    COLUMNS.stream().map(phase -> count(kind, phase)).toList()));
        }
        return lines;
    }

    private static String line(String what, Object first, List<?> rest) {
        return String.format(Locale.ROOT, "%-24s%10s", what, first)
                + rest.stream()
                        .map(each -> String.format(Locale.ROOT, "%9s", each))
                        .collect(Collectors.joining());
    }
}
