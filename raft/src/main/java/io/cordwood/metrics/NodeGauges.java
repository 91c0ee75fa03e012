package io.cordwood.metrics;

import io.cordwood.metrics.PartitionSample.Lag;
import io.cordwood.metrics.PartitionSample.Name;
import io.micrometer.core.instrument.Meter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * What a node looks like: of each partition, up to a limit, and of all together; and how far groups are behind, up to a limit.
 *
 * <p><b>Thread:</b> any; whoever reads the gauges between two samples sees the older one.
 */
final class NodeGauges {
    /** No cluster is that large; a bound all the same. */
    private static final int MAX_NODES = 1_000;

    private final NodeMeters meters;
    private final GaugeSet<Name, PartitionSample> partitions;
    private final GaugeSet<Integer, Lag> followers;
    private final GaugeSet<String, Integer> nodeStates;
    private final GaugeSet<String, Integer> deadReplicas;
    private final GaugeSet<GroupLagSample.Name, Long> groupLags;
    private volatile Totals totals = Totals.of(NodeSample.EMPTY, new LeftOut(0, 0));

    /** How many have no gauges of their own. */
    private record LeftOut(int partitions, int groupLags) {}

    /** Sums over all replicas, also those without gauges of their own. */
    private record Totals(NodeSample sample, LeftOut leftOut, long leading, long leaderless, long underReplicated) {
        static Totals of(NodeSample sample, LeftOut leftOut) {
            var all = sample.partitions();
            return new Totals(
                    sample,
                    leftOut,
                    all.stream().filter(PartitionSample::leading).count(),
                    all.stream().filter(replica -> !replica.leaderKnown()).count(),
                    all.stream().filter(PartitionSample::isUnderReplicated).count());
        }

        double sum(ToDoubleFunction<PartitionSample> value) {
            return sample.partitions().stream().mapToDouble(value).sum();
        }
    }

    NodeGauges(NodeMeters meters, MeterLimits limits) {
        this.meters = meters;
        partitions = new GaugeSet<>(limits.maxPartitions(), this::ofPartition, meters::remove);
        groupLags = new GaugeSet<>(limits.maxGroupPartitions(), this::ofGroupLag, meters::remove);
        followers = new GaugeSet<>(MAX_NODES, this::ofFollower, meters::remove);
        nodeStates = new GaugeSet<>(MAX_NODES, this::ofState, meters::remove);
        deadReplicas = new GaugeSet<>(MAX_NODES, this::ofStanding, meters::remove);
        registerCounts();
        registerSums();
    }

    private void registerCounts() {
        total(Metric.NODE_LEADERS, all -> all.leading);
        total(Metric.NODE_REPLICAS_OPEN, all -> all.sample.partitions().size());
        total(Metric.NODE_REPLICAS_EXPECTED, all -> all.sample.expected().replicas());
        total(Metric.NODE_REPLICAS_SET_ASIDE, all -> all.sample.expected().setAside());
        total(Metric.NODE_REPLICAS_LOST, all -> all.sample.expected().lost());
        total(Metric.NODE_REPLICAS_JOINING, all -> all.sample.expected().joining());
        total(Metric.NODE_PARTITIONS_LEADERLESS, all -> all.leaderless);
        total(Metric.NODE_PARTITIONS_UNDER_REPLICATED, all -> all.underReplicated);
        total(Metric.NODE_PARTITIONS_LEFT_OUT, all -> all.leftOut.partitions());
        total(Metric.GROUP_LAG_LEFT_OUT, all -> all.leftOut.groupLags());
        total(Metric.METADATA_LEADER, all -> oneIf(all.sample.metadata().leads()));
        total(Metric.METADATA_LEADER_KNOWN, all -> oneIf(all.sample.metadata().leaderKnown()));
    }

    private void registerSums() {
        total(Metric.STORE_LOG_BYTES, all -> all.sum(replica -> replica.files().bytes()));
        total(Metric.STORE_SEGMENTS, all -> all.sum(replica -> replica.files().segments()));
        total(
                Metric.APPENDER_QUEUE_BYTES,
                all -> all.sum(replica -> replica.queued().bytes()));
        total(
                Metric.APPENDER_QUEUE_BATCHES,
                all -> all.sum(replica -> replica.queued().batches()));
    }

    private void total(Metric metric, ToDoubleFunction<Totals> value) {
        meters.gauge(metric, () -> value.applyAsDouble(totals));
    }

    void show(NodeSample sample) {
        Map<Name, PartitionSample> byName = new LinkedHashMap<>();
        Map<Integer, Lag> lags = new TreeMap<>();
        for (PartitionSample replica : sample.partitions()) {
            byName.put(replica.name(), replica);
            replica.followers().forEach((node, lag) -> lags.merge(node, lag, Lag::max));
        }
        Map<GroupLagSample.Name, Long> behind = new LinkedHashMap<>();
        sample.groupLags().forEach(lag -> behind.put(lag.name(), lag.offsets()));
        var leftOut = new LeftOut(partitions.show(byName), groupLags.show(behind));
        followers.show(lags);
        nodeStates.show(sample.nodesByState());
        deadReplicas.show(sample.deadReplicas());
        totals = Totals.of(sample, leftOut);
    }

    private List<Meter> ofPartition(Name name, Supplier<PartitionSample> newest) {
        return List.of(
                gauge(Metric.PARTITION_LEADER, name, newest, replica -> oneIf(replica.leading())),
                gauge(Metric.PARTITION_TERM, name, newest, PartitionSample::term),
                gauge(Metric.PARTITION_APPLY_GAP, name, newest, PartitionSample::applyGap),
                gauge(
                        Metric.PARTITION_LAG_ENTRIES,
                        name,
                        newest,
                        replica -> replica.largestLag().entries()),
                gauge(
                        Metric.PARTITION_LAG_BYTES,
                        name,
                        newest,
                        replica -> replica.largestLag().bytes()),
                gauge(
                        Metric.PARTITION_LOG_BYTES,
                        name,
                        newest,
                        replica -> replica.files().bytes()));
    }

    private Meter gauge(
            Metric metric, Name name, Supplier<PartitionSample> newest, ToDoubleFunction<PartitionSample> value) {
        return meters.gauge(
                metric, () -> value.applyAsDouble(newest.get()), name.topic(), Integer.toString(name.partition()));
    }

    private List<Meter> ofGroupLag(GroupLagSample.Name name, Supplier<Long> newest) {
        return List.of(meters.gauge(
                Metric.GROUP_LAG, newest::get, name.group(), name.topic(), Integer.toString(name.partition())));
    }

    private List<Meter> ofFollower(Integer node, Supplier<Lag> newest) {
        var label = Integer.toString(node);
        return List.of(
                meters.gauge(Metric.FOLLOWER_LAG_ENTRIES, () -> newest.get().entries(), label),
                meters.gauge(Metric.FOLLOWER_LAG_BYTES, () -> newest.get().bytes(), label));
    }

    private List<Meter> ofState(String state, Supplier<Integer> newest) {
        return List.of(meters.gauge(Metric.CLUSTER_NODES, newest::get, state));
    }

    private List<Meter> ofStanding(String standing, Supplier<Integer> newest) {
        return List.of(meters.gauge(Metric.CLUSTER_DEAD_REPLICAS, newest::get, standing));
    }

    private static double oneIf(boolean condition) {
        return condition ? 1 : 0;
    }
}
