package io.cordwood.bench.failover;

import io.cordwood.bench.failover.GapSample.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The samples of a run as Markdown and as CSV, held against what a user may expect.
 *
 * <p><b>Thread:</b> immutable.
 */
record FailoverTable(List<GapSample> samples) {
    /** Of partitions that a killed node led, in seconds. */
    private static final double KILL_MEDIAN = 1.8;

    private static final double KILL_P99 = 3;
    private static final double KILL_MAX = 6;
    /** Of partitions that a stopped node led, in seconds, and how many of a hundred keep it. */
    private static final double STOP_SECONDS = 0.5;

    private static final double STOP_PERCENT = 95;

    FailoverTable {
        samples = List.copyOf(samples);
    }

    String markdown() {
        var lines = new ArrayList<String>();
        lines.add("| a node was | partitions | pairs | median s | 95 % s | 99 % s | longest s |");
        lines.add("|---|---|---:|---:|---:|---:|---:|");
        for (End end : End.values()) {
            row(end, true, lines);
            row(end, false, lines);
        }
        lines.add("");
        lines.add("Longest time between two acknowledgements of a partition, for each pair of the end of a node and a"
                + " partition.");
        lines.add(String.format(
                Locale.ROOT,
                "Killed, led by it: bar median %.1f, 99 %% %.0f, longest %.0f s: %s.",
                KILL_MEDIAN,
                KILL_P99,
                KILL_MAX,
                killsHold() ? "held" : "MISSED"));
        lines.add(String.format(
                Locale.ROOT,
                "Stopped, led by it: bar %.0f %% within %.1f s: %s.",
                STOP_PERCENT,
                STOP_SECONDS,
                stopsHold() ? "held" : "MISSED"));
        return String.join("\n", lines) + "\n";
    }

    String csv() {
        return samples.stream()
                .map(sample -> String.format(
                        Locale.ROOT,
                        "%s,%d,%d,%d,%s,%.4f\n",
                        name(sample.end()),
                        sample.ending(),
                        sample.node(),
                        sample.partition(),
                        sample.led(),
                        sample.seconds()))
                .collect(Collectors.joining("", "end,number,node,partition,led,seconds\n", ""));
    }

    private void row(End end, boolean led, List<String> lines) {
        var sorted = sorted(end, led);
        if (!sorted.isEmpty()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %.2f | %.2f | %.2f | %.2f |",
                    name(end),
                    led ? "led by it" : "led by others",
                    sorted.size(),
                    percentile(sorted, 50),
                    percentile(sorted, STOP_PERCENT),
                    percentile(sorted, 99),
                    percentile(sorted, 100)));
        }
    }

    private static String name(End end) {
        return switch (end) {
            case KILL -> "killed";
            case STOP -> "stopped";
        };
    }

    private List<Double> sorted(End end, boolean led) {
        return samples.stream()
                .filter(sample -> sample.end() == end && sample.led() == led)
                .map(GapSample::seconds)
                .sorted()
                .toList();
    }

    /** The smallest value that so many of a hundred do not exceed. */
    private static double percentile(List<Double> sorted, double percent) {
        int rank = (int) Math.ceil(sorted.size() * percent / 100);
        return sorted.get(Math.max(0, rank - 1));
    }

    boolean holdsBars() {
        return killsHold() && stopsHold();
    }

    private boolean killsHold() {
        var kills = sorted(End.KILL, true);
        return kills.isEmpty()
                || (percentile(kills, 50) <= KILL_MEDIAN
                        && percentile(kills, 99) <= KILL_P99
                        && percentile(kills, 100) <= KILL_MAX);
    }

    private boolean stopsHold() {
        var stops = sorted(End.STOP, true);
        return stops.isEmpty() || percentile(stops, STOP_PERCENT) <= STOP_SECONDS;
    }
}
