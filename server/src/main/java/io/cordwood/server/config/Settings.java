package io.cordwood.server.config;

import io.cordwood.coordinator.CoordinatorConfig;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.TopicMeters;
import io.cordwood.raft.CatchUpLimits;
import io.cordwood.raft.LogUpkeep;
import io.cordwood.raft.ScrubLimits;
import io.cordwood.raft.SpaceFloor;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Every key there is, in the order of the help.
 *
 * <p><b>Thread:</b> immutable.
 */
final class Settings {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    /** Kafka's default of 1 MiB and the 12 bytes before a batch's length. */
    private static final long BATCH_MAX_BYTES = MIB + 12;

    private static final GroupLimits GROUP_LIMITS = GroupLimits.DEFAULT;

    static final Setting<Integer> NODE_ID =
            Setting.integer("node.id", "This node's id, never used before", 1, Integer.MAX_VALUE, null);
    static final Setting<String> NODE_RACK =
            Setting.of("node.rack", "Where the node stands; replicas are spread over racks", "text", "", text -> text);
    static final Setting<Path> DATA_DIR =
            Setting.of("data.dir", "The node's data directory, its own", "a path", null, Settings::path);
    static final Setting<Path> RAFT_DIR = Setting.of(
                    "raft.dir", "The Raft logs, perhaps on another disk", "a path", null, Settings::path)
            .derivedFrom("default DATA.DIR/raft");
    static final Setting<SortedMap<Integer, Endpoint>> INITIAL_NODES = Setting.of(
            "cluster.initial-nodes",
            "The nodes that form the cluster, or whom a new node asks",
            "ID@HOST:PORT,... with the node port of each, no id or address twice",
            null,
            Settings::nodes);
    static final Setting<Optional<Duration>> REPLACE_DEAD_AFTER = Setting.of(
            "cluster.replace-dead-after",
            "The replicas of a node that has been dead for this long are given to others. Equal on all nodes: the metadata leader's counts",
            "never, or a duration from 1s to 3650d (" + Units.DURATION_FORM + ")",
            "10m",
            Settings::durationOrNever);
    static final Setting<Endpoint> CLIENT_BIND = Setting.of(
            "listeners.client.bind",
            "Where clients are served",
            Endpoint.FORM + "; outside loopback only with --insecure",
            "127.0.0.1:9090",
            Endpoint::parse);
    static final Setting<Endpoint> CLIENT_ADVERTISED = Setting.of(
                    "listeners.client.advertised", "The address told to clients", Endpoint.FORM, null, Endpoint::parse)
            .derivedFrom("default the bind address");
    static final Setting<Endpoint> EXTERNAL_BIND = Setting.of(
                    "listeners.external.bind",
                    "Where clients of another network are served, which know the nodes by other addresses",
                    Endpoint.FORM + "; outside loopback only with --insecure",
                    null,
                    Endpoint::parse)
            .derivedFrom("default none");
    static final Setting<Endpoint> EXTERNAL_ADVERTISED = Setting.of(
                    "listeners.external.advertised",
                    "The address told to those clients",
                    Endpoint.FORM,
                    null,
                    Endpoint::parse)
            .derivedFrom("default the bind address");
    static final Setting<Endpoint> NODE_BIND = Setting.of(
            "listeners.node.bind",
            "Where the other nodes are served",
            Endpoint.FORM + "; outside loopback only with --insecure",
            "127.0.0.1:9091",
            Endpoint::parse);
    static final Setting<Endpoint> NODE_ADVERTISED = Setting.of(
                    "listeners.node.advertised", "The address told to nodes", Endpoint.FORM, null, Endpoint::parse)
            .derivedFrom("default this node's entry in cluster.initial-nodes, or the bind address");
    static final Setting<Optional<Endpoint>> HTTP_BIND = Setting.of(
            "http.bind",
            "Where health, metrics, JSON calls and live tails are served over HTTP",
            "none, or " + Endpoint.FORM + "; outside loopback only with --insecure",
            "127.0.0.1:8080",
            Settings::endpointOrNone);
    static final Setting<Integer> HTTP_MAX_CALLS =
            Setting.integer("http.max-calls", "JSON calls over HTTP at once, each takes a thread", 1, 1_000, 32);
    static final Setting<Integer> HTTP_MAX_TAILS =
            Setting.integer("http.max-tails", "Live tails over HTTP at once, each takes a thread", 1, 1_000, 16);
    static final Setting<Long> HTTP_BODY_MAX = Setting.size(
            "http.body-max-bytes",
            "Largest body of a JSON call over HTTP; to read one may take a hundred times its size of memory for a moment",
            64 * KIB,
            64 * MIB,
            2 * MIB);
    static final Setting<Boolean> INSECURE =
            Setting.flag("insecure", "Allows listeners outside loopback: no TLS, no authentication");
    static final Setting<Long> BATCH_MAX = Setting.size(
            "batch.max-bytes",
            "Largest record batch, equal on all nodes; each MiB costs one MiB of memory per partition replica",
            KIB,
            64 * MIB,
            BATCH_MAX_BYTES);
    static final Setting<Long> SEGMENT_MAX =
            Setting.size("log.segment-max-bytes", "Size at which a segment is sealed", 4 * KIB, 2 * GIB - 1, GIB);
    static final Setting<Duration> SEGMENT_MAX_AGE = Setting.duration(
            "log.segment-max-age",
            "Age at which a segment is sealed",
            Duration.ofSeconds(1),
            Duration.ofDays(3650),
            Duration.ofDays(7));
    static final Setting<Duration> RETENTION = Setting.duration(
            "log.retention",
            "Age at which records expire where the topic does not say otherwise",
            Duration.ofSeconds(1),
            Duration.ofDays(36500),
            Duration.ofDays(7));
    static final Setting<Long> INDEX_INTERVAL =
            Setting.size("log.index-interval-bytes", "Bytes between two index entries", KIB, 16 * MIB, 64 * KIB);
    static final Setting<Integer> WRITER_THREADS =
            Setting.integer("log.writer-threads", "Threads that write segments", 1, 64, 4);
    static final Setting<Boolean> DIRECT_WRITES = Setting.flag(
            "log.direct-writes",
            "Appends of 32 KiB and more go past the page cache; readers at the tail then read from the disk",
            true);
    static final Setting<Long> COMPACTION_KEYS = Setting.size(
            "compaction.key-bytes",
            "Memory of the node for the keys of a compaction pass; 1 MiB holds 32,000. Equal on all nodes: who has less fetches",
            64 * KIB,
            8 * GIB,
            32 * MIB);
    static final Setting<Long> COMPACTION_RATE = Setting.size(
            "compaction.max-bytes-per-second",
            "What the node reads for compaction per second",
            64 * KIB,
            64 * GIB,
            50 * MIB);
    static final Setting<Long> SCRUB_RATE = Setting.size(
            "scrub.max-bytes-per-second",
            "What the node reads per second to find damage in its segment files; a quarter while it catches up or compacts",
            64 * KIB,
            64 * GIB,
            ScrubLimits.DEFAULT.bytesPerSecond());
    static final Setting<Duration> SCRUB_INTERVAL = Setting.duration(
            "scrub.interval",
            "A look at all segment files begins so long after the one before it began",
            Duration.ofSeconds(1),
            Duration.ofDays(3650),
            ScrubLimits.DEFAULT.interval());
    static final Setting<Boolean> UNSAFE_FLUSH = Setting.flag("unsafe-flush", "Tests only: segments are never forced")
            .hide();
    static final Setting<Duration> ELECTION_MIN = Setting.duration(
            "raft.election-timeout-min",
            "Least silence of a leader before an election",
            Duration.ofMillis(100),
            Duration.ofMinutes(1),
            Duration.ofSeconds(1));
    static final Setting<Duration> ELECTION_MAX = Setting.duration(
            "raft.election-timeout-max",
            "Longest silence of a leader before an election, above the least",
            Duration.ofMillis(100),
            Duration.ofMinutes(2),
            Duration.ofSeconds(2));
    static final Setting<Integer> APPENDER_MAX_IN_FLIGHT =
            Setting.integer("appender.max-in-flight", "Log entries of one partition on their way at once", 1, 64, 4);
    static final Setting<Long> APPENDER_QUEUE_MAX =
            Setting.size("appender.queue-max-bytes", "Batches that wait for one partition's log", MIB, GIB, 64 * MIB);
    static final Setting<Long> NODE_IN_FLIGHT_MAX = Setting.size(
            "node.in-flight-max-bytes", "Published batches of the node without an answer", MIB, 64 * GIB, 256 * MIB);
    static final Setting<Long> CONNECTION_IN_FLIGHT_MAX = Setting.size(
            "connection.in-flight-max-bytes",
            "Published batches of one connection without an answer",
            64 * KIB,
            16 * GIB,
            32 * MIB);
    static final Setting<Integer> CONNECTION_MAX_CALLS =
            Setting.integer("connection.max-calls", "Calls of one connection at once", 1, 100_000, 1_000);
    static final Setting<Integer> NODE_MAX_CALLS =
            Setting.integer("node.max-calls", "Calls of the node at once", 1, 1_000_000, 10_000);
    static final Setting<Integer> VALIDATION_THREADS = Setting.integer(
            "validation.threads",
            "Threads that check batches",
            1,
            256,
            Math.max(2, Runtime.getRuntime().availableProcessors()));
    static final Setting<Integer> READER_THREADS =
            Setting.integer("reader.threads", "Threads that read segments for clients", 1, 256, 4);
    static final Setting<Integer> MAX_PARTITIONS =
            Setting.integer("node.max-partitions", "Partition replicas that the node takes", 1, 10_000, 300);

