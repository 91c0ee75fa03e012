package io.cordwood.cli;

import io.cordwood.cli.console.TextTable;
import io.cordwood.client.ClusterDescription;
import io.cordwood.client.ConfigChange;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.TopicDescription;
import io.cordwood.client.TopicSetting;
import io.cordwood.client.TopicSummary;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the cluster says about itself, as cells of tables and as JSON with the names of the API. */
final class Descriptions {
    private static final String UNKNOWN = "-";
    /** A replica repeats a pass in less. */
    private static final Duration LONG = Duration.ofMinutes(10);

    private Descriptions() {}

    static Map<String, Object> json(TopicDescription topic) {
        var values = new LinkedHashMap<String, Object>();
        values.put("name", topic.name());
        values.put("topicId", topic.topicId().toString());
        values.put("partitionCount", topic.partitionCount());
        values.put("replicationFactor", topic.replicationFactor());
        values.put("config", new TreeMap<>(topic.config()));
        return values;
    }

    static Map<String, Object> json(TopicSummary topic) {
        var values = new LinkedHashMap<String, Object>();
        values.put("name", topic.name());
        values.put("topicId", topic.topicId().toString());
        values.put("partitionCount", topic.partitionCount());
        values.put("replicationFactor", topic.replicationFactor());
        values.put("config", new TreeMap<>(topic.config()));
        return values;
    }

    static Map<String, Object> json(ClusterDescription cluster) {
        var values = new LinkedHashMap<String, Object>();
        values.put("clusterId", cluster.clusterId());
        cluster.metadataLeader().ifPresent(leader -> values.put("metadataLeader", leader));
        values.put("answeredBy", cluster.answeredBy());
        values.put("featureLevel", cluster.featureLevel());
        values.put("nodes", cluster.nodes().stream().map(Descriptions::json).toList());
        return values;
    }

    static Map<String, Object> json(NodeDescription node) {
        var values = new LinkedHashMap<String, Object>();
        values.put("nodeId", node.nodeId());
        values.put("address", node.address());
        values.put("nodeAddress", node.nodeAddress());
        values.put("rack", node.rack());
        values.put("state", word(node.state()));
        values.put("voter", node.voter());
        node.minFeatureLevel().ifPresent(level -> values.put("minFeatureLevel", level));
        node.maxFeatureLevel().ifPresent(level -> values.put("maxFeatureLevel", level));
        values.put("disks", node.disks().stream().map(Descriptions::json).toList());
        node.deadReplicas().ifPresent(dead -> values.put("deadReplicas", json(dead)));
        return values;
    }

    private static Map<String, Object> json(NodeDescription.DeadReplicas dead) {
        var values = new LinkedHashMap<String, Object>();
        values.put("moving", dead.moving());
        values.put("waiting", dead.waiting());
        values.put("noTaker", dead.noTaker());
        values.put("noMajority", dead.noMajority());
        return values;
    }

    /** A line for each dead node that has replicas. */
    static List<String> deadNodes(ClusterDescription cluster) {
        return cluster.nodes().stream()
                .flatMap(node -> node.deadReplicas().stream()
                        .map(Descriptions::deadReplicas)
                        .filter(what -> !what.isEmpty())
                        .map(what -> "node " + node.nodeId() + " is dead; of its replicas " + what))
                .toList();
    }

    private static String deadReplicas(NodeDescription.DeadReplicas dead) {
        var counts = new LinkedHashMap<String, Integer>();
        counts.put(" go to other nodes now", dead.moving());
        counts.put(" wait for it, or for their turn to be given to others", dead.waiting());
        counts.put(" stay: no other node can take them", dead.noTaker());
        counts.put(" stay: too few replicas are sound without them", dead.noMajority());
        return counts.entrySet().stream()
                .filter(count -> count.getValue() > 0)
                .map(count -> count.getValue() + count.getKey())
                .collect(Collectors.joining(", "));
    }

    private static Map<String, Object> json(NodeDescription.Disk disk) {
        var values = new LinkedHashMap<String, Object>();
        values.put("directory", disk.directory());
        values.put("freeBytes", disk.freeBytes());
        values.put("floorBytes", disk.floorBytes());
        values.put("level", word(disk.level()));
        return values;
    }

