package io.cordwood.server.rpc;

import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.FakeReplicas;
import io.cordwood.server.tracing.Tracing;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A client server on two loopback ports over a cluster in memory, and a client of each listener.
 *
 * <p>Thread: the test's.
 */
final class TestNode {
    static final ServerConfig.Limits LIMITS =
            new ServerConfig.Limits((1 << 20) + 12, 64 << 20, 16 << 20, 100, 1_000, 2, 2);

    private static final Duration RETENTION = Duration.ofDays(7);

    final FakeReplicas replicas;
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final ClientServer server;
    final ManagedChannel channel;
    final ManagedChannel external;

    /** Sessions may be as short as a test wants them. */
    private static final ServerConfig.Groups GROUPS = new ServerConfig.Groups(
            new GroupLimits(3, 3, 10, 1 << 20, 1 << 20),
            1_000,
            100,
            2_000,
            Duration.ofMillis(100),
            Duration.ofMinutes(30),
            RETENTION,
            Duration.ofSeconds(2));

    private TestNode(int id, ServerConfig.Limits limits, FakeCluster cluster, FakePeers peers, Tracing tracing)
            throws IOException {
        replicas = new FakeReplicas(cluster);
        server = new ClientServer(
                List.of(listener(ServerConfig.Listener.CLIENT), listener(ServerConfig.Listener.EXTERNAL)),
                limits,
                new ClientServer.Ports(
                        cluster.on(id),
                        peers.on(id),
                        replicas,
                        TopicConfig.DEFAULTS,
                        GROUPS,
                        Clock.systemUTC(),
                        new ServerMeters(new NodeMeters(registry, MeterLimits.DEFAULT)),
                        tracing),
                (thread, failure) -> failures.add(failure));
        server.start();
        channel = channel(server.ports().get(0));
        external = channel(server.ports().get(1));
    }

    private static ClientServer.Listener listener(String name) {
        return new ClientServer.Listener(name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static ManagedChannel channel(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(32 << 20)
                .build();
    }

    static TestNode joining(int id, FakeCluster cluster, FakePeers peers) throws IOException {
        return new TestNode(id, LIMITS, cluster, peers, Tracing.OFF);
    }

    static TestNode open(int id, FakeCluster cluster, FakePeers peers) throws IOException {
        return open(id, LIMITS, cluster, peers);
    }

    static TestNode open(int id, ServerConfig.Limits limits, FakeCluster cluster, FakePeers peers) throws IOException {
        var node = new TestNode(id, limits, cluster, peers, Tracing.OFF);
        node.server.open();
        return node;
    }

    static TestNode traced(int id, FakeCluster cluster, FakePeers peers, Tracing tracing) throws IOException {
        var node = new TestNode(id, LIMITS, cluster, peers, tracing);
        node.server.open();
        return node;
    }

    DataServiceGrpc.DataServiceBlockingStub data() {
        return DataServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    DataServiceGrpc.DataServiceStub dataStreams() {
        return DataServiceGrpc.newStub(channel);
    }

    TopicServiceGrpc.TopicServiceBlockingStub topics() {
        return TopicServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    GroupServiceGrpc.GroupServiceBlockingStub groups() {
        return GroupServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    ClusterServiceGrpc.ClusterServiceBlockingStub cluster() {
        return ClusterServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    void close() throws InterruptedException {
        channel.shutdownNow();
        external.shutdownNow();
        server.beginStop();
        server.close(Deadline.after(Duration.ofSeconds(5)));
    }
}
