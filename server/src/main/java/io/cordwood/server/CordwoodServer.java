package io.cordwood.server;

import io.cordwood.metadata.NodeLimits;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.MeterLimits;
import io.cordwood.raft.AppenderLimits;
import io.cordwood.raft.CatchUpLimits;
import io.cordwood.raft.CompactionLimits;
import io.cordwood.raft.LogUpkeep;
import io.cordwood.raft.NodeHalt;
import io.cordwood.raft.NodeTimings;
import io.cordwood.raft.PartitionSettings;
import io.cordwood.raft.RaftNode;
import io.cordwood.raft.RaftNodeConfig;
import io.cordwood.raft.RaftTimings;
import io.cordwood.raft.ScrubLimits;
import io.cordwood.raft.SpaceFloor;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.health.DiskWritable;
import io.cordwood.server.health.Readiness;
import io.cordwood.server.health.ReadinessCheck;
import io.cordwood.server.health.ReplicasOpen;
import io.cordwood.server.http.NodeHttp;
import io.cordwood.server.metrics.NodeMetrics;
import io.cordwood.server.rpc.ClientServer;
import io.cordwood.server.tracing.OtlpTracing;
import io.cordwood.server.tracing.Tracing;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: the only place where its parts are put together.
 *
 * <p>Invariants: clients are served from the moment the node has joined its cluster until the stop begins;
 * health and metrics from the start until nothing is in flight any more. What looks at the replicas is
 * closed before them.
 *
 * <p><b>Thread:</b> start and close by the owner, once each.
 */
