package io.cordwood.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeSample;
import io.cordwood.metrics.PartitionSample;
import io.cordwood.metrics.ProcessMetrics;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.metrics.ServerMeters.Level;
import io.cordwood.server.metrics.ServerMeters.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeMetricsTest {
    @TempDir
    Path directory;

    private final AtomicBoolean ready = new AtomicBoolean();
    private NodeMetrics metrics;

    @BeforeEach
    void open() {
        metrics = new NodeMetrics(MeterLimits.DEFAULT, Map.of("data", directory), ready::get);
        metrics.watch(() -> withTopics("orders"));
    }

    private static NodeSample withTopics(String... names) {
        return new NodeSample(
                List.of(),
                new NodeSample.Expected(0, 0),
                new NodeSample.MetadataRole(false, false),
                Map.of(),
                Set.of(names)::contains);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void pageHoldsNothingThatIsNotDescribed() {
        metrics.meters().topics().of("orders").publish().add(1, 1);

        assertThat(MetricsText.of(metrics.page()).unknown()).isEmpty();
    }

    @Test
    void processIsOnThePage() {
        var page = MetricsText.of(metrics.page());

        // A collection may not have happened yet.
        var expected = ProcessMetrics.ALL.stream()
                .filter(described -> !described.name().equals("jvm.gc.pause"))
                .map(described -> described.sampleNames().get(0))
                .toList();
        assertThat(page.samples().keySet()).containsAll(expected);
    }

    @Test
    void countersHaveTheNamesAndLabelsOfTheCatalogue() {
        metrics.meters().topics().of("orders").publish().add(3, 400);
        metrics.server().refused(Refused.BATCH, Reason.NOT_LEADER);
        metrics.server().publishes().record(Duration.ofMillis(3));

        assertThat(metrics.page().lines())
                .contains(
                        "cordwood_topic_in_records_total{call=\"publish\",topic=\"orders\"} 3.0",
                        "cordwood_topic_in_bytes_total{call=\"publish\",topic=\"orders\"} 400.0",
                        "cordwood_refusals_total{of=\"batch\",reason=\"not_leader\"} 1.0",
                        "cordwood_refusals_total{of=\"batch\",reason=\"internal\"} 0.0",
                        "cordwood_publish_latency_seconds_bucket{call=\"publish\",le=\"0.005\"} 1",
                        "cordwood_publish_latency_seconds_bucket{call=\"publish\",le=\"0.002\"} 0",
                        "cordwood_publish_latency_seconds_count{call=\"publish\"} 1");
    }

    @Test
    void levelsAreTheSumOfTheirParts() {
        metrics.server().watch(Level.CONNECTIONS, () -> 2);
        metrics.server().watch(Level.CONNECTIONS, () -> 3);

        assertThat(MetricsText.of(metrics.page()).value("cordwood_client_connections"))
                .isEqualTo(5);
    }

    @Test
    void nodeIsReadyWhenItSaysSo() {
        var before = MetricsText.of(metrics.page());

        ready.set(true);

        assertThat(before.value("cordwood_node_ready")).isZero();
        assertThat(MetricsText.of(metrics.page()).value("cordwood_node_ready")).isEqualTo(1);
    }

    @Test
    void seriesOfDeletedTopicsAreGoneFromTheNextPage() {
        metrics.meters().topics().of("orders").publish().add(1, 1);
        var before = metrics.page();

        metrics.watch(() -> withTopics("others"));

        assertThat(before).contains("topic=\"orders\"");
        assertThat(metrics.page()).doesNotContain("topic=\"orders\"");
    }

    /** Of three partitions each: where nothing were bounded, 28,000 series of these alone. */
    @Test
    void pageWithAThousandTopicsIsBounded() {
        var partitions = IntStream.range(0, 3_000)
                .mapToObj(number -> replica("topic-" + number / 3, number % 3))
                .toList();
        partitions.forEach(replica ->
                metrics.meters().topics().of(replica.topic()).publish().add(1, 1));
        metrics.watch(() -> new NodeSample(
                partitions,
                new NodeSample.Expected(3_000, 0),
                new NodeSample.MetadataRole(false, true),
                Map.of(),
                name -> true));

        var series =
                metrics.page().lines().filter(line -> !line.startsWith("#")).toList();

        assertThat(series).hasSizeBetween(8_000, 9_000);
        assertThat(series)
                .filteredOn(line -> line.startsWith("cordwood_topic_in_records_total{call=\"publish\""))
                .hasSize(MeterLimits.DEFAULT.maxTopics() + 1);
        assertThat(series)
                .filteredOn(line -> line.startsWith("cordwood_partition_term{"))
                .hasSize(MeterLimits.DEFAULT.maxPartitions());
        assertThat(series).contains("cordwood_node_partitions_left_out 2000.0", "cordwood_node_replicas_open 3000.0");
    }

    private static PartitionSample replica(String topic, int partition) {
        return new PartitionSample(
                topic,
                partition,
                true,
                true,
                1,
                0,
                new TreeMap<>(),
                new PartitionSample.Files(100, 1),
                new PartitionSample.Queued(0, 0));
    }

    @Test
    void diskOfTheDirectoryIsShown() {
        var page = MetricsText.of(metrics.page());

        assertThat(page.value(Metric.DISK_TOTAL.description().prometheusName())).isPositive();
        assertThat(page.value(Metric.DISK_FREE.description().prometheusName())).isPositive();
    }
}
