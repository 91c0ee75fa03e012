package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.cli.local.ClusterSpec;
import io.cordwood.cli.local.LocalCluster;
import io.cordwood.cli.local.NodePorts;
import io.cordwood.cli.local.ServerArchive;
import io.cordwood.client.Admin;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.NewTopic;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.RecordMetadata;
import io.cordwood.client.TopicDescription;
import io.cordwood.store.OffsetRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real server processes in a temporary directory, in the words of the domain. Every wait has a deadline.
 *
 * <p>Invariant: after {@link #close} no process that it started is left.
 *
 * <p><b>Thread:</b> the test's.
 */
final class TestCluster implements AutoCloseable {
    /** Far more than anything here takes, also where other builds share the machine. */
    static final Duration PATIENCE = Duration.ofSeconds(90);

    /** The servers of a test live shortly: they start sooner without the second compiler. */
    static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1");

    private static final Duration POLL = Duration.ofMillis(50);
    private static final int QUOTED_LOG_LINES = 40;
    private static final int FIRST_PORT = 12_000;
    private static final int PORTS_OF_A_FORK = 2_600;

    private final Path directory;
    private final List<NodePorts> ports;
    private List<String> settings = List.of();
    private List<String> jvmOptions = QUICK_START;
    private final List<NodeProcess> guests = new ArrayList<>();
    private @Nullable LocalCluster processes;
    private @Nullable CordwoodClient client;
    private boolean keepFiles;

    private TestCluster(Path directory, List<NodePorts> ports) {
        this.directory = directory;
        this.ports = List.copyOf(ports);
    }

    /** Ports that no other test process picks, nor a demo that runs beside, even while their node is down. */
    static List<NodePorts> freePorts(int nodes) {
        int start = FIRST_PORT + PORTS_OF_A_FORK * (Integer.getInteger("test.fork", 1) - 1);
        return NodePorts.free(nodes, start, start + PORTS_OF_A_FORK);
    }

    /** A cluster that is not started yet; {@link Clusters} hands them out and closes them. */
    static TestCluster of(List<NodePorts> ports) {
        try {
            return new TestCluster(Files.createTempDirectory("cordwood-it-"), ports);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Polls a condition until the deadline; refusals that waiting cures are waited out. */
    static ConditionFactory soon() {
        return Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(POLL)
                .ignoreExceptionsMatching(
                        problem -> problem instanceof CordwoodException refused && refused.retryable());
    }

    /** Flags for every server. */
    TestCluster withSettings(String... flags) {
        settings = List.of(flags);
        return this;
    }

    TestCluster withJvmOptions(String... options) {
        jvmOptions = Stream.concat(QUICK_START.stream(), Stream.of(options)).toList();
        return this;
    }

    /** Starts every node and returns when all are ready. */
    TestCluster start() {
        processes().start(PATIENCE, line -> {});
        return this;
    }

    /** Starts nodes and waits for none of them. */
    TestCluster begin(int... nodes) {
        Arrays.stream(nodes).forEach(processes()::startNode);
        return this;
    }

    void awaitReady(int... nodes) {
        Arrays.stream(nodes).forEach(node -> processes().awaitReady(node, PATIENCE));
    }

    /** Until the others take it for dead. */
    void awaitDead(int node) {
        awaitState(node, NodeDescription.State.DEAD);
    }

    private void awaitState(int node, NodeDescription.State state) {
        soon().until(() ->
                admin().cluster().nodes().stream().anyMatch(known -> known.nodeId() == node && known.state() == state));
    }

    /** Until they are ready, and the others count them as alive, too: a topic may be placed on them at once. */
    void restart(int... nodes) {
        begin(nodes).awaitReady(nodes);
        Arrays.stream(nodes).forEach(node -> awaitState(node, NodeDescription.State.ALIVE));
    }

    void restartAll() {
        restart(nodeIds().stream().mapToInt(node -> node).toArray());
    }

    /** As a crash: SIGKILL; returns when the process is gone. */
    void kill(int node) {
        processes().kill(node);
    }

    /** All at once, as a crash. */
    void killAll() {
        processes().killAll();
    }

    /** SIGTERM; killed after the patience. */
    void stop(int node) {
        processes().stopNode(node, PATIENCE);
    }

    void stopAll() {
        processes().stop(PATIENCE);
    }

    /**
     * SIGSTOP: the process stays, with its connections. Returns when none of its threads does anything any more,
     * in the kernel neither.
     */
    void suspend(int node) {
        signal("-STOP", node);
        soon().until(() -> ProcessThreads.areStopped(processes().pid(node)));
    }

    void resume(int node) {
        signal("-CONT", node);
    }

    boolean isRunning(int node) {
        return processes().isRunning(node);
    }

    List<Integer> nodeIds() {
        return processes().nodeIds();
    }

    /** Any client address of the cluster, several with commas between. */
    String bootstrap() {
        return String.join(",", processes().clientAddresses());
    }

    String clientAddress(int node) {
        return processes().clientAddress(node);
    }

    String nodeAddress(int node) {
        return processes().nodeAddress(node);
    }

    String httpAddress(int node) {
        return processes().httpAddress(node);
    }

    Path directory() {
        return directory;
    }

    Path dataDirectory(int node) {
        return processes().dataDirectory(node);
    }

    /** The same as what lies there. */
    NodeFiles files(int node) {
        return new NodeFiles(dataDirectory(node));
    }

    /** The node's own directory, which is its process's working directory. */
    Path nodeDirectory(int node) {
        return directory.resolve("n" + node);
    }

    /** What a node has printed since it was first started. */
    String logOf(int node) {
        try {
            return Files.readString(processes().logFile(node));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code 1@host:port,...} of the nodes that formed the cluster. */
    String initialNodes() {
        return String.join(
                ",",
                nodeIds().stream().map(node -> node + "@" + nodeAddress(node)).toList());
    }

    /** A server with flags of the test's choice, ended with the cluster. */
    NodeProcess guest(String name, String... flags) {
        var guest = NodeProcess.start(directory.resolve(name), List.of(flags));
        guests.add(guest);
        return guest;
    }

    CordwoodClient client() {
        if (client == null) {
            client = CordwoodClient.connect(bootstrap().split(","));
        }
        return client;
    }

    Admin admin() {
        return client().admin();
    }

    TopicDescription createTopic(String name, int partitions) {
        return admin().createTopic(NewTopic.of(name)
                .withPartitions(partitions)
                .withReplicas(nodeIds().size()));
    }

    /** Publishes values one after the other to one partition, each acknowledged before the next. */
    List<RecordMetadata> publish(String topic, int partition, String... values) {
        var places = new ArrayList<RecordMetadata>();
        try (var producer = client().producer().linger(Duration.ZERO).open()) {
            for (var value : values) {
                places.add(producer.send(new io.cordwood.client.ProducerRecord(
                                topic, partition, null, value.getBytes(StandardCharsets.UTF_8)))
                        .join());
            }
        }
        return places;
    }

    /** Every record from the log starts to the ends as they are now, in the order of each partition. */
    List<ConsumedRecord> readAll(String topic) {
        return served().readAll(topic);
    }

    /** The leaderships of a new topic go to the preferred nodes; a record sent meanwhile may be refused. */
    boolean isBalanced(String topic) {
        return served().isBalanced(topic);
    }

    /** The node that leads, as soon as one does. */
    int leaderOf(String topic, int partition) {
        return served().leaderOf(topic, partition);
    }

    /** Where every partition has a leader that answers: by partition, its node. */
    SortedMap<Integer, Integer> leadersOf(String topic) {
        return served().leadersOf(topic);
    }

    /** Waits until every replica of every partition has its leader's high watermark: what they hold, by partition. */
    List<OffsetRange> awaitSettled(String topic) {
        return served().awaitSettled(topic);
    }

    private ServedCluster served() {
        return new ServedCluster(client());
    }

    /** Segment files of the replica on this node. */
    SegmentFiles replica(int node, String topic, int partition) {
        var topicId = admin().topic(topic).topicId();
        return new SegmentFiles(dataDirectory(node).resolve("partitions").resolve(topicId + "-" + partition));
    }

    /** Fails unless all replicas hold the same bytes below the high watermark that they all reach. */
    void assertReplicasIdentical(String topic) {
        var settled = awaitSettled(topic);
        for (var partition : admin().topic(topic).partitions()) {
            var range = settled.get(partition.partition());
            var nodes = partition.replicas();
            var first = replica(nodes.get(0), topic, partition.partition()).batches(range);
            for (var node : nodes.subList(1, nodes.size())) {
                assertThat(replica(node, topic, partition.partition()).batches(range))
                        .as(
                                "%s-%d %s on node %d, compared with node %d",
                                topic, partition.partition(), range, node, nodes.get(0))
                        .isEqualTo(first);
            }
        }
    }

    /** Keeps the directory at {@link #close} and tells where it is. */
    void keepFiles() {
        keepFiles = true;
    }

    @Override
    public void close() {
        if (client != null) {
            // Closing waits for producers, which may be waiting for nodes that a failed test left dead.
            CompletableFuture.runAsync(client::close)
                    .orTimeout(5, java.util.concurrent.TimeUnit.SECONDS)
                    .exceptionally(problem -> null)
                    .join();
        }
        guests.forEach(NodeProcess::kill);
        if (processes != null) {
            processes.close();
        }
        if (keepFiles) {
            describeFailure();
        } else {
            deleteDirectory();
        }
    }

    private LocalCluster processes() {
        if (processes == null) {
            var unused = ServerArchive.prepare(line -> {});
            processes = LocalCluster.of(new ClusterSpec(directory, ports, settings, jvmOptions, false));
        }
        return processes;
    }

    private void signal(String signal, int node) {
        var sent =
                Command.of("kill", signal, Long.toString(processes().pid(node))).run();
        assertThat(sent.exitCode()).as(sent.toString()).isZero();
    }

    private void describeFailure() {
        System.err.println("files of the failed test are kept in " + directory);
        try (var entries = Files.walk(directory, 2)) {
            entries.filter(file -> file.endsWith("server.log")).sorted().forEach(log -> {
                System.err.println("--- " + log);
                lastLines(log).forEach(System.err::println);
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lastLines(Path log) {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            var all = lines.toList();
            return all.subList(Math.max(0, all.size() - QUOTED_LOG_LINES), all.size());
        } catch (IOException e) {
            return List.of("unreadable: " + e);
        }
    }

    private void deleteDirectory() {
        try {
            if (processes != null) {
                processes.deleteDirectory();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }

    /** Settings of a topic, for readers of a test. */
    TopicDescription createTopic(String name, int partitions, int replicas, Map<String, String> config) {
        return admin().createTopic(name, partitions, replicas, config);
    }
}
