package io.cordwood.chaos.faults;

import io.cordwood.chaos.net.FaultProxy;
import io.cordwood.chaos.net.ProcSources;
import io.cordwood.cli.local.ServerArchive;
import io.cordwood.client.Admin;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.it.LoopDisk;
import io.cordwood.it.NodeFiles;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A cluster of server processes whose nodes and clients reach each other by proxies in this process only,
 * and whose data lies on disks of their own where the machine can have such.
 *
 * <p>Invariant: after {@link #close}, and after an end of this process other than by SIGKILL, no process of
 * it is left and nothing is mounted.
 *
 * <p><b>Thread:</b> any. What befalls one node is asked for by one thread at a time.
 */
public final class ChaosCluster implements AutoCloseable {
    private static final String MAIN_CLASS = "io.cordwood.server.CordwoodServer";
    private static final Duration POLL = Duration.ofMillis(50);
    /** So that another node is asked where the first one is cut off from the others. */
    private static final Duration CLIENT_TIMEOUT = Duration.ofSeconds(15);

    private static final int FIRST_JAVA_WITH_UNSAFE_FLAG = 24;
    private static final String RIGHT_TIME = "+0s";

    private final ChaosSpec spec;
    private final List<NodeAddresses> addresses;
    private final Map<Integer, ServerNode> nodes = new TreeMap<>();
    private final Map<Integer, LoopDisk> disks = new TreeMap<>();
    private final FaultProxy network;
    private final CordwoodClient watcher;
    private final Thread atExit = new Thread(this::endAll, "chaos-cluster-end");
    // Guarded by the monitor, as is each start: nothing starts once the end has begun.
    private boolean closed;

    private ChaosCluster(ChaosSpec spec) {
        this.spec = spec;
        addresses = NodeAddresses.free(spec.nodes());
        for (var each : addresses) {
            nodes.put(
                    each.node(),
                    new ServerNode(each.node(), directory(each.node()), words(each), environment(each.node())));
        }
        network = FaultProxy.start(new ProcSources(this::nodesByPid));
        watcher = CordwoodClient.builder()
                .bootstrap(addresses.stream().map(NodeAddresses::watchAddress).toList())
                .requestTimeout(CLIENT_TIMEOUT)
                .build();
    }

    /** Makes directories, disks and proxies; no server runs yet. */
    public static ChaosCluster prepare(ChaosSpec spec) {
        var unused = ServerArchive.prepare(line -> {});
        var cluster = new ChaosCluster(spec);
        Runtime.getRuntime().addShutdownHook(cluster.atExit);
        try {
            cluster.listen();
            cluster.makeDirectories();
            return cluster;
        } catch (RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    private void listen() {
        for (var each : addresses) {
            network.listen(
                    each.node(),
                    FaultProxy.Audience.NODES,
                    NodeAddresses.socket(each.nodeProxy()),
                    NodeAddresses.socket(each.own().nodePort()));
            network.listen(
                    each.node(),
                    FaultProxy.Audience.CLIENTS,
                    NodeAddresses.socket(each.clientProxy()),
                    NodeAddresses.socket(each.own().clientPort()));
        }
    }

    private synchronized void makeDirectories() {
        try {
            for (var node : nodes.values()) {
                Files.createDirectories(node.dataDirectory());
                Files.writeString(clock(node.node()), RIGHT_TIME);
                if (spec.equipment().disks()) {
                    var image = spec.directory().resolve("disk" + node.node() + ".img");
                    disks.put(node.node(), LoopDisk.make(image, spec.diskMebibytes(), node.dataDirectory()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path directory(int node) {
        return spec.directory().resolve("n" + node);
    }

    private Path clock(int node) {
        return directory(node).resolve("clock");
    }

    private List<String> words(NodeAddresses of) {
        var words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseG1GC",
                "-XX:MaxDirectMemorySize=512m",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= FIRST_JAVA_WITH_UNSAFE_FLAG) {
            words.add("--sun-misc-unsafe-memory-access=allow");
        }
        words.addAll(ServerArchive.flags());
        words.addAll(spec.jvmOptions());
        words.addAll(List.of("-cp", classPath(), MAIN_CLASS));
        words.addAll(of.flags(addresses));
        words.add("--data.dir=" + directory(of.node()).resolve("data"));
        words.addAll(spec.flags());
        return words;
    }

    /** What is shipped, or what this process runs from. */
    private static String classPath() {
        var library = System.getProperty("cordwood.lib");
        return library == null ? System.getProperty("java.class.path") : library + File.separator + "*";
    }

    private Map<String, String> environment(int node) {
        var environment = new HashMap<String, String>();
        spec.equipment().clock().ifPresent(library -> {
            environment.put("LD_PRELOAD", library.toString());
            environment.put("FAKETIME_TIMESTAMP_FILE", clock(node).toString());
            environment.put("FAKETIME_CACHE_DURATION", "1");
            environment.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            environment.put("FAKETIME_FORCE_MONOTONIC_FIX", "0");
        });
        return environment;
    }

    private Map<Long, Integer> nodesByPid() {
        return nodes.values().stream()
                .filter(ServerNode::isRunning)
                .collect(Collectors.toMap(ServerNode::pid, ServerNode::node));
    }

    /** Starts all nodes and waits until they are ready. */
    public void start(Duration patience) {
        nodeIds().forEach(this::begin);
        for (int node : nodeIds()) {
            if (!awaitReady(node, patience)) {
                throw new IllegalStateException(
                        "node " + node + " is not ready after " + patience + ": " + logOf(node));
            }
        }
    }

    public ChaosSpec spec() {
        return spec;
    }

    public List<Integer> nodeIds() {
        return List.copyOf(nodes.keySet());
    }

    /** Where clients connect, by the proxies. */
    public List<String> clientAddresses() {
        return addresses.stream().map(NodeAddresses::clientAddress).toList();
    }

    /** Health and metrics of a node, which no fault of the network touches. */
    public String httpAddress(int node) {
        return addresses.get(node - 1).httpAddress();
    }

    /** Where no fault of the network keeps whoever watches from the nodes. */
    public List<String> watchAddresses() {
        return addresses.stream().map(NodeAddresses::watchAddress).toList();
    }

    /** By way of {@link #watchAddresses}; a call takes a quarter of a minute at most. */
    public Admin admin() {
        return watcher.admin();
    }

    public FaultProxy network() {
        return network;
    }

    /** Empty where nodes share the machine's disk. */
    public Optional<LoopDisk> disk(int node) {
        return Optional.ofNullable(disks.get(node));
    }

    /** Takes the power of nodes' disks away, under whatever runs: see {@link LoopDisk#losePower}. */
    public void losePower(Collection<Integer> victims, LoopDisk.PowerLoss how) {
        try {
            victims.forEach(victim -> {
                // One that has ended writes nothing either.
                var unused = node(victim).pause();
            });
            victims.forEach(victim -> disk(victim).orElseThrow().losePower(how));
        } finally {
            victims.forEach(this::resume);
        }
    }

    /** Kills a node whose disk has lost its power, and mounts the disk again; nothing once the end has begun. */
    public synchronized void restorePower(int node) {
        if (!closed) {
            kill(node);
            var disk = disk(node).orElseThrow();
            disk.unmount();
            disk.mount();
        }
    }

    public NodeFiles files(int node) {
        return new NodeFiles(node(node).dataDirectory());
    }

    /** What its processes have printed. */
    public String logOf(int node) {
        return node(node).log();
    }

    /** What its newest process has printed. */
    String newLogOf(int node) {
        return node(node).newLog();
    }

    /** Starts a node that does not run, and waits for nothing. */
    public synchronized void begin(int node) {
        requireOpen();
        node(node).start();
    }

    /** The same of one process with another value for one of the flags. */
    synchronized void beginWith(int node, String key, String value) {
        requireOpen();
        node(node).startWith(key, value);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the cluster in " + spec.directory() + " is closed");
        }
    }

    /** Whether its newest process runs and has said that it can serve. */
    boolean isReady(int node) {
        return node(node).isReady();
    }

    /** Whether the node says that it can serve, within the time. */
    public boolean awaitReady(int node, Duration patience) {
        try {
            Awaitility.await()
                    .atMost(patience)
                    .pollInterval(POLL)
                    .until(() -> node(node).isReady() || !isRunning(node));
            return node(node).isReady();
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    public boolean isRunning(int node) {
        return node(node).isRunning();
    }

    /** SIGKILL; returns when they are gone. */
    public void kill(Collection<Integer> victims) {
        victims.forEach(victim -> node(victim).kill());
        victims.forEach(victim -> {
            if (!node(victim).awaitEnd()) {
                throw new IllegalStateException("node " + victim + " does not end, process "
                        + node(victim).pid());
            }
        });
    }

    public void kill(int node) {
        kill(List.of(node));
    }

    /**
     * SIGSTOP: it keeps its connections, and does nothing. Returns when it stands still.
     *
     * @throws IllegalStateException where it does not run
     */
    public void pause(int node) {
        if (!node(node).pause()) {
            throw new IllegalStateException("node " + node + " does not run: there is nothing to pause");
        }
    }

    /** SIGCONT. */
    public void resume(int node) {
        node(node).resume();
    }

    /** Whether its process may end by itself from now on, without being told of in {@link #unexpectedEnds}. */
    void mayEnd(int node, boolean may) {
        node(node).mayEnd(may);
    }

    /** What the nodes said that ended with nobody's doing; each once. */
    public List<String> unexpectedEnds() {
        return nodes.values().stream()
                .flatMap(node -> node.unexpectedEnds().stream())
                .toList();
    }

    /** Of the newest process; empty where it has ended. */
    public Optional<Resources> resources(int node) {
        return Resources.of(node(node).pid());
    }

    /**
     * Sets a node's clock wrong by so many seconds; 0 is right. Nodes have clocks where {@link Equipment} has
     * them.
     */
    public void stepClock(int node, long seconds) {
        try {
            // In place: the library reads it again each second, and a process that finds no file keeps the right time.
            Files.writeString(clock(node), (seconds < 0 ? "" : "+") + seconds + "s");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The node that leads a partition, as its leader says itself; empty also where nobody answers in time. */
    public OptionalInt leaderOf(String topic, int partition) {
        try {
            return admin().partitions(topic).stream()
                    .filter(found -> found.partition().partition() == partition)
                    .filter(found ->
                            found.error().isEmpty() && found.highWatermark().isPresent())
                    .flatMapToInt(found -> found.leader().stream())
                    .findFirst();
        } catch (CordwoodException e) {
            if (e.retryable()) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    private ServerNode node(int node) {
        return Objects.requireNonNull(nodes.get(node), () -> "node " + node + " is none of " + nodes.keySet());
    }

    /** Kills whatever runs and unmounts the disks; the directory stays. */
    @Override
    public void close() {
        endAll();
        watcher.close();
        network.close();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The process is ending: the hook does the same again, which does nothing.
        }
    }

    private synchronized void endAll() {
        closed = true;
        nodes.values().forEach(ServerNode::kill);
        nodes.values().forEach(node -> {
            var unused = node.awaitEnd();
        });
        disks.values().forEach(LoopDisk::detach);
        disks.clear();
    }
}
