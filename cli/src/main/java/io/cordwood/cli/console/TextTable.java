package io.cordwood.cli.console;

import java.util.ArrayList;
import java.util.List;

/** Columns of text under headings; a column of numbers is set to the right. */
public final class TextTable {
    private static final String GAP = "  ";
    private static final String UNKNOWN = "-";

    private final List<String> headings;
    private final List<List<String>> rows = new ArrayList<>();

    private TextTable(List<String> headings) {
        this.headings = List.copyOf(headings);
    }

    public static TextTable of(String... headings) {
        return new TextTable(List.of(headings));
    }

    public TextTable row(Object... cells) {
        if (cells.length != headings.size()) {
            throw new IllegalArgumentException(cells.length + " cells under " + headings.size() + " headings");
        }
        var row = new ArrayList<String>(cells.length);
        for (var cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(List.copyOf(row));
        return this;
    }

    /** The lines, headings first, without trailing blanks. */
    public List<String> lines() {
        var lines = new ArrayList<String>(rows.size() + 1);
        lines.add(line(headings));
        rows.forEach(row -> lines.add(line(row)));
        return lines;
    }

    private String line(List<String> cells) {
        var line = new StringBuilder();
        for (var column = 0; column < cells.size(); column++) {
            var padding = " ".repeat(width(column) - cells.get(column).length());
            line.append(column == 0 ? "" : GAP);
            line.append(numeric(column) ? padding + cells.get(column) : cells.get(column) + padding);
        }
        return line.toString().stripTrailing();
    }

    private int width(int column) {
        var width = headings.get(column).length();
        for (var row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }

    private boolean numeric(int column) {
        var cells = rows.stream().map(row -> row.get(column)).toList();
        return cells.stream().anyMatch(cell -> !cell.equals(UNKNOWN))
                && cells.stream()
                        .allMatch(cell -> cell.equals(UNKNOWN) || cell.matches("-?[0-9][0-9,.]*( [a-zA-Z/]+)?"));
    }
}