    static final Setting<Long> CHECKPOINT_BYTES = Setting.size(
            "raft.checkpoint-bytes",
            "Payload of a partition between two checkpoints; its raft log is purged behind them",
            64 * KIB,
            64 * GIB,
            LogUpkeep.DEFAULT.checkpointBytes());
    static final Setting<Duration> CHECKPOINT_INTERVAL = Setting.duration(
            "raft.checkpoint-interval",
            "Time between two checkpoints where less than that is written",
            Duration.ofSeconds(1),
            Duration.ofDays(1),
            LogUpkeep.DEFAULT.checkpointInterval());
    static final Setting<Long> RAFT_SEGMENT_MAX = Setting.size(
            "raft.segment-max-bytes",
            "Size of a file of a raft log, which holds no payload; only full ones are purged",
            4 * KIB,
            64 * MIB,
            LogUpkeep.DEFAULT.raftSegmentBytes());
    static final Setting<Integer> PRESERVED_ENTRIES = Setting.integer(
            "raft.preserved-entries",
            "Newest entries of a raft log that no purge takes; a replica that lacks more fetches what it lacks",
            0,
            1_000_000,
            LogUpkeep.DEFAULT.preservedEntries());
    static final Setting<Long> CATCH_UP_BYTES = Setting.size(
            "catch-up.bytes-per-second",
            "What all replicas of the node that catch up fetch and compare together; the last rounds of one may go beyond it",
            64 * KIB,
            64 * GIB,
            CatchUpLimits.DEFAULT.bytesPerSecond());
    static final Setting<Integer> CATCH_UP_REPLICAS = Setting.integer(
            "catch-up.max-replicas",
            "Replicas of the node that catch up at once",
            1,
            64,
            CatchUpLimits.DEFAULT.atOnce());

