package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.FeatureRange;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeLimits;
import io.cordwood.metadata.NodeState;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.store.NioDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Nodes of one or more clusters on loopback, within this JVM. As an extension it lives as long as one test. */
final class NodeWorld implements AutoCloseable, AfterEachCallback {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final RaftTimings RAFT = new RaftTimings(Duration.ofMillis(400), Duration.ofMillis(800));
    private static final NodeTimings TIMINGS = new NodeTimings(
            Duration.ofMillis(200),
            Duration.ofMillis(4000),
            null, // a node that a test stops keeps its replicas
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            // Nearly as long as a test waits: on a busy machine two nodes of three elect for a while.
            PATIENCE.minusSeconds(5));

    private final Supplier<Path> directory;
    private FeatureRange features = RaftNodeConfig.FEATURES;
    private final SortedMap<Integer, String> addresses = new TreeMap<>();
    /** Those of links in front of nodes. */
    private final Map<Integer, String> fronts = new HashMap<>();

    private final Map<Integer, RaftNode> nodes = new ConcurrentHashMap<>();
    private final Map<Integer, CountingHost> hosts = new HashMap<>();
    /** Of all nodes. */
    final HoldingDisk disk = new HoldingDisk(new UnforcedDisk(new NioDisk()));

    final List<String> halts = new CopyOnWriteArrayList<>();

    private LogUpkeep upkeep = LogUpkeep.DEFAULT;
    private CatchUpLimits catchUp = CatchUpLimits.DEFAULT;
    private Consumer<CatchUps> whileOpening = catchUps -> {};
    private boolean keepsPartitions;
    private NodeTimings timings = TIMINGS;
    private RaftTimings raftTimings = RAFT;

    NodeWorld(Path directory, int... ids) {
        this(() -> directory, ids);
    }

    /** @param directory asked for when nodes are started */
    NodeWorld(Supplier<Path> directory, int... ids) {
        this.directory = directory;
        var ports = TestPorts.free(ids.length);
        for (int i = 0; i < ids.length; i++) {
            addresses.put(ids[i], "127.0.0.1:" + ports.get(i));
        }
    }

    /** Nodes that are started from now on run a program of these feature levels. */
    void runProgramOf(int minLevel, int maxLevel) {
        features = new FeatureRange(minLevel, maxLevel);
    }

    /** Nodes that are started from now on give the replicas of dead ones to others. */
    void replaceDeadAfter(Duration delay) {
        timings = TIMINGS.replacingDeadAfter(delay);
    }

    /** Of nodes that are started from now on. */
    void raftTimings(RaftTimings newTimings) {
        raftTimings = newTimings;
    }

    /** Of nodes that are started from now on. */
    void upkeep(LogUpkeep newUpkeep) {
        upkeep = newUpkeep;
    }

    /** Of nodes that are started from now on. */
    void catchUp(CatchUpLimits newLimits) {
        catchUp = newLimits;
    }

