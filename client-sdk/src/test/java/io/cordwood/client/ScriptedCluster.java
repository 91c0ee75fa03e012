package io.cordwood.client;

import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.InitProducerResponse;
import io.cordwood.proto.v1.Topic;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Real gRPC servers on loopback ports that speak the client API over logs in memory, and misbehave as a test says.
 * Whatever is accepted is committed at once.
 *
 * <p><b>Thread:</b> any; one lock guards the logs, the scripts and every stream, so that an answer and the state it
 * speaks of change together.
 */
final class ScriptedCluster implements AutoCloseable {
    /** A topic: its logs, how its leaders behave and what reached them. */
    static final class TopicState {
        final UUID id = UUID.randomUUID();
        final List<ScriptedLog> logs = new ArrayList<>();
        final Map<String, String> config = new HashMap<>();
        final List<PublishScript.Request> requests = new ArrayList<>();
        PublishScript publishScript = PublishScript.ACCEPT;
        SubscribeScript subscribeScript = SubscribeScript.SEND;
        boolean hidesLeaders;
        boolean namesLeaderInRefusal = true;
        /** Named in place of the leader's. */
        @Nullable
        String wrongAddress;
    }

    private final Map<Integer, Server> servers = new HashMap<>();
    private final SortedMap<Integer, String> addresses = new TreeMap<>();
    final Map<String, TopicState> topics = new LinkedHashMap<>();
    /** What nodes tell that may be behind. */
    final Map<String, Topic> known = new HashMap<>();

    final List<ScriptedDataService> dataServices = new ArrayList<>();
    final ScriptedAnswers answers = new ScriptedAnswers();
    final ScriptedGroup group = new ScriptedGroup(this);
    private final List<ExplainRequest> explained = new ArrayList<>();

    private String clusterId = "abcdefghijklmnopqrstuv";
    private long nextProducerId = 1000;
    private int batchesRemembered = 5;
    private boolean saysBatchesRemembered;

    static ScriptedCluster start(int nodes) {
        var cluster = new ScriptedCluster();
        for (int node = 1; node <= nodes; node++) {
            cluster.startNode(node);
        }
        return cluster;
    }

    /** Starts a node, again on its old port. */
    void startNode(int node) {
        var known = addresses.get(node);
        int port = known == null ? 0 : HostPort.parse("known", known).port();
        var data = new ScriptedDataService(this, node);
        var server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .maxInboundMessageSize(16 << 20)
                .addService(data)
                .addService(new ScriptedTopicService(this))
                .addService(new ScriptedClusterService(this, node))
                .addService(new ScriptedGroupService(this, node))
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        synchronized (this) {
            servers.put(node, server);
            dataServices.add(data);
            addresses.put(node, "127.0.0.1:" + server.getPort());
        }
    }

    /** Breaks all connections of a node; its logs stay. */
    void stopNode(int node) {
        Server server;
        synchronized (this) {
            server = servers.remove(node);
        }
        if (server != null) {
            server.shutdownNow();
            awaitEnd(server);
        }
    }

    CordwoodClient connect() {
        return connect(Duration.ofMinutes(5));
    }

    CordwoodClient connect(Duration metadataMaxAge) {
        return CordwoodClient.builder()
                .bootstrap(bootstrap())
                .requestTimeout(Duration.ofSeconds(10))
                .metadataMaxAge(metadataMaxAge)
                .patience(fast())
                .build();
    }

    /** Waits that suit a test: short, but long enough for a busy machine. */
    static Patience fast() {
        return new Patience(
                Duration.ofSeconds(10),
                new RetryPolicy(Duration.ofMillis(1), Duration.ofMillis(10)),
                Duration.ofMillis(50),
                Duration.ofSeconds(20),
                Duration.ofMillis(200));
    }

    synchronized List<String> bootstrap() {
        return List.copyOf(addresses.values());
    }

    synchronized SortedMap<Integer, String> addresses() {
        return new TreeMap<>(addresses);
    }