    static final Setting<Long> DISK_FLOOR_BYTES = Setting.size(
            "disk.floor-bytes",
            "What shall be left of the disks of data.dir and raft.dir; with less, no batches are taken",
            MIB,
            1024 * GIB,
            SpaceFloor.DEFAULT.bytes());
    static final Setting<Integer> DISK_FLOOR_PERCENT = Setting.integer(
            "disk.floor-percent",
            "The same in percent of each disk's size; the larger of the two counts",
            0,
            50,
            SpaceFloor.DEFAULT.percent());

    static final Setting<Integer> GROUPS_MAX = Setting.integer(
            "groups.max-groups", "Consumer groups of the cluster", 1, 100_000, GROUP_LIMITS.maxGroups());
    static final Setting<Integer> GROUPS_MAX_MEMBERS = Setting.integer(
            "groups.max-members", "Members of one consumer group", 1, 10_000, GROUP_LIMITS.maxMembersPerGroup());
    static final Setting<Long> GROUPS_METADATA_MAX = Setting.size(
            "groups.metadata-max-bytes",
            "Text of an application beside a committed offset, in UTF-8",
            0,
            64 * KIB,
            GROUP_LIMITS.maxMetadataBytes());
    static final Setting<Long> GROUPS_GROUP_MAX = Setting.size(
            "groups.max-group-bytes",
            "What the metadata keeps of one consumer group: members, partitions, offsets and their texts",
            MIB,
            GIB,
            GROUP_LIMITS.maxGroupBytes());
    static final Setting<Long> GROUPS_TOTAL_MAX = Setting.size(
            "groups.max-total-bytes",
            "What the metadata keeps of all consumer groups; every node holds it in memory",
            MIB,
            GIB,
            GROUP_LIMITS.maxTotalBytes());
    static final Setting<Integer> GROUPS_JOIN_RATE = Setting.integer(
            "groups.joins-per-second",
            "Joins of members that the metadata leader writes per second; more of them wait",
            1,
            100_000,
            CoordinatorConfig.DEFAULT.joinsPerSecond());
    static final Setting<Integer> GROUPS_JOINS_MAX = Setting.integer(
            "groups.max-waiting-joins",
            "Joins of members that wait on the metadata leader, with 16 KiB for each on the average; more are refused",
            1,
            1_000_000,
            CoordinatorConfig.DEFAULT.maxWaitingJoins());
    static final Setting<Integer> GROUPS_OFFSETS_MAX = Setting.integer(
            "groups.max-waiting-offsets",
            "Offsets that wait on the metadata leader to be committed, with 1 KiB for each on the average; more are refused",
            CoordinatorConfig.DEFAULT.maxOffsetsPerEntry(),
            10_000_000,
            CoordinatorConfig.DEFAULT.maxWaitingOffsets());
    static final Setting<Duration> GROUPS_SESSION_MIN = Setting.duration(
            "groups.session-timeout-min",
            "Least session timeout that a member may ask for",
            Duration.ofSeconds(1),
            Duration.ofHours(1),
            ServerConfig.Groups.DEFAULT.sessionTimeoutMin());
    static final Setting<Duration> GROUPS_SESSION_MAX = Setting.duration(
            "groups.session-timeout-max",
            "Longest session timeout that a member may ask for, above the least",
            Duration.ofSeconds(1),
            Duration.ofDays(1),
            ServerConfig.Groups.DEFAULT.sessionTimeoutMax());
    static final Setting<Duration> GROUPS_RETENTION = Setting.duration(
            "groups.offset-retention",
            "How long the offsets of a consumer group are kept after its last member went",
            Duration.ofMinutes(1),
            Duration.ofDays(3650),
            CoordinatorConfig.DEFAULT.offsetRetention());

