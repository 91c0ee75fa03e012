package io.cordwood.bench.consumers;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.Spread;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the rounds of a run measured, as Markdown and as lines of JSON, held against the bars.
 *
 * <p><b>Thread:</b> any; a shutdown hook keeps what there is.
 */
final class Figures {
    private final JsonLine conditions;
    private final int partitions;
    private final Map<Measure, List<Double>> values = new EnumMap<>(Measure.class);

    /**
     * @param conditions under which they were taken: texts and numbers by their names
     * @param partitions that the bars are meant for
     */
    Figures(JsonLine conditions, int partitions) {
        this.conditions = conditions;
        this.partitions = partitions;
    }

    synchronized void add(Measure measure, double value) {
        values.computeIfAbsent(measure, first -> new ArrayList<>()).add(value);
    }

    synchronized String markdown() {
        var lines = new ArrayList<String>();
        lines.add("| | rounds | median (lowest - highest) | bar | rounds that hold it | |");
        lines.add("|---|---:|---:|---|---:|---|");
        values.forEach((measure, found) -> lines.add(row(measure, found)));
        lines.add("");
        lines.add(conditions.fields().entrySet().stream()
                .map(condition -> condition.getKey() + " " + text(condition.getValue()))
                .collect(Collectors.joining(", ", "", ".")));
        return String.join("\n", lines) + "\n";
    }

    private String row(Measure measure, List<Double> found) {
        var bar = measure.bar(partitions);
        return String.format(
                Locale.ROOT,
                "| %s | %d | %s | %s | %s | %s |",
                measure.words(partitions),
                found.size(),
                Spread.of(found).orElseThrow().text(measure.decimals()),
                bar.map(Measure.Bar::toString).orElse(""),
                bar.map(each -> Long.toString(found.stream().filter(each::holds).count()))
                        .orElse(""),
                bar.map(each -> holds(each, found) ? "held" : "MISSED").orElse(""));
    }

    private static String text(Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%,.0f", number) : value.toString();
    }

    /** The conditions, then a line for each measure and round. */
    synchronized String json() {
        var lines = new ArrayList<JsonLine>();
        lines.add(conditions.with("kind", "conditions"));
        values.forEach((measure, found) -> {
            for (int round = 0; round < found.size(); round++) {
                lines.add(JsonLine.empty()
                        .with("kind", "figure")
                        .with("measure", measure.name().toLowerCase(Locale.ROOT))
                        .with("round", round + 1)
                        .with("value", found.get(round)));
            }
        });
        return lines.stream().map(JsonLine::toString).collect(Collectors.joining("\n", "", "\n"));
    }

    /** Whether no bar of what was measured is missed. */
    synchronized boolean holdBars() {
        return values.entrySet().stream()
                .allMatch(entry -> entry.getKey()
                        .bar(partitions)
                        .map(bar -> holds(bar, entry.getValue()))
                        .orElse(true));
    }

    private static boolean holds(Measure.Bar bar, List<Double> found) {
        return bar.inEach()
                ? found.stream().allMatch(bar::holds)
                : bar.holds(Spread.of(found).orElseThrow().median());
    }
}