    synchronized TopicState createTopic(String name, int partitions) {
        var topic = new TopicState();
        for (int partition = 0; partition < partitions; partition++) {
            topic.logs.add(new ScriptedLog(1 + partition % addresses.size(), batchesRemembered));
        }
        topics.put(name, topic);
        return topic;
    }

    synchronized void addPartitions(String name, int total) {
        var logs = topic(name).logs;
        while (logs.size() < total) {
            logs.add(new ScriptedLog(1 + logs.size() % addresses.size(), batchesRemembered));
        }
    }

    /** Nodes that may tell what they know go on telling of the topic as it is now. */
    synchronized void freezeWhatNodesKnowOf(String name) {
        known.put(name, new ScriptedTopicService(this).describe(name));
    }

    synchronized void deleteTopic(String name) {
        topics.remove(name);
    }

    synchronized String clusterId() {
        return clusterId;
    }

    /** Another cluster answers at the same addresses; it has topics of the same names, without records. */
    void wipe() {
        List<Integer> nodes;
        synchronized (this) {
            clusterId = "zyxwvutsrqponmlkjihgfe";
            nextProducerId = 1000;
            Map.copyOf(topics).forEach((name, topic) -> createTopic(name, topic.logs.size()));
            nodes = List.copyOf(servers.keySet());
        }
        for (int node : nodes) {
            stopNode(node);
            startNode(node);
        }
    }

    synchronized TopicState topic(String name) {
        var topic = topics.get(name);
        if (topic == null) {
            throw new IllegalStateException("no topic " + name);
        }
        return topic;
    }

    synchronized void script(String topic, PublishScript script) {
        topic(topic).publishScript = script;
    }

    synchronized void script(String topic, SubscribeScript script) {
        topic(topic).subscribeScript = script;
    }

    synchronized void moveLeader(String topic, int partition, int node) {
        topic(topic).logs.get(partition).moveTo(node);
        dataServices.forEach(ScriptedDataService::sendToSubscribers);
    }

    synchronized int leader(String topic, int partition) {
        return topic(topic).logs.get(partition).leader();
    }

    synchronized List<String> values(String topic, int partition) {
        return topic(topic).logs.get(partition).values();
    }

    synchronized List<PublishScript.Request> requests(String topic) {
        return List.copyOf(topic(topic).requests);
    }

    /** Lets held answers go, in order. */
    synchronized void releaseAnswers() {
        dataServices.forEach(ScriptedDataService::releaseAnswers);
    }

    /** Breaks every Subscribe stream. */
    synchronized void resetSubscribers() {
        dataServices.forEach(ScriptedDataService::resetSubscribers);
    }

    /** How many batches partitions that are made from now on remember of a producer; 5, unsaid, where this is not called. */
    synchronized void rememberBatches(int count) {
        batchesRemembered = count;
        saysBatchesRemembered = true;
    }

    synchronized InitProducerResponse drawProducer() {
        var drawn = InitProducerResponse.newBuilder()
                .setClusterId(clusterId)
                .setProducerId(nextProducerId++)
                .setProducerEpoch(0);
        if (saysBatchesRemembered) {
            drawn.setBatchesRemembered(batchesRemembered);
        }
        return drawn.build();
    }

    synchronized void explain(ExplainRequest request) {
        explained.add(request);
    }

    /** What was to be explained. */
    synchronized List<ExplainRequest> explained() {
        return List.copyOf(explained);
    }

    synchronized long publishStreams() {
        return dataServices.stream()
                .mapToLong(ScriptedDataService::publishStreams)
                .sum();
    }

    synchronized int subscribers() {
        return dataServices.stream().mapToInt(ScriptedDataService::subscribers).sum();
    }

    synchronized long subscribedBytesSent() {
        return dataServices.stream().mapToLong(ScriptedDataService::bytesSent).sum();
    }

    @Override
    public void close() {
        List<Server> running;
        synchronized (this) {
            running = List.copyOf(servers.values());
        }
        running.forEach(Server::shutdownNow);
        running.forEach(ScriptedCluster::awaitEnd);
    }

    private static void awaitEnd(Server server) {
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