    static Map<String, Object> json(PartitionDescription partition) {
        var values = new LinkedHashMap<String, Object>();
        values.put("topic", partition.partition().topic());
        values.put("partition", partition.partition().partition());
        partition.leader().ifPresent(leader -> values.put("leader", leader));
        partition.leaderEpoch().ifPresent(epoch -> values.put("leaderEpoch", epoch));
        partition.term().ifPresent(term -> values.put("term", term));
        partition.logStartOffset().ifPresent(start -> values.put("logStartOffset", start));
        partition.highWatermark().ifPresent(end -> values.put("highWatermark", end));
        partition.sizeBytes().ifPresent(size -> values.put("sizeBytes", size));
        values.put(
                "replicas",
                partition.replicas().stream().map(Descriptions::json).toList());
        partition.error().ifPresent(error -> values.put("error", error.code().name()));
        return values;
    }

    static Map<String, Object> json(TopicDescription.Placement partition) {
        var values = new LinkedHashMap<String, Object>();
        values.put("partition", partition.partition());
        partition.leader().ifPresent(leader -> values.put("leader", leader));
        partition.leaderEpoch().ifPresent(epoch -> values.put("leaderEpoch", epoch));
        values.put("replicas", partition.replicas());
        return values;
    }

    static Map<String, Object> json(TopicSetting setting) {
        var values = new LinkedHashMap<String, Object>();
        values.put("key", setting.key());
        values.put("value", setting.value());
        values.put("defaultValue", setting.defaultValue());
        values.put("source", source(setting));
        return values;
    }

    static Map<String, Object> json(ConfigChange change) {
        var values = new LinkedHashMap<String, Object>();
        values.put("before", change.before().stream().map(Descriptions::json).toList());
        values.put("after", change.after().stream().map(Descriptions::json).toList());
        return values;
    }

    static TextTable settings(List<TopicSetting> settings) {
        var table = TextTable.of("KEY", "VALUE", "DEFAULT", "SOURCE");
        settings.forEach(setting -> table.row(setting.key(), setting.value(), setting.defaultValue(), source(setting)));
        return table;
    }

    /** The settings that are not what they were. */
    static TextTable table(ConfigChange change) {
        var table = TextTable.of("KEY", "BEFORE", "AFTER", "SOURCE");
        for (int i = 0; i < change.after().size(); i++) {
            var before = change.before().get(i);
            var after = change.after().get(i);
            if (!before.equals(after)) {
                table.row(after.key(), before.value(), after.value(), source(after));
            }
        }
        return table;
    }

    private static String source(TopicSetting setting) {
        return setting.setByTopic() ? "topic" : "node default";
    }

    static TextTable placements(List<TopicDescription.Placement> partitions) {
        var table = TextTable.of("PARTITION", "LEADER", "EPOCH", "REPLICAS");
        partitions.forEach(partition -> table.row(
                partition.partition(),
                cell(partition.leader()),
                cell(partition.leaderEpoch()),
                partition.replicas().stream().map(node -> "" + node).collect(Collectors.joining(","))));
        return table;
    }

    /** A line for each replica; how far compaction has come where a topic is compacted. */
    static TextTable replicas(List<PartitionDescription> partitions) {
        boolean compacted = partitions.stream()
                .flatMap(partition -> partition.replicas().stream())
                .anyMatch(replica -> replica.compaction().isPresent());
        var heads = Stream.of("PARTITION", "NODE", "STATE", "HIGH WATERMARK", "LAG", "LAG ENTRIES", "BYTES");
        var table =
                TextTable.of((compacted ? Stream.concat(heads, Stream.of("COMPACTED")) : heads).toArray(String[]::new));
        for (var partition : partitions) {
            for (var replica : partition.replicas()) {
                var cells = Stream.<Object>of(
                        partition.partition().partition(),
                        replica.nodeId(),
                        state(replica),
                        cell(replica.highWatermark()),
                        cell(replica.lagRecords()),
                        cell(replica.lagEntries()),
                        cell(replica.sizeBytes()));
                var last = replica.compaction().map(Descriptions::compaction).orElse(UNKNOWN);
                table.row((compacted ? Stream.concat(cells, Stream.<Object>of(last)) : cells).toArray());
            }
        }
        return table;
    }

