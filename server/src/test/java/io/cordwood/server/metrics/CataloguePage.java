package io.cordwood.server.metrics;

import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.Metric;
import io.cordwood.metrics.MetricDescription;
import io.cordwood.metrics.ProcessMetrics;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code docs/metrics.md}, written from the catalogue. */
final class CataloguePage {
    private static final String INTRODUCTION = """
            # Metrics
            This page is written from the code. After a change of the catalogue, `Metric` in \
            `io.cordwood.metrics`, write it anew:

                mvn -o -q -pl server -am test -Dtest=CataloguePageTest \
            -Dsurefire.failIfNoSpecifiedTests=false -Dcordwood.write-docs=true

            Each node counts for itself; sum over the nodes for the cluster. Counters begin at 0 with \
            the process. A histogram has the buckets `_bucket{le="..."}`, with `_count` and `_sum`; \
            beside it `_max` is the largest of the last minutes. Durations are in seconds, sizes in \
            bytes.

            **Number of series.** Where it grows with what users create it is bounded. The first \
            `metrics.max-topics` (%d) topics that are used have ten series each; the others share the \
            topic `_other`. The first `metrics.max-partitions` (%d) replicas of a node have six each; \
            the others count in the sums only, and `cordwood_node_partitions_left_out` says how many \
            they are. The first `metrics.max-group-partitions` (%d) committed offsets of consumer groups, \
            in partitions that the node leads, have one each, and `cordwood_group_lag_left_out` counts the \
            others. Series of deleted topics and groups and removed replicas end with the next page. With the \
            defaults a node shows about 10,000 series at most. A topic that began in `_other` gets series \
            of its own after a deletion made room and its settings or leaders changed.

            **Cost.** Counted is once for a batch, a chunk, an entry, a force or a call, never for a \
            record. Gauges are read when the page is: it looks at every replica of the node once, and \
            at every committed offset of the cluster's groups, which each node has in memory.

            **Ratis** has meters of its own for each group and step of an entry. Two of them are kept, \
            summed over the node's groups: its elections and the time to force its logs. The others are \
            dropped, because nobody could pay for or read tens of thousands of series.

            `docker/monitoring/` holds rules for alerts and a dashboard for Grafana.
            """;

    private CataloguePage() {}

    static String text() {
        var limits = MeterLimits.DEFAULT;
        var introduction =
                INTRODUCTION.formatted(limits.maxTopics(), limits.maxPartitions(), limits.maxGroupPartitions());
        return introduction
                + "\n## Of the node\n"
                + table(Stream.of(Metric.values()).map(Metric::description))
                + "\n## Of the process\nMade by Micrometer.\n\n"
                + table(ProcessMetrics.ALL.stream());
    }

    private static String table(Stream<MetricDescription> metrics) {
        return metrics.map(CataloguePage::row)
                .collect(Collectors.joining("", "| Prometheus | type | labels | meaning |\n|---|---|---|---|\n", ""));
    }

    private static String row(MetricDescription metric) {
        var name = metric.prometheusName()
                + switch (metric.type()) {
                    case COUNTER -> "_total";
                    case GAUGE, HISTOGRAM, SUMMARY -> "";
                };
        var type = metric.type().name().toLowerCase(Locale.ROOT);
        return "| `" + name + "` | " + type + " | " + String.join(", ", metric.labels()) + " | " + metric.meaning()
                + " |\n";
    }
}
