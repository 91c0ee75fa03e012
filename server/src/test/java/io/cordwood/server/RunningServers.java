package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.raft.RecordedHalts;
import io.cordwood.raft.TestPorts;
import io.cordwood.server.config.ConfigException;
import io.cordwood.server.config.ServerConfig;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The servers of a small cluster in this process, on loopback. None of them may want to halt.
 *
 * <p>Thread: one.
 */
final class RunningServers {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Integer> nodePorts;
    private final List<Integer> clientPorts;
    private final List<Integer> externalPorts;
    private final List<Integer> httpPorts;
    private final Path directory;
    private final List<String> settings;
    /** By node id. */
    private final SortedMap<Integer, CordwoodServer> servers = new TreeMap<>();

    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<String> halts = new CopyOnWriteArrayList<>();

    private RunningServers(Path directory, int count, List<String> settings) {
        this.directory = directory;
        this.settings = settings;
        nodePorts = TestPorts.free(count);
        clientPorts = TestPorts.free(count);
        externalPorts = TestPorts.free(count);
        httpPorts = TestPorts.free(count);
    }

    /**
     * Waits until all are ready.
     *
     * @param directory holds {@code n1}, {@code n2}, ...
     */
    static RunningServers start(Path directory, int count, String... settings) throws IOException, ConfigException {
        var servers = new RunningServers(directory, count, List.of(settings));
        for (int node = 1; node <= count; node++) {
            servers.channels.add(channelTo(servers.clientAddress(node)));
        }
        servers.startAll();
        return servers;
    }

    /** Those that do not run, with the directories that they had; waits until all are ready. */
    void startAll() throws IOException, ConfigException {
        for (int node = 1; node <= nodePorts.size(); node++) {
            if (!servers.containsKey(node)) {
                start(node);
            }
        }
        servers.values().forEach(server -> assertThat(server.ready()).succeedsWithin(PATIENCE));
    }

    /**
     * Waits until each partition of a new topic is led by the node that is preferred; a batch that is sent while its
     * leadership goes there may be refused, or nobody knows what became of it.
     */
    Topic awaitBalanced(String topic) {
        return await().atMost(PATIENCE).until(() -> topic(topic), RunningServers::isBalanced);
    }

    private Topic topic(String name) {
        return TopicServiceGrpc.newBlockingStub(channel(1))
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .getTopic(GetTopicRequest.newBuilder().setName(name).build())
                .getTopic();
    }

    private static boolean isBalanced(Topic topic) {
        return topic.getPartitionsList().stream()
                .allMatch(partition -> partition.getLeader() == partition.getReplicas(0));
    }

    /** As by SIGTERM. */
    void stop(int node) throws IOException, InterruptedException {
        Objects.requireNonNull(servers.remove(node)).close();
    }

    private void start(int node) throws IOException, ConfigException {
        var data = directory.resolve("n" + node);
        var flags = new ArrayList<>(List.of(
                "--node.id=" + node,
                "--data.dir=" + data,
                "--cluster.initial-nodes=" + initialNodes(),
                "--listeners.node.bind=127.0.0.1:" + nodePorts.get(node - 1),
                "--listeners.client.bind=" + clientAddress(node),
                "--listeners.external.bind=127.0.0.1:" + externalPorts.get(node - 1),
                "--listeners.external.advertised=" + externalAddress(node),
                "--http.bind=127.0.0.1:" + httpPorts.get(node - 1)));
        flags.addAll(settings);
        servers.put(node, CordwoodServer.start(ServerConfig.load(flags, Map.of()), new RecordedHalts(halts)));
    }

    private String initialNodes() {
        return IntStream.rangeClosed(1, nodePorts.size())
                .mapToObj(node -> node + "@127.0.0.1:" + nodePorts.get(node - 1))
                .collect(Collectors.joining(","));
    }

    private static ManagedChannel channelTo(String address) {
        return NettyChannelBuilder.forTarget(address).usePlaintext().build();
    }

    String clientAddress(int node) {
        return "127.0.0.1:" + clientPorts.get(node - 1);
    }

    String externalAddress(int node) {
        return "localhost:" + externalPorts.get(node - 1);
    }

    /** To its client listener. */
    ManagedChannel channel(int node) {
        return channels.get(node - 1);
    }

    ManagedChannel externalChannel(int node) {
        var channel = channelTo(externalAddress(node));
        channels.add(channel);
        return channel;
    }

    URI http(int node, String path) {
        return URI.create("http://127.0.0.1:" + httpPorts.get(node - 1) + path);
    }

    void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        stopAll();
        assertThat(halts).isEmpty();
    }

    /** All at once, because closing raft logs is waiting, a second and more for each node. */
    void stopAll() {
        var threads = Executors.newFixedThreadPool(servers.size());
        try {
            var closing = servers.values().stream()
                    .map(server -> threads.submit(() -> {
                        server.close();
                        return true;
                    }))
                    .toList();
            assertThat(closing).allSatisfy(closed -> assertThat(closed).succeedsWithin(PATIENCE));
        } finally {
            threads.shutdownNow();
        }
        servers.clear();
    }
}
