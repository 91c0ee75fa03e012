package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Every finished measurement, so that a run that was interrupted goes on where it ended.
 *
 * <p>Invariants: the first line holds the conditions of all others; what is found of a contender in a round comes from one start of
 * its servers; a line is there whole or not at all: a torn last line is cut on open.
 *
 * <p>Layout: one {@link JsonLine} per line; its {@code kind} is {@code conditions}, {@code machine}, {@code start} or {@code
 * measurement}, the last two with {@code round} and {@code contender}, the last one also with {@code row} and {@code date}. A start
 * makes the lines above it of that round and contender void.
 *
 * <p><b>Thread:</b> one.
 */
final class ResultsFile {
    private static final String KIND = "kind";
    private static final String CONDITIONS = "conditions";
    private static final String MACHINE = "machine";
    private static final String START = "start";
    private static final String MEASUREMENT = "measurement";
    private static final String ROUND = "round";
    private static final String CONTENDER = "contender";
    private static final String DATE = "date";

    private final Path path;
    private final List<JsonLine> lines;

    private ResultsFile(Path path, List<JsonLine> lines) {
        this.path = path;
        this.lines = lines;
    }

    /** @throws IOException also where the file holds results that were made under other conditions */
    static ResultsFile open(Path path, JsonLine conditions) throws IOException {
        Files.createDirectories(path.toAbsolutePath().getParent());
        var results = new ResultsFile(path, new ArrayList<>());
        var first = conditions.with(KIND, CONDITIONS);
        if (Files.exists(path)) {
            results.recover();
        }
        if (results.lines.isEmpty()) {
            results.append(first);
        } else if (!results.lines.get(0).equals(first)) {
            var found = results.lines.get(0);
            throw new IOException(path + " holds results of " + found.minus(first) + ", not of " + first.minus(found)
                    + ": choose another directory with --out, or delete it");
        }
        return results;
    }

    JsonLine conditions() {
        return lines.get(0);
    }

    /** What a measurement found after the last start. */
    Optional<JsonLine> find(int round, Contender contender, Row row) {
        return lines.stream()
                .skip(lastStart(round, contender))
                .filter(line -> isOf(line, MEASUREMENT, round, contender)
                        && line.text("row").equals(row.word()))
                .findFirst();
    }

    /** Whether all these rows were measured after one start. */
    boolean isWhole(int round, Contender contender, List<Row> rows) {
        return rows.stream().allMatch(row -> find(round, contender, row).isPresent());
    }

    /** Of the first and of the last measurement, where there are any. */
    List<String> dates() {
        var sorted = lines.stream()
                .map(line -> line.text(DATE))
                .filter(date -> !date.isEmpty())
                .sorted()
                .toList();
        return sorted.isEmpty()
                ? List.of()
                : Stream.of(sorted.get(0), sorted.get(sorted.size() - 1))
                        .distinct()
                        .toList();
    }

    Optional<JsonLine> machine() {
        return lines.stream().filter(line -> line.text(KIND).equals(MACHINE)).findFirst();
    }

    /** The highest round that was begun; 0 without one. */
    int lastRound() {
        return (int) lines.stream()
                .mapToDouble(line -> line.number(ROUND).orElse(0))
                .max()
                .orElse(0);
    }

    void addMachine(JsonLine limits) throws IOException {
        append(limits.with(KIND, MACHINE));
    }

    /** Servers are started afresh: what earlier ones did in this round is another experiment. */
    void start(int round, Contender contender) throws IOException {
        append(line(START, round, contender));
    }

    void add(int round, Contender contender, Row row, LocalDate date, JsonLine found) throws IOException {
        append(line(MEASUREMENT, round, contender)
                .with("row", row.word())
                .with(DATE, date.toString())
                .with(found));
    }

    private static JsonLine line(String kind, int round, Contender contender) {
        return JsonLine.empty().with(KIND, kind).with(ROUND, round).with(CONTENDER, contender.word());
    }

    private static boolean isOf(JsonLine line, String kind, int round, Contender contender) {
        return line.text(KIND).equals(kind)
                && line.require(ROUND) == round
                && line.text(CONTENDER).equals(contender.word());
    }

    private int lastStart(int round, Contender contender) {
        for (int i = lines.size() - 1; i > 0; i--) {
            if (isOf(lines.get(i), START, round, contender)) {
                return i;
            }
        }
        return 0;
    }

    private void append(JsonLine line) throws IOException {
        Files.writeString(
                path, line + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        lines.add(line);
    }

    private void recover() throws IOException {
        var text = new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        var whole = text.substring(0, text.lastIndexOf('\n') + 1);
        if (whole.length() < text.length()) {
            Files.writeString(path, whole);
        }
        whole.lines().map(JsonLine::parse).forEach(lines::add);
    }
}
