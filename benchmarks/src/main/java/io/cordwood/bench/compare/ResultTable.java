package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The results as Markdown: medians, and ratios within each round, so that what the machine did to one it did to its neighbour, too.
 *
 * <p><b>Thread:</b> one.
 */
final class ResultTable {
    private final Plan plan;
    private final ResultsFile results;

    ResultTable(Plan plan, ResultsFile results) {
        this.plan = plan;
        this.results = results;
    }

    String markdown() {
        var lines = new ArrayList<String>();
        lines.add(subject());
        lines.add(heading());
        lines.add("");
        lines.add(
                "| | n | Kafka | Kafka, flush.messages=1 | Cordwood | Cordwood / Kafka | Cordwood / Kafka with flush |");
        lines.add("|---|---:|---:|---:|---:|---:|---:|");
        TableLine.all().forEach(line -> row(line).ifPresent(lines::add));
        lines.add("");
        results.machine().map(ResultTable::machine).ifPresent(lines::add);
        return String.join("\n", lines) + "\n";
    }

    private String subject() {
        var conditions = results.conditions();
        return String.format(
                Locale.ROOT,
                "Cordwood %s, Kafka %s, Java %s, %.0f processors; measured %s.",
                conditions.text("cordwood"),
                conditions.text("kafka"),
                conditions.text("java"),
                conditions.require("processors"),
                results.dates().isEmpty() ? "nothing yet" : String.join(" to ", results.dates()));
    }

    private String heading() {
        return String.format(
                Locale.ROOT,
                "%s run, %,.0f MB warm-up per start, about %d s per measurement%s. Medians of n; ratios are medians of the"
                        + " pairs (lowest - highest). Rates: more is better; times, CPU, bytes, memory: less is better.",
                plan.name(),
                plan.warmupBytes() / 1e6,
                plan.duration().toSeconds(),
                plan.isWarm() ? "" : ", **not warm: fresh servers are slower than the same after hours**");
    }

    private Optional<String> row(TableLine line) {
        var kafka = Spread.of(values(line, Contender.KAFKA));
        var forced = Spread.of(values(line, Contender.KAFKA_FORCED));
        var cordwood = Spread.of(values(line, Contender.CORDWOOD));
        int count = List.of(kafka, forced, cordwood).stream()
                .flatMap(Optional::stream)
                .mapToInt(Spread::count)
                .max()
                .orElse(0);
        return count == 0
                ? Optional.empty()
                : Optional.of(String.join(
                        " | ",
                        "| " + line.title(),
                        Integer.toString(count),
                        median(kafka, line),
                        median(forced, line),
                        median(cordwood, line),
                        ratio(line, Contender.KAFKA),
                        ratio(line, Contender.KAFKA_FORCED) + " |"));
    }

    private List<Double> values(TableLine line, Contender contender) {
        return rounds().mapToObj(round -> value(line, contender, round))
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<Double> value(TableLine line, Contender contender, int round) {
        return results.find(round, contender, line.row())
                .map(found -> found.number(line.field()))
                .filter(number -> number.isPresent())
                .map(number -> number.getAsDouble());
    }

    private IntStream rounds() {
        return IntStream.rangeClosed(1, results.lastRound());
    }

    private static String median(Optional<Spread> spread, TableLine line) {
        return spread.map(found -> number(found.median(), line.decimals())).orElse("");
    }

    private String ratio(TableLine line, Contender other) {
        if (!line.compared()) {
            return "";
        }
        var ratios = rounds().mapToObj(round -> value(line, Contender.CORDWOOD, round)
                        .flatMap(ours -> value(line, other, round).map(theirs -> ours / theirs)))
                .flatMap(Optional::stream)
                .filter(Double::isFinite)
                .toList();
        return Spread.of(ratios)
                .map(found ->
                        String.format(Locale.ROOT, "%.2f (%.2f - %.2f)", found.median(), found.min(), found.max()))
                .orElse("");
    }

    private static String machine(JsonLine limits) {
        return String.format(
                Locale.ROOT,
                "The machine: fsync of 4 KiB p50 %.2f ms, p99 %.2f ms; disk, sequential write %.0f MB/s;"
                        + " loopback %.0f MB/s.",
                limits.require("forceP50Ms"),
                limits.require("forceP99Ms"),
                limits.require("diskMegabytesPerSecond"),
                limits.require("loopbackMegabytesPerSecond"));
    }

    private static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