    /**
     * What is being done about a replica, and how it is: a joining one is not in the leader's books before it
     * has caught up.
     */
    private static String state(PartitionDescription.Replica replica) {
        var state = word(replica.state()).replace('_', ' ');
        return replica.change().map(change -> word(change) + ", " + state).orElse(state);
    }

    private static String compaction(PartitionDescription.Compaction compaction) {
        var reached = compaction.compactedEndOffset() + "/" + compaction.sealedEndOffset();
        if (!compaction.lastError().isEmpty()) {
            return reached + " failed";
        }
        if (compaction.running()) {
            return reached + " running";
        }
        return compaction.pending().isPresent() ? reached + " waiting" : reached;
    }

    private static Map<String, Object> json(PartitionDescription.Compaction compaction) {
        var values = new LinkedHashMap<String, Object>();
        values.put("compactedEndOffset", compaction.compactedEndOffset());
        values.put("sealedEndOffset", compaction.sealedEndOffset());
        values.put("running", compaction.running());
        values.put("doneBytes", compaction.doneBytes());
        values.put("totalBytes", compaction.totalBytes());
        values.put("lastError", compaction.lastError());
        compaction.pending().ifPresent(duration -> values.put("pendingMs", duration.toMillis()));
        compaction.retry().ifPresent(duration -> values.put("retryMs", duration.toMillis()));
        return values;
    }

    static TextTable table(List<PartitionDescription> partitions) {
        var table = TextTable.of(
                "TOPIC",
                "PARTITION",
                "LEADER",
                "REPLICAS",
                "TERM",
                "EPOCH",
                "LOG START",
                "HIGH WATERMARK",
                "BYTES",
                "BEHIND");
        for (var partition : partitions) {
            table.row(
                    partition.partition().topic(),
                    partition.partition().partition(),
                    cell(partition.leader()),
                    partition.replicas().stream()
                            .map(replica -> "" + replica.nodeId())
                            .collect(Collectors.joining(",")),
                    cell(partition.term()),
                    cell(partition.leaderEpoch()),
                    cell(partition.logStartOffset()),
                    cell(partition.highWatermark()),
                    cell(partition.sizeBytes()),
                    behind(partition));
        }
        return table;
    }

    /**
     * A line for each partition whose leader could not tell, and for each replica that is being changed or
     * whose compaction failed or has waited long.
     */
    static List<String> errors(List<PartitionDescription> partitions) {
        return partitions.stream()
                .flatMap(partition -> Stream.concat(
                        partition.error().stream()
                                .map(error ->
                                        partition.partition() + ": " + error.getMessage() + " [" + error.code() + "]"),
                        partition.replicas().stream()
                                .flatMap(replica -> Stream.concat(
                                        change(partition, replica), compactionError(partition, replica)))))
                .toList();
    }

    /** A line for each replica that something keeps on a dead node: many where that had many. */
    static List<String> onDeadNodes(List<PartitionDescription> partitions) {
        return partitions.stream()
                .flatMap(partition ->
                        partition.replicas().stream().flatMap(replica -> staysOnADeadNode(partition, replica)))
                .toList();
    }

    private static Stream<String> change(PartitionDescription partition, PartitionDescription.Replica replica) {
        return replica.change().stream().map(change -> {
            var has = cell(replica.sizeBytes()) + " of " + cell(partition.sizeBytes()) + " bytes";
            return partition.partition() + ": the replica on node " + replica.nodeId() + " is " + word(change)
                    + (change == PartitionDescription.ReplicaChange.JOINING ? ", it has " + has : "");
        });
    }

    /** One that waits without a reason needs nobody's eyes. */
    private static Stream<String> staysOnADeadNode(
            PartitionDescription partition, PartitionDescription.Replica replica) {
        return replica.dead().stream()
                .filter(dead -> !dead.reason().isEmpty())
                .map(dead -> partition.partition() + ": the replica on node " + replica.nodeId()
                        + (dead.standing() == PartitionDescription.Standing.WAITING
                                ? ", which is dead, waits: "
                                : ", which is dead, stays: ")
                        + dead.reason());
    }