public final class CordwoodServer {
    private static final Logger LOGGER = LoggerFactory.getLogger(CordwoodServer.class);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final Duration HAND_OVER = Duration.ofSeconds(5);
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);
    /** Most payload of one log entry, unless a single batch is larger. */
    private static final int ENTRY_BYTES = 1 << 20;

    private static final int APPENDER_THREADS = 2;
    private static final long WINDOW_BYTES = 64 << 20;

    private final ServerConfig config;
    private final Edge edge;
    private final RaftNode node;
    private final ClientServer clients;
    private final CompletableFuture<Void> ready;

    /** What stands around the node and tells of it, whatever its state. */
    private record Edge(
            Readiness readiness,
            NodeMetrics metrics,
            @Nullable OtlpTracing otlp,
            @Nullable NodeHttp http) {
        Tracing tracing() {
            return otlp == null ? Tracing.OFF : otlp.tracing();
        }

        void close() throws InterruptedException {
            if (http != null) {
                http.close(Deadline.after(LAST_ANSWERS));
            }
            if (otlp != null) {
                otlp.close();
            }
            metrics.close();
            readiness.close();
        }
    }

    private CordwoodServer(ServerConfig config, Edge edge, RaftNode node, ClientServer clients) {
        this.config = config;
        this.edge = edge;
        this.node = node;
        this.clients = clients;
        edge.metrics().watch(node::sample);
        this.ready = node.joined().thenCompose(joined -> {
            clients.open();
            edge.readiness().joined(checks(config, node));
            return edge.readiness().firstReady();
        });
    }

    /** Exit status 2: the settings are wrong, and standard error says how. */
    public static void main(String[] arguments) throws InterruptedException {
        int status = ServerProcess.run(List.of(arguments), System.getenv());
        System.exit(status);
    }

    /**
     * Starts a node and returns once it listens on its ports; it serves when {@link #ready} completes.
     *
     * @param halt ends the process, or in a test says so
     * @throws IOException when a port or the data directory cannot be used
     */
    public static CordwoodServer start(ServerConfig config, NodeHalt halt) throws IOException {
        LOGGER.info(
                "node {} starts in {}: batches up to {} bytes, so each partition replica takes about {} bytes of direct"
                        + " memory",
                config.node().id(),
                config.node().dataDir(),
                config.limits().batchMaxBytes(),
                payloadMaxBytes(config));
        warnOfDangers(config);
        // First, so that a taken port is told before any file is touched, and a long start can be watched.
        var edge = edge(config, onFailure(halt));
        try {
            return start(config, edge, halt);
        } catch (IOException | RuntimeException e) {
            closeAfterFailure(edge);
            throw e;
        }
    }

    private static CordwoodServer start(ServerConfig config, Edge edge, NodeHalt halt) throws IOException {
        var meters = edge.metrics().meters();
        var node = RaftNode.of(nodeConfig(config), partitionSettings(config), disk(config), halt, meters);
        try {
            node.start();
            var clients = clientServer(config, node, edge, halt);
            clients.start();
            edge.readiness().tell(clients::announce);
            var http = edge.http();
            if (http != null) {
                http.serve(clients.channel(), clients.methods());
            }
            return new CordwoodServer(config, edge, node, clients);
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private static Edge edge(ServerConfig config, UncaughtExceptionHandler onFailure) throws IOException {
        var readiness = new Readiness(onFailure);
        var metrics = metrics(config, readiness);
        try {
            var http = http(config, readiness, metrics, onFailure);
            return new Edge(readiness, metrics, otlp(config), http);
        } catch (IOException | RuntimeException e) {
            metrics.close();
            readiness.close();
            throw e;
        }
    }

    private static NodeMetrics metrics(ServerConfig config, Readiness readiness) {
        return new NodeMetrics(
                new MeterLimits(
                        config.metrics().maxTopics(),
                        config.metrics().maxPartitions(),
                        config.metrics().maxGroupPartitions()),
                Map.of("data", config.node().dataDir(), "raft", config.node().raftDir()),
                readiness::isReady);
    }

    private static @Nullable OtlpTracing otlp(ServerConfig config) {
        var endpoint = config.tracing().endpoint();
        return endpoint == null
                ? null
                : OtlpTracing.open(
                        endpoint, config.tracing().sampleRatio(), config.node().id());
    }

    private static @Nullable NodeHttp http(
            ServerConfig config, Readiness readiness, NodeMetrics metrics, UncaughtExceptionHandler onFailure)
            throws IOException {
        var bind = config.http().bind();
        if (bind == null) {
            return null;
        }
        return NodeHttp.open(
                new NodeHttp.Settings(
                        bind.socketAddress(),
                        config.http().maxCalls(),
                        config.http().maxTails(),
                        config.http().bodyMaxBytes(),
                        NodeHttp.HEARTBEAT),
                new NodeHttp.About(config.node().id(), readiness, metrics::page),
                onFailure);
    }

    private static void closeAfterFailure(Edge edge) {
        try {
            edge.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<ReadinessCheck> checks(ServerConfig config, RaftNode node) {
        var data = config.node().dataDir();
        var raft = config.node().raftDir();
        return List.of(
                new ReplicasOpen(new MetadataCluster(node), new RaftReplicas(node), System::nanoTime),
                new DiskWritable(raft.startsWith(data) ? List.of(data) : List.of(data, raft), node.space()::disks));
    }

    private static UncaughtExceptionHandler onFailure(NodeHalt halt) {
        return (thread, failure) -> halt.failed("thread " + thread.getName() + " died", failure);
    }

    /** What is never forced shall be lost as far as it can be: it goes through the page cache. */
    private static NioDisk disk(ServerConfig config) {
        return new NioDisk(config.log().directWrites() && !config.log().unsafeFlush());
    }

    private static void warnOfDangers(ServerConfig config) {
        if (config.insecure()) {
            LOGGER.warn(
                    "node {} runs with --insecure: whoever reaches {} may read, write and delete everything",
                    config.node().id(),
                    addresses(config));
        }
        if (config.log().unsafeFlush()) {
            LOGGER.warn(
                    "node {} runs with log.unsafe-flush: acknowledged records are not forced to disk and may be lost when"
                            + " machines fail, whatever durability an acknowledgement names",
                    config.node().id());
        }
    }

    /** Completes when the node has joined and is ready for the first time; fails when it cannot join. */
    public CompletableFuture<Void> ready() {
        return ready.copy();
    }

    /** What a starter waits for on standard output. */
    public String readyLine() {
        return "cordwood node " + config.node().id() + " ready: " + addresses(config);
    }

    private static String addresses(ServerConfig config) {
        var clients = config.clients().stream()
                .map(listener -> listener.bind().toString())
                .collect(Collectors.joining(" and "));
        var addresses = "clients " + clients + ", nodes " + config.nodes().bind();
        var http = config.http().bind();
        return http == null ? addresses : addresses + ", HTTP " + http;
    }

    /**
     * Hands leaderships over, while clients are still told where they went; then refuses new work, finishes what is in
     * flight and closes.
     */
    public void close() throws IOException, InterruptedException {
        LOGGER.info(
                "node {} stops: handing leaderships over and finishing what is in flight",
                config.node().id());
        edge.readiness().stopping();
        node.handOverLeaderships(HAND_OVER);
        clients.beginStop();
        clients.close(Deadline.after(DRAIN));
        edge.close();
        node.close();
        LOGGER.info("node {} stopped", config.node().id());
    }

    private static ClientServer clientServer(ServerConfig config, RaftNode node, Edge edge, NodeHalt halt) {
        var ports = new ClientServer.Ports(
                new MetadataCluster(node),
                new TransportPeers(node.transport()),
                new RaftReplicas(node),
                topicDefaults(config),
                config.groups(),
                Clock.systemUTC(),
                edge.metrics().server(),
                edge.tracing());
        var listeners = config.clients().stream()
                .map(listener -> new ClientServer.Listener(
                        listener.name(), listener.bind().socketAddress()))
                .toList();
        return new ClientServer(listeners, config.limits(), ports, onFailure(halt));
    }

    private static RaftNodeConfig nodeConfig(ServerConfig config) {
        var initialNodes = new TreeMap<Integer, String>();
        config.node().initialNodes().forEach((id, address) -> initialNodes.put(id, address.toString()));
        var clientAddresses = new TreeMap<String, String>();
        config.clients()
                .forEach(listener -> clientAddresses.put(
                        listener.name(), listener.advertised().toString()));
        return new RaftNodeConfig(
                config.node().id(),
                config.node().dataDir(),
                config.node().raftDir(),
                initialNodes,
                config.nodes().bind().host(),
                config.nodes().bind().port(),
                config.nodes().advertised().toString(),
                clientAddresses,
                config.node().rack(),
                new NodeLimits(config.raft().maxPartitions(), config.limits().batchMaxBytes()),
                RaftNodeConfig.FEATURES,
                payloadMaxBytes(config),
                new RaftTimings(
                        config.raft().electionTimeoutMin(), config.raft().electionTimeoutMax()),
                NodeTimings.DEFAULT.replacingDeadAfter(config.raft().replaceDeadAfter()),
                logUpkeep(config.upkeep()),
                new CatchUpLimits(
                        config.upkeep().catchUpBytesPerSecond(), config.upkeep().catchUpMaxReplicas()),
                new SpaceFloor(config.disks().floorBytes(), config.disks().floorPercent()));
    }

    private static LogUpkeep logUpkeep(ServerConfig.Upkeep upkeep) {
        return new LogUpkeep(
                upkeep.checkpointBytes(),
                upkeep.checkpointInterval(),
                LogUpkeep.DEFAULT.metadataEntries(),
                upkeep.raftSegmentMaxBytes(),
                LogUpkeep.DEFAULT.purgeGap(),
                upkeep.preservedEntries());
    }

    private static PartitionSettings partitionSettings(ServerConfig config) {
        var log = config.log();
        return new PartitionSettings(
                LogConfig.defaults()
                        .withSegmentMaxBytes(log.segmentMaxBytes())
                        .withSegmentMaxAge(log.segmentMaxAge())
                        .withIndexIntervalBytes(log.indexIntervalBytes())
                        .withUnsafeFlush(log.unsafeFlush()),
                topicDefaults(config),
                new AppenderLimits(
                        config.raft().appenderQueueMaxBytes(),
                        payloadMaxBytes(config),
                        config.raft().appenderMaxInFlight()),
                log.writerThreads(),
                APPENDER_THREADS,
                WINDOW_BYTES,
                new CompactionLimits(
                        log.compaction().keyBytes(), log.compaction().bytesPerSecond()),
                new ScrubLimits(log.scrub().bytesPerSecond(), log.scrub().interval()));
    }

    private static TopicConfig topicDefaults(ServerConfig config) {
        return new TopicConfig(
                config.log().segmentMaxBytes(),
                config.log().segmentMaxAge().toMillis(),
                config.limits().batchMaxBytes(),
                TopicConfig.DEFAULTS.timestampSource(),
                config.log().retention().toMillis(),
                TopicConfig.DEFAULTS.retentionBytes(),
                TopicConfig.DEFAULTS.cleanup());
    }

    private static int payloadMaxBytes(ServerConfig config) {
        return Math.max(ENTRY_BYTES, config.limits().batchMaxBytes());
    }
}