    static final Setting<Integer> METRICS_MAX_TOPICS = Setting.integer(
            "metrics.max-topics",
            "Topics with metrics of their own, those used first; the others share the topic " + TopicMeters.OTHER,
            0,
            10_000,
            MeterLimits.DEFAULT.maxTopics());
    static final Setting<Integer> METRICS_MAX_PARTITIONS = Setting.integer(
            "metrics.max-partitions",
            "Partition replicas of the node with metrics of their own; the others count in the sums only",
            0,
            10_000,
            MeterLimits.DEFAULT.maxPartitions());
    static final Setting<Integer> METRICS_MAX_GROUP_PARTITIONS = Setting.integer(
            "metrics.max-group-partitions",
            "Partitions of consumer groups, led by the node, whose lag has metrics; the others have none",
            0,
            100_000,
            MeterLimits.DEFAULT.maxGroupPartitions());

    static final Setting<Optional<URI>> TRACING_ENDPOINT = Setting.of(
            "tracing.otlp-endpoint",
            "Collector that takes spans as OTLP over HTTP; nothing is traced without one",
            "none, or a URL such as http://127.0.0.1:4318/v1/traces",
            "none",
            Settings::urlOrNone);
    static final Setting<Double> TRACING_RATIO = Setting.of(
            "tracing.sample-ratio",
            "Part of the traces that begin at the node; of others whoever began them decides",
            "a number from 0 to 1",
            "0.01",
            Settings::ratio);

