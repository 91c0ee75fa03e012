package io.cordwood.server.metrics;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.MetricDescription;
import io.cordwood.metrics.ProcessMetrics;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A page of Prometheus' text format.
 *
 * @param samples name without labels to the sum over its series
 */
public record MetricsText(Map<String, Double> samples) {
    private static final Set<String> DESCRIBED = Stream.concat(
                    Stream.of(Metric.values()).map(Metric::description), ProcessMetrics.ALL.stream())
            .map(MetricDescription::sampleNames)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableSet());

    public static MetricsText of(String page) {
        var samples = new TreeMap<String, Double>();
        page.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int nameEnd = line.indexOf(line.contains("{") ? '{' : ' ');
            double value =
                    Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1).replace("Inf", "Infinity"));
            samples.merge(line.substring(0, nameEnd), value, Double::sum);
        });
        return new MetricsText(samples);
    }

    /** Names that no description gives. */
    public Set<String> unknown() {
        var unknown = new TreeSet<>(samples.keySet());
        unknown.removeAll(DESCRIBED);
        return unknown;
    }

    /** Metrics of ours that have no series. */
    public Set<String> missing() {
        return Stream.of(Metric.values())
                .filter(metric ->
                        !samples.keySet().containsAll(metric.description().sampleNames()))
                .map(Metric::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Of all series of this name together. */
    public double value(String name) {
        return Objects.requireNonNull(samples.get(name), name);
    }
}
