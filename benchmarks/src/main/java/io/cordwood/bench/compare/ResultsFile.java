package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Every finished measurement, so that a run that was interrupted goes on where it ended.
 *
 * <p>Invariants: the first line holds the conditions of all others; a line is there whole or not at all: a torn last line is cut
 * on open.
 *
 * <p>Layout: one {@link JsonLine} per line; its {@code kind} is {@code conditions}, {@code machine} or {@code measurement}, the
 * latter with {@code round}, {@code contender} and {@code row}.
 *
 * <p><b>Thread:</b> one.
 */
final class ResultsFile {
    private static final String KIND = "kind";
    private static final String CONDITIONS = "conditions";
    private static final String MACHINE = "machine";
    private static final String MEASUREMENT = "measurement";

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
            throw new IOException(path + " holds results of " + results.lines.get(0) + ", not of " + first
                    + ": choose another directory with --out, or delete it");
        }
        return results;
    }

    /** What a measurement found. */
    Optional<JsonLine> find(int round, Contender contender, Row row) {
        return lines.stream()
                .filter(line -> line.text(KIND).equals(MEASUREMENT)
                        && line.require("round") == round
                        && line.text("contender").equals(contender.word())
                        && line.text("row").equals(row.word()))
                .findFirst();
    }

    Optional<JsonLine> machine() {
        return lines.stream().filter(line -> line.text(KIND).equals(MACHINE)).findFirst();
    }

    /** The highest round that has any measurement; 0 without one. */
    int lastRound() {
        return (int) lines.stream()
                .mapToDouble(line -> line.number("round").orElse(0))
                .max()
                .orElse(0);
    }

    void addMachine(JsonLine limits) throws IOException {
        append(limits.with(KIND, MACHINE));
    }

    void add(int round, Contender contender, Row row, JsonLine found) throws IOException {
        append(JsonLine.empty()
                .with(KIND, MEASUREMENT)
                .with("round", round)
                .with("contender", contender.word())
                .with("row", row.word())
                .with(found));
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