    static final List<Setting<?>> ALL = List.of(
            NODE_ID,
            NODE_RACK,
            DATA_DIR,
            RAFT_DIR,
            INITIAL_NODES,
            REPLACE_DEAD_AFTER,
            CLIENT_BIND,
            CLIENT_ADVERTISED,
            EXTERNAL_BIND,
            EXTERNAL_ADVERTISED,
            NODE_BIND,
            NODE_ADVERTISED,
            HTTP_BIND,
            HTTP_MAX_CALLS,
            HTTP_MAX_TAILS,
            HTTP_BODY_MAX,
            INSECURE,
            BATCH_MAX,
            SEGMENT_MAX,
            SEGMENT_MAX_AGE,
            RETENTION,
            INDEX_INTERVAL,
            WRITER_THREADS,
            DIRECT_WRITES,
            COMPACTION_KEYS,
            COMPACTION_RATE,
            SCRUB_RATE,
            SCRUB_INTERVAL,
            UNSAFE_FLUSH,
            ELECTION_MIN,
            ELECTION_MAX,
            APPENDER_MAX_IN_FLIGHT,
            APPENDER_QUEUE_MAX,
            NODE_IN_FLIGHT_MAX,
            CONNECTION_IN_FLIGHT_MAX,
            CONNECTION_MAX_CALLS,
            NODE_MAX_CALLS,
            VALIDATION_THREADS,
            READER_THREADS,
            MAX_PARTITIONS,
            CHECKPOINT_BYTES,
            CHECKPOINT_INTERVAL,
            RAFT_SEGMENT_MAX,
            PRESERVED_ENTRIES,
            CATCH_UP_BYTES,
            CATCH_UP_REPLICAS,
            DISK_FLOOR_BYTES,
            DISK_FLOOR_PERCENT,
            GROUPS_MAX,
            GROUPS_MAX_MEMBERS,
            GROUPS_METADATA_MAX,
            GROUPS_GROUP_MAX,
            GROUPS_TOTAL_MAX,
            GROUPS_JOIN_RATE,
            GROUPS_JOINS_MAX,
            GROUPS_OFFSETS_MAX,
            GROUPS_SESSION_MIN,
            GROUPS_SESSION_MAX,
            GROUPS_RETENTION,
            METRICS_MAX_TOPICS,
            METRICS_MAX_PARTITIONS,
            METRICS_MAX_GROUP_PARTITIONS,
            TRACING_ENDPOINT,
            TRACING_RATIO);
    static final Map<String, Setting<?>> BY_KEY =
            ALL.stream().collect(Collectors.toUnmodifiableMap(Setting::key, Function.identity()));

    private Settings() {}

    static String help() {
        var head = """
                Starts one Cordwood node.

                Usage: cordwood-server [--config FILE] [--KEY=VALUE | --KEY VALUE]...

                Flags win over the environment (node.id is CORDWOOD_NODE_ID), that over the YAML file, that over the
                defaults.

                  --config
                      YAML file with the keys below (CORDWOOD_CONFIG)

                The log goes to standard error, as text or with CORDWOOD_LOG_FORMAT=json as one JSON object per line.
                """;
        return ALL.stream()
                .filter(setting -> !setting.hidden())
                .map(Setting::help)
                .collect(Collectors.joining("", head, ""));
    }

    private static Path path(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("empty");
        }
        try {
            return Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("no path", e);
        }
    }

    private static Optional<Duration> durationOrNever(String text) {
        if (text.equals("never")) {
            return Optional.empty();
        }
        var duration = Units.parseDuration(text);
        if (duration.compareTo(Duration.ofSeconds(1)) < 0 || duration.compareTo(Duration.ofDays(3650)) > 0) {
            throw new IllegalArgumentException("out of range");
        }
        return Optional.of(duration);
    }

    private static Optional<Endpoint> endpointOrNone(String text) {
        return text.equals("none") ? Optional.empty() : Optional.of(Endpoint.parse(text));
    }

    private static Optional<URI> urlOrNone(String text) {
        if (text.equals("none")) {
            return Optional.empty();
        }
        var url = URI.create(text);
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http || url.getHost() == null) {
            throw new IllegalArgumentException("no URL of HTTP");
        }
        return Optional.of(url);
    }

    private static double ratio(String text) {
        if (!text.matches("[01]|0?\\.[0-9]{1,9}|1\\.0+")) {
            throw new IllegalArgumentException("not from 0 to 1");
        }
        return Double.parseDouble(text);
    }

    private static SortedMap<Integer, Endpoint> nodes(String text) {
        var nodes = new TreeMap<Integer, Endpoint>();
        for (var entry : text.split(",", -1)) {
            int at = entry.indexOf('@');
            int id = NODE_ID.parser().apply(entry.substring(0, Math.max(0, at)).strip());
            var address = Endpoint.parse(entry.substring(at + 1).strip());
            if (nodes.containsValue(address) || nodes.putIfAbsent(id, address) != null) {
                throw new IllegalArgumentException("twice");
            }
        }
        return nodes;
    }
}
