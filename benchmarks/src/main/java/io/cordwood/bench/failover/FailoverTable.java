package io.cordwood.bench.failover;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.failover.GapSample.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The samples of a run as Markdown and as CSV, held against what a user may expect.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param load under which they were taken
 */
record FailoverTable(SteadyLoad.Stream load, List<GapSample> samples) {
    /** Of partitions that a killed node led, and of all, in seconds. */
    private static final double KILL_MEDIAN = 1.8;

    private static final double KILL_P99 = 3;
    private static final double KILL_MAX = 6;
    /** Of partitions that are handed over, in seconds, and how many of a hundred keep it. */
    private static final double HANDOVER_SECONDS = 0.5;

    private static final double HANDOVER_PERCENT = 95;

    private enum Verdict {
        HELD("held"),
        MISSED("MISSED"),
        NOT_MEASURED("not measured");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }
    }

    /** Those partitions that are looked at together. */
    private enum Which {
        LED,
        OTHERS,
        ALL;

        boolean has(GapSample sample) {
            return this == ALL || sample.led() == (this == LED);
        }
    }

    FailoverTable {
        samples = List.copyOf(samples);
    }

    String markdown() {
        var lines = new ArrayList<String>();
        lines.add("| a node was | partitions | pairs | median s | 95 % s | 99 % s | longest s |");
        lines.add("|---|---|---:|---:|---:|---:|---:|");
        for (Event event : Event.values()) {
            for (Which which : Which.values()) {
                row(event, which, lines);
            }
        }
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "%,d records/s with values of %,d bytes (1 KB is 1,000 bytes) to %d partitions.",
                load.recordsPerSecond(),
                load.recordBytes(),
                load.partitions().size()));
        lines.add("Longest time between two acknowledgements of a partition, for each pair of the end of a node, or its"
                + " return, and a partition.");
        lines.add(String.format(
                Locale.ROOT,
                "Killed, led by it, and all: bar median %.1f, 99 %% %.0f, longest %.0f s: %s.",
                KILL_MEDIAN,
                KILL_P99,
                KILL_MAX,
                kills().text));
        for (Event event : List.of(Event.STOP, Event.RETURN)) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%s: bar %.0f %% within %.1f s: %s.",
                    event == Event.STOP ? "Stopped, led by it" : "Started again, handed over",
                    HANDOVER_PERCENT,
                    HANDOVER_SECONDS,
                    handovers(event).text));
        }
        return String.join("\n", lines) + "\n";
    }

    String csv() {
        return samples.stream()
                .map(sample -> String.format(
                        Locale.ROOT,
                        "%s,%d,%d,%d,%s,%.4f\n",
                        name(sample.event()),
                        sample.number(),
                        sample.node(),
                        sample.partition(),
                        sample.led(),
                        sample.seconds()))
                .collect(Collectors.joining("", "event,number,node,partition,led,seconds\n", ""));
    }

    private void row(Event event, Which which, List<String> lines) {
        var sorted = sorted(event, which);
        if (!sorted.isEmpty()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %.2f | %.2f | %.2f | %.2f |",
                    name(event),
                    name(event, which),
                    sorted.size(),
                    percentile(sorted, 50),
                    percentile(sorted, HANDOVER_PERCENT),
                    percentile(sorted, 99),
                    percentile(sorted, 100)));
        }
    }

    private static String name(Event event) {
        return switch (event) {
            case KILL -> "killed";
            case STOP -> "stopped";
            case RETURN -> "started again";
        };
    }

    private static String name(Event event, Which which) {
        return switch (which) {
            case LED -> event == Event.RETURN ? "handed over" : "led by it";
            case OTHERS -> event == Event.RETURN ? "not handed over" : "led by others";
            case ALL -> "all";
        };
    }

    private List<Double> sorted(Event event, Which which) {
        return samples.stream()
                .filter(sample -> sample.event() == event && which.has(sample))
                .map(GapSample::seconds)
                .sorted()
                .toList();
    }

    /** The smallest value that so many of a hundred do not exceed. */
    private static double percentile(List<Double> sorted, double percent) {
        int rank = (int) Math.ceil(sorted.size() * percent / 100);
        return sorted.get(Math.max(0, rank - 1));
    }

    /** Whether none is missed. */
    boolean holdsBars() {
        return Stream.of(kills(), handovers(Event.STOP), handovers(Event.RETURN))
                .noneMatch(verdict -> verdict == Verdict.MISSED);
    }

    /** Of all partitions, too: one that a node did not lead may be without a leader as well. */
    private Verdict kills() {
        var led = sorted(Event.KILL, Which.LED);
        if (!keepsKillBars(led) || !keepsKillBars(sorted(Event.KILL, Which.ALL))) {
            return Verdict.MISSED;
        }
        return led.isEmpty() ? Verdict.NOT_MEASURED : Verdict.HELD;
    }

    private static boolean keepsKillBars(List<Double> sorted) {
        return sorted.isEmpty()
                || (percentile(sorted, 50) <= KILL_MEDIAN
                        && percentile(sorted, 99) <= KILL_P99
                        && percentile(sorted, 100) <= KILL_MAX);
    }

    private Verdict handovers(Event event) {
        var handedOver = sorted(event, Which.LED);
        if (handedOver.isEmpty()) {
            return Verdict.NOT_MEASURED;
        }
        return percentile(handedOver, HANDOVER_PERCENT) <= HANDOVER_SECONDS ? Verdict.HELD : Verdict.MISSED;
    }
}
