package io.cordwood.metrics;

import java.util.List;
import java.util.stream.Stream;

/** What kind of numbers a metric shows, and under which names Prometheus sees them. */
public enum MetricType {
    /** Only rises, until the process ends. */
    COUNTER("_total"),
    /** As it is now. */
    GAUGE(""),
    /** Durations, counted in buckets; the largest of the last minutes beside them. */
    HISTOGRAM("_bucket", "_count", "_sum", "_max"),
    /** Durations: how many and how long together; the largest of the last minutes beside them. */
    SUMMARY("_count", "_sum", "_max");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> suffixes;

    MetricType(String... suffixes) {
        this.suffixes = List.of(suffixes);
    }

    boolean isDuration() {
        return this == HISTOGRAM || this == SUMMARY;
    }

    /** The names of the samples of a family. */
    Stream<String> sampleNames(String family) {
        return suffixes.stream().map(suffix -> family + suffix);
    }
}