    /** Nodes that are started from now on have all their threads for partitions taken by catch-ups that do not end. */
    void partitionsCatchUpForEver() {
        whileOpening = catchUps -> {
            for (int i = 0; i < CatchUpLimits.DEFAULT.atOnce(); i++) {
                catchUps.executor().execute(() -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt(); // the node stops
                    }
                });
            }
        };
    }

    /** Where the others reach the node. */
    String address(int id) {
        return String.valueOf(fronts.getOrDefault(id, addresses.get(id)));
    }

    /** The others reach the node by this link from now on; before it is started. */
    BreakableLink linkTo(int id) throws IOException {
        var link = BreakableLink.to(port(String.valueOf(addresses.get(id))));
        fronts.put(id, link.address());
        return link;
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring("127.0.0.1:".length()));
    }

    SortedMap<Integer, String> list(Integer... ids) {
        var list = new TreeMap<Integer, String>();
        Stream.of(ids).forEach(id -> list.put(id, address(id)));
        return list;
    }

    RaftNodeConfig config(int id, SortedMap<Integer, String> initialNodes) {
        return config(id, initialNodes, directory.get().resolve("node-" + id));
    }

    RaftNodeConfig config(int id, SortedMap<Integer, String> initialNodes, Path data) {
        return configAt(address(id), id, initialNodes, data);
    }

    /** Of a node that may serve at another address than the initial nodes say. */
    RaftNodeConfig configAt(String address, int id, SortedMap<Integer, String> initialNodes, Path data) {
        var clients = new TreeMap<>(Map.of("client", "127.0.0.1:" + (20000 + id)));
        int port = port(address.equals(fronts.get(id)) ? String.valueOf(addresses.get(id)) : address);
        return new RaftNodeConfig(
                id,
                data,
                data.resolve("raft"),
                initialNodes,
                "127.0.0.1",
                port,
                address,
                clients,
                "",
                new NodeLimits(300, 1 << 20),
                features,
                1 << 20,
                raftTimings,
                timings,
                upkeep,
                catchUp,
                SpaceFloor.DEFAULT);
    }

    RaftNode start(int id, SortedMap<Integer, String> initialNodes) throws IOException {
        return start(config(id, initialNodes));
    }

    RaftNode start(RaftNodeConfig config) throws IOException {
        var node = keepsPartitions
                ? RaftNode.of(config, PartitionSettings.DEFAULT, disk, new RecordedHalts(halts), NodeMeters.unseen())
                : countingNode(config);
        try {
            node.start();
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
        nodes.put(config.nodeId(), node);
        return node;
    }

    private RaftNode countingNode(RaftNodeConfig config) {
        var host = new CountingHost();
        hosts.put(config.nodeId(), host);
        return new RaftNode(
                config,
                disk,
                shared -> {
                    whileOpening.accept(shared.catchUps());
                    return host;
                },
                new RecordedHalts(halts),
                NodeMeters.unseen());
    }

    /** Nodes that are started from now on keep partitions in files, instead of a {@link CountingHost}. */
    void keepPartitions() {
        keepsPartitions = true;
    }

    /**
     * Starts nodes 1 to 3 and waits until they are members, and alive: one that the machine held up may count as dead, and no topic
     * is placed on it then.
     */
    void startThree() throws Exception {
        for (int id = 1; id <= 3; id++) {
            start(id, list(1, 2, 3));
        }
        awaitJoined(1, 2, 3);
        awaitImage(
                1,
                "three nodes that are alive",
                image -> IntStream.rangeClosed(1, 3)
                        .allMatch(id -> image.node(id)
                                .filter(node -> node.state() == NodeState.ALIVE)
                                .isPresent()));
    }

    void awaitJoined(int... ids) throws Exception {
        for (int id : ids) {
            node(id).joined().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    RaftNode node(int id) {
        var node = nodes.get(id);
        assertThat(node).as("node %s runs", id).isNotNull();
        return node;
    }

    CountingHost host(int id) {
        var host = hosts.get(id);
        assertThat(host).as("host %s", id).isNotNull();
        return host;
    }

    /** Where Ratis keeps the metadata group of a node, which may be stopped. */
    Path metadataRaftGroup(int id) throws IOException {
        var data = directory.get().resolve("node-" + id);
        var file = Pattern.compile("\"metadataGroupId\"\\s*:\\s*\"([^\"]+)\"")
                .matcher(Files.readString(data.resolve("node.json")));
        assertThat(file.find()).isTrue();
        return data.resolve("raft").resolve(file.group(1));
    }

    /** Those that run now; some may be stopping. */
    List<RaftNode> running() {
        return List.copyOf(nodes.values());
    }

    boolean runs(int id) {
        return nodes.containsKey(id);
    }

    void stop(int id) throws IOException {
        node(id).close();
        nodes.remove(id);
    }

    MetadataResult submit(int id, MetadataCommand command) throws Exception {
        return node(id).metadata().submit(command).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    void createTopic(int id, String name, int partitions, int replicationFactor) throws Exception {
        assertThat(tryCreateTopic(id, name, partitions, replicationFactor)).isInstanceOf(MetadataResult.Done.class);
    }

    MetadataResult tryCreateTopic(int id, String name, int partitions, int replicationFactor) throws Exception {
        var groups = Stream.generate(UUID::randomUUID).limit(partitions).toList();
        return submit(
                id,
                new MetadataCommand.CreateTopic(name, UUID.randomUUID(), groups, replicationFactor, new TreeMap<>()));
    }

    MetadataImage image(int id) {
        return node(id).metadata().image();
    }

    void awaitImage(int id, String what, Predicate<MetadataImage> condition) {
        await(what + " on node " + id, () -> condition.test(image(id)));
    }

    void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what).atMost(PATIENCE).until(condition);
    }

    int metadataLeader() {
        await(
                "a metadata leader",
                () -> nodes.values().stream()
                        .anyMatch(node -> node.metadata().leaderNodeId().isPresent()));
        return nodes.values().stream()
                .flatMap(node -> node.metadata().leaderNodeId().stream().boxed())
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() throws IOException {
        disk.releaseAll();
        PartitionCluster.allAtOnce(running(), RaftNode::close);
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        close();
        assertThat(halts).isEmpty();
    }
}