    private static Stream<String> compactionError(
            PartitionDescription partition, PartitionDescription.Replica replica) {
        var where = partition.partition() + ": compaction on node " + replica.nodeId();
        return replica.compaction().stream().flatMap(compaction -> {
            var next = compaction
                    .retry()
                    .map(retry -> "; next try in " + seconds(retry))
                    .orElse("");
            var failed = compaction.lastError().isEmpty()
                    ? Stream.<String>empty()
                    : Stream.of(where + " failed: " + compaction.lastError() + next);
            var waiting = compaction.pending().stream()
                    .filter(pending -> pending.compareTo(LONG) >= 0)
                    .map(pending -> where + " has waited for its files for " + seconds(pending)
                            + ": no checkpoint is taken meanwhile, and the raft log grows");
            return Stream.concat(failed, waiting);
        });
    }

    private static String seconds(Duration duration) {
        return duration.toSeconds() + " s";
    }

    static String config(Map<String, String> config) {
        return config.isEmpty()
                ? UNKNOWN
                : new TreeMap<>(config)
                        .entrySet().stream()
                                .map(setting -> setting.getKey() + "=" + setting.getValue())
                                .collect(Collectors.joining(","));
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static String orDash(String text) {
        return text.isEmpty() ? UNKNOWN : text;
    }

    /** The levels that a node's program runs at. */
    static String features(NodeDescription node) {
        return node.maxFeatureLevel().isPresent()
                ? cell(node.minFeatureLevel()) + "-" + cell(node.maxFeatureLevel())
                : UNKNOWN;
    }

    /** What each of a node's disks has left, and that it is below its floor. */
    static String disks(NodeDescription node) {
        return node.disks().isEmpty()
                ? UNKNOWN
                : node.disks().stream()
                        .map(disk -> disk.directory() + " " + (disk.freeBytes() >> 20) + " MiB"
                                + (disk.level() == NodeDescription.DiskLevel.ROOM ? "" : " " + word(disk.level())))
                        .collect(Collectors.joining(", "));
    }

    static String metadataRole(ClusterDescription cluster, NodeDescription node) {
        if (cluster.metadataLeader().equals(OptionalInt.of(node.nodeId()))) {
            return "leader";
        }
        return node.voter() ? "voter" : "listener";
    }

    private static Map<String, @Nullable Object> json(PartitionDescription.Replica replica) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("nodeId", replica.nodeId());
        replica.highWatermark().ifPresent(end -> values.put("highWatermark", end));
        replica.sizeBytes().ifPresent(size -> values.put("sizeBytes", size));
        replica.lagRecords().ifPresent(lag -> values.put("lagRecords", lag));
        replica.lagEntries().ifPresent(lag -> values.put("lagEntries", lag));
        values.put("state", word(replica.state()));
        replica.change().ifPresent(change -> values.put("change", word(change)));
        replica.dead().ifPresent(dead -> {
            values.put("deadReplica", word(dead.standing()));
            values.put("deadReplicaReason", dead.reason());
        });
        replica.compaction().ifPresent(compaction -> values.put("compaction", json(compaction)));
        return values;
    }

    /** The replicas that have less than the leader, and by how many records; a replica that is silent is unknown. */
    private static String behind(PartitionDescription partition) {
        var late = partition.replicas().stream()
                .flatMap(replica -> lag(partition, replica).stream())
                .toList();
        return late.isEmpty() ? UNKNOWN : String.join(" ", late);
    }

    private static List<String> lag(PartitionDescription partition, PartitionDescription.Replica replica) {
        if (partition.highWatermark().isEmpty() || replica.highWatermark().isEmpty()) {
            return List.of("node" + replica.nodeId() + ":?");
        }
        var lag =
                partition.highWatermark().getAsLong() - replica.highWatermark().getAsLong();
        return lag > 0 ? List.of("node" + replica.nodeId() + ":" + lag) : List.of();
    }

    private static String cell(OptionalInt value) {
        return value.isPresent() ? Integer.toString(value.getAsInt()) : UNKNOWN;
    }

    private static String cell(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : UNKNOWN;
    }
}
