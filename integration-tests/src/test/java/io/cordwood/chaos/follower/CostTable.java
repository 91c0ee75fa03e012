package io.cordwood.chaos.follower;

import io.cordwood.bench.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The samples of a run as Markdown and as CSV, held against what a user may expect.
 *
 * <p><b>Thread:</b> immutable.
 */
record CostTable(List<CostSample> samples) {
    CostTable {
        samples = List.copyOf(samples);
    }

    String markdown() {
        var lines = new ArrayList<String>();
        lines.add(
                "| a follower was | n | p50 before ms | p50 ms | p99 before ms | p99 ms | p99, ratio | max before ms | max ms |"
                        + " until whole, s | p99 then ms | elections |");
        lines.add("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        for (var ailment : Ailment.values()) {
            row(ailment, lines);
        }
        lines.add("");
        lines.add(
                "Medians (lowest - highest) of n rounds: before the fault, over it, and behind it until all replicas were"
                        + " in sync. From the moment when a record was meant to be sent until it was acknowledged.");
        for (var ailment : Ailment.values()) {
            verdict(ailment, lines);
        }
        return String.join("\n", lines) + "\n";
    }

    private void row(Ailment ailment, List<String> lines) {
        var chosen = of(ailment);
        if (!chosen.isEmpty()) {
            lines.add(String.join(
                    " | ",
                    "| " + ailment,
                    Integer.toString(chosen.size()),
                    spread(chosen, 1, sample -> sample.before().p50Ms()),
                    spread(chosen, 1, sample -> sample.during().p50Ms()),
                    spread(chosen, 1, sample -> sample.before().p99Ms()),
                    spread(chosen, 1, sample -> sample.during().p99Ms()),
                    spread(chosen, 2, CostSample::ratio),
                    spread(chosen, 0, sample -> sample.before().maxMs()),
                    spread(chosen, 0, sample -> sample.during().maxMs()),
                    spread(chosen, 1, sample -> sample.recovery().seconds()),
                    spread(chosen, 1, sample -> sample.recovery().figures().p99Ms()),
                    spread(chosen, 0, sample -> sample.recovery().newLeaders()) + " |"));
        }
    }

    private List<CostSample> of(Ailment ailment) {
        return samples.stream().filter(sample -> sample.ailment() == ailment).toList();
    }

    private static String spread(List<CostSample> samples, int decimals, ToDoubleFunction<CostSample> value) {
        return Spread.of(samples.stream().map(value::applyAsDouble).toList())
                .map(found -> found.text(decimals))
                .orElse("");
    }

    private void verdict(Ailment ailment, List<String> lines) {
        var chosen = of(ailment);
        if (!chosen.isEmpty()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%s: bar p99 %.1f times that before, or %.0f ms where that is more: %s, in %d of %d rounds by itself.",
                    ailment,
                    CostSample.RATIO_MAX,
                    CostSample.ALWAYS_ALLOWED_MS,
                    holds(ailment) ? "held" : "MISSED",
                    chosen.stream()
                            .filter(sample -> sample.partOfAllowed() <= 1)
                            .count(),
                    chosen.size()));
        }
    }

    /** By the median of the rounds. */
    private boolean holds(Ailment ailment) {
        return Spread.of(of(ailment).stream().map(CostSample::partOfAllowed).toList())
                .map(parts -> parts.median() <= 1)
                .orElse(true);
    }

    boolean holdsBars() {
        return List.of(Ailment.values()).stream().allMatch(this::holds);
    }

    String csv() {
        return samples.stream()
                .map(sample -> String.format(
                        Locale.ROOT,
                        "%s,%d,%d,%s,%s,%s,%.2f,%d\n",
                        sample.ailment(),
                        sample.round(),
                        sample.node(),
                        csv(sample.before()),
                        csv(sample.during()),
                        csv(sample.recovery().figures()),
                        sample.recovery().seconds(),
                        sample.recovery().newLeaders()))
                .collect(Collectors.joining(
                        "",
                        "fault,round,node," + names("before") + "," + names("fault") + "," + names("recovery")
                                + ",recoverySeconds,elections\n",
                        ""));
    }

    private static String names(String phase) {
        return String.format(Locale.ROOT, "%1$sRecords,%1$sP50Ms,%1$sP99Ms,%1$sMaxMs", phase);
    }

    private static String csv(CostSample.Figures figures) {
        return String.format(
                Locale.ROOT, "%d,%.3f,%.3f,%.3f", figures.records(), figures.p50Ms(), figures.p99Ms(), figures.maxMs());
    }
}
