package io.cordwood.bench.restart;

import io.cordwood.bench.LineFit;
import io.cordwood.bench.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The samples of a run as Markdown and as CSV.
 *
 * <p><b>Thread:</b> immutable.
 */
record RestartTable(List<RestartSample> samples) {
    /** What a start may take. */
    private static final double BAR_SECONDS = 10;

    private static final double MB = 1e6;
    private static final double GB = 1e9;

    RestartTable {
        samples = List.copyOf(samples);
    }

    String markdown() {
        var lines = new ArrayList<String>();
        lines.add(
                "| to be sealed | page cache | n | sealed MB | active segment MB | behind the checkpoint MB | ready s |"
                        + " first fetch s | first ack s |");
        lines.add("|---|---|---:|---:|---:|---:|---:|---:|---:|");
        samples.stream().map(RestartSample::sizeBytes).distinct().sorted().forEach(size -> {
            row(size, false, lines);
            row(size, true, lines);
        });
        lines.add("");
        lines.add("Medians (lowest - highest) of n, in seconds from the start of the process.");
        lines.add(fit("a GB behind the checkpoint", sample -> sample.log().behindCheckpointBytes() / GB));
        lines.add(fit("a GB of sealed segments", sample -> sample.log().sealedBytes() / GB));
        lines.add(verdict());
        return String.join("\n", lines) + "\n";
    }

    String csv() {
        return samples.stream()
                .map(sample -> String.format(
                        Locale.ROOT,
                        "%d,%s,%d,%d,%d,%.3f,%.3f,%.3f\n",
                        sample.sizeBytes(),
                        cache(sample.cold()),
                        sample.log().sealedBytes(),
                        sample.log().activeBytes(),
                        sample.log().behindCheckpointBytes(),
                        sample.readySeconds(),
                        sample.fetchSeconds(),
                        sample.ackSeconds()))
                .collect(Collectors.joining(
                        "",
                        "sizeBytes,pageCache,sealedBytes,activeBytes,behindCheckpointBytes,readySeconds,fetchSeconds,"
                                + "ackSeconds\n",
                        ""));
    }

    private void row(long size, boolean cold, List<String> lines) {
        var chosen = samples.stream()
                .filter(sample -> sample.sizeBytes() == size && sample.cold() == cold)
                .toList();
        if (!chosen.isEmpty()) {
            lines.add(String.join(
                    " | ",
                    String.format(Locale.ROOT, "| %,.0f MB", size / MB),
                    cache(cold),
                    Integer.toString(chosen.size()),
                    spread(chosen, 0, sample -> sample.log().sealedBytes() / MB),
                    spread(chosen, 0, sample -> sample.log().activeBytes() / MB),
                    spread(chosen, 1, sample -> sample.log().behindCheckpointBytes() / MB),
                    spread(chosen, 2, RestartSample::readySeconds),
                    spread(chosen, 2, RestartSample::fetchSeconds),
                    spread(chosen, 2, RestartSample::ackSeconds) + " |"));
        }
    }

    private static String cache(boolean cold) {
        return cold ? "empty" : "warm";
    }

    private static String spread(List<RestartSample> samples, int decimals, ToDoubleFunction<RestartSample> value) {
        return Spread.of(samples.stream().map(value::applyAsDouble).toList())
                .map(found -> found.text(decimals))
                .orElse("");
    }

    /** What one more of something costs, with the page cache as it was. */
    private String fit(String what, ToDoubleFunction<RestartSample> cause) {
        var warm = samples.stream().filter(sample -> !sample.cold()).toList();
        return LineFit.of(
                        warm.stream().map(cause::applyAsDouble).toList(),
                        warm.stream().map(RestartSample::ackSeconds).toList())
                .map(line -> String.format(
                        Locale.ROOT,
                        "First ack, warm, by least squares: %.2f s and %+.2f s for %s.",
                        line.intercept(),
                        line.slope(),
                        what))
                .orElse("First ack, warm: nothing to tell of " + what + ".");
    }

    private String verdict() {
        double slowest =
                samples.stream().mapToDouble(RestartSample::ackSeconds).max().orElse(0);
        return String.format(
                Locale.ROOT,
                "Bar: %.0f s for each start; the slowest took %.2f s: %s.",
                BAR_SECONDS,
                slowest,
                slowest <= BAR_SECONDS ? "held" : "MISSED");
    }

    boolean holdsBar() {
        return samples.stream().allMatch(sample -> sample.ackSeconds() <= BAR_SECONDS);
    }
}
