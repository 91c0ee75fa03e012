package io.cordwood.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metrics.PartitionSample.Files;
import io.cordwood.metrics.PartitionSample.Lag;
import io.cordwood.metrics.PartitionSample.Queued;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NodeGaugesTest {
    private static final int SERIES_OF_A_PARTITION = 6;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void partitionsBeyondTheLimitCountInTheSumsOnly() {
        var meters = new NodeMeters(registry, new MeterLimits(0, 1_000, 0));
        int before = registry.getMeters().size();

        meters.show(node(IntStream.range(0, 2_500)
                .mapToObj(number -> replica("orders", number, number % 2 == 0))
                .toList()));

        assertThat(registry.getMeters().size() - before).isEqualTo(1_000 * SERIES_OF_A_PARTITION);
        assertThat(value(Metric.NODE_PARTITIONS_LEFT_OUT)).isEqualTo(1_500);
        assertThat(value(Metric.NODE_REPLICAS_OPEN)).isEqualTo(2_500);
        assertThat(value(Metric.NODE_LEADERS)).isEqualTo(1_250);
        assertThat(value(Metric.STORE_LOG_BYTES)).isEqualTo(2_500 * 100);
    }

    @Test
    void partitionThatIsGoneMakesRoomForTheNext() {
        var meters = new NodeMeters(registry, new MeterLimits(0, 1, 0));
        meters.show(node(List.of(replica("a", 0, true), replica("b", 0, true))));

        meters.show(node(List.of(replica("b", 0, true))));

        assertThat(registry.find(name(Metric.PARTITION_LEADER))
                        .tag("topic", "a")
                        .gauge())
                .isNull();
        assertThat(value(Metric.PARTITION_LEADER, "topic", "b", "partition", "0"))
                .isEqualTo(1);
        assertThat(value(Metric.NODE_PARTITIONS_LEFT_OUT)).isZero();
    }

    @Test
    void newestSampleIsShown() {
        var meters = new NodeMeters(registry, MeterLimits.DEFAULT);
        meters.show(node(List.of(replica("orders", 0, true))));

        meters.show(node(List.of(replica("orders", 0, false))));

        assertThat(value(Metric.PARTITION_LEADER, "topic", "orders", "partition", "0"))
                .isZero();
        assertThat(value(Metric.NODE_LEADERS)).isZero();
    }

    @Test
    void largestLagOfEachFollowerIsShown() {
        var meters = new NodeMeters(registry, MeterLimits.DEFAULT);

        meters.show(node(List.of(
                led("a", Map.of(2, new Lag(5, 500, 0), 3, new Lag(0, 0, 20_000))),
                led("b", Map.of(2, new Lag(70, 7, 0))))));

        assertThat(value(Metric.FOLLOWER_LAG_ENTRIES, "follower", "2")).isEqualTo(70);
        assertThat(value(Metric.FOLLOWER_LAG_BYTES, "follower", "2")).isEqualTo(500);
        assertThat(value(Metric.PARTITION_LAG_ENTRIES, "topic", "a", "partition", "0"))
                .isEqualTo(5);
        assertThat(value(Metric.NODE_PARTITIONS_UNDER_REPLICATED)).isEqualTo(2);
    }

    @Test
    void nodesAreShownByState() {
        var meters = new NodeMeters(registry, MeterLimits.DEFAULT);

        meters.show(new NodeSample(
                List.of(),
                new NodeSample.Expected(7, 2),
                new NodeSample.MetadataRole(true, true),
                Map.of("alive", 3, "dead", 1),
                name -> true));

        assertThat(value(Metric.CLUSTER_NODES, "state", "dead")).isEqualTo(1);
        assertThat(value(Metric.NODE_REPLICAS_EXPECTED)).isEqualTo(7);
        assertThat(value(Metric.NODE_REPLICAS_SET_ASIDE)).isEqualTo(2);
        assertThat(value(Metric.METADATA_LEADER)).isEqualTo(1);
    }

    @Test
    void replicasOfDeadNodesAreShownByWhatBecomesOfThem() {
        var meters = new NodeMeters(registry, MeterLimits.DEFAULT);

        meters.show(new NodeSample(
                List.of(),
                new NodeSample.Expected(0, 0),
                new NodeSample.MetadataRole(true, true),
                Map.of(),
                Map.of("moving", 2, "no_taker", 5),
                List.of(),
                name -> true));

        assertThat(value(Metric.CLUSTER_DEAD_REPLICAS, "state", "moving")).isEqualTo(2);
        assertThat(value(Metric.CLUSTER_DEAD_REPLICAS, "state", "no_taker")).isEqualTo(5);
    }

    private static NodeSample behind(GroupLagSample... lags) {
        return new NodeSample(
                List.of(),
                new NodeSample.Expected(0, 0),
                new NodeSample.MetadataRole(false, true),
                Map.of(),
                Map.of(),
                List.of(lags),
                name -> true);
    }

    @Test
    void lagOfGroupsIsShownUpToTheLimit() {
        var meters = new NodeMeters(registry, new MeterLimits(0, 0, 2));

        meters.show(behind(
                new GroupLagSample("audit", "orders", 0, 7),
                new GroupLagSample("payments", "orders", 0, 0),
                new GroupLagSample("payments", "orders", 1, 9)));

        assertThat(value(Metric.GROUP_LAG, "group", "audit", "topic", "orders", "partition", "0"))
                .isEqualTo(7);
        assertThat(value(Metric.GROUP_LAG, "group", "payments")).isZero();
        assertThat(registry.find(name(Metric.GROUP_LAG)).gauges()).hasSize(2);
        assertThat(value(Metric.GROUP_LAG_LEFT_OUT)).isEqualTo(1);
    }

    @Test
    void lagOfAGroupThatIsGoneOrLedElsewhereIsShownNoMore() {
        var meters = new NodeMeters(registry, new MeterLimits(0, 0, 1));
        meters.show(
                behind(new GroupLagSample("audit", "orders", 0, 7), new GroupLagSample("payments", "orders", 0, 8)));

        meters.show(behind(new GroupLagSample("payments", "orders", 0, 9)));

        assertThat(registry.find(name(Metric.GROUP_LAG)).tag("group", "audit").gauge())
                .isNull();
        assertThat(value(Metric.GROUP_LAG, "group", "payments")).isEqualTo(9);
        assertThat(value(Metric.GROUP_LAG_LEFT_OUT)).isZero();
    }

    private static NodeSample node(List<PartitionSample> replicas) {
        return new NodeSample(
                replicas,
                new NodeSample.Expected(replicas.size(), 0),
                new NodeSample.MetadataRole(false, true),
                Map.of(),
                name -> true);
    }

    private static PartitionSample replica(String topic, int partition, boolean leading) {
        return new PartitionSample(
                topic, partition, leading, true, 1, 0, new TreeMap<>(), new Files(100, 1), new Queued(0, 0));
    }

    @Test
    void partitionWithACopyTooFewIsUnderReplicatedWhereItIsLed() {
        var meters = new NodeMeters(registry, MeterLimits.DEFAULT);

        meters.show(node(List.of(
                led("a", Map.of()).lackingCopies(),
                led("b", Map.of()),
                replica("c", 0, false).lackingCopies())));

        assertThat(value(Metric.NODE_PARTITIONS_UNDER_REPLICATED)).isEqualTo(1);
    }

    private static PartitionSample led(String topic, Map<Integer, Lag> followers) {
        return new PartitionSample(
                topic, 0, true, true, 1, 0, new TreeMap<>(followers), new Files(100, 1), new Queued(0, 0));
    }

    private double value(Metric metric, String... tags) {
        return registry.get(name(metric)).tags(tags).gauge().value();
    }

    private static String name(Metric metric) {
        return metric.description().name();
    }
}
