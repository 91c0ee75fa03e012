package io.cordwood.bench;

import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** How a load tells its result, on standard output. */
final class LoadOutput {
    @Option(names = "--csv", description = "a line of names and a line of values instead of a sentence")
    private boolean csv;

    @Option(names = "--json", description = "one line of JSON instead of a sentence")
    private boolean json;

    void print(JsonLine result) {
        if (json) {
            System.out.println(result);
        } else if (csv) {
            System.out.println(String.join(",", result.fields().keySet()));
            System.out.println(
                    result.fields().values().stream().map(Object::toString).collect(Collectors.joining(",")));
        } else {
            System.out.println(sentence(result));
        }
    }

    static String sentence(JsonLine result) {
        var rates = result.number("megabytesPerSecond").isEmpty()
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%.1f MB/s, %.0f records/s, ",
                        result.require("megabytesPerSecond"),
                        result.require("recordsPerSecond"));
        return String.format(
                Locale.ROOT,
                "%s: %.0f records, %sp50 %.2f ms, p99 %.2f ms, max %.2f ms",
                result.text("mode"),
                result.require("records"),
                rates,
                result.require("p50Ms"),
                result.require("p99Ms"),
                result.require("maxMs"));
    }
}
