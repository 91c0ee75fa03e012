package io.cordwood.cli;

import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.Json;
import io.cordwood.cli.console.TextTable;
import picocli.CommandLine.Option;

/** The choice between a table for people and JSON for scripts. */
final class OutputOptions {
    /** Forms of output. */
    enum Form {
        TABLE,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            defaultValue = "table",
            description = "Form of the output. Default: table.")
    private Form form = Form.TABLE;

    boolean json() {
        return form == Form.JSON;
    }

    /** Prints one of the two; the JSON is a single line. */
    void print(Console console, TextTable table, Object json) {
        if (json()) {
            console.data(Json.of(json));
        } else {
            table.lines().forEach(console::data);
        }
    }
}
