package io.cordwood.server.rpc;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.partition.FakeReplicas;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A client server on a loopback port over a cluster in memory, and a client of it.
 *
 * <p>Thread: the test's.
 */
final class TestNode {
    static final ServerConfig.Limits LIMITS =
            new ServerConfig.Limits((1 << 20) + 12, 64 << 20, 16 << 20, 100, 1_000, 2, 2);

    final FakeReplicas replicas;
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final ClientServer server;
    final ManagedChannel channel;

    private TestNode(int id, ServerConfig.Limits limits, FakeCluster cluster, FakePeers peers) throws IOException {
        replicas = new FakeReplicas(cluster);
        server = new ClientServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                "client",
                limits,
                new ClientServer.Ports(cluster.on(id), peers.on(id), replicas, TopicConfig.DEFAULTS, Clock.systemUTC()),
                (thread, failure) -> failures.add(failure));
        server.start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .maxInboundMessageSize(32 << 20)
                .build();
    }

    static TestNode joining(int id, FakeCluster cluster, FakePeers peers) throws IOException {
        return new TestNode(id, LIMITS, cluster, peers);
    }

    static TestNode open(int id, FakeCluster cluster, FakePeers peers) throws IOException {
        return open(id, LIMITS, cluster, peers);
    }

    static TestNode open(int id, ServerConfig.Limits limits, FakeCluster cluster, FakePeers peers) throws IOException {
        var node = new TestNode(id, limits, cluster, peers);
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

    ClusterServiceGrpc.ClusterServiceBlockingStub cluster() {
        return ClusterServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    void close() throws InterruptedException {
        channel.shutdownNow();
        server.beginStop();
        server.close(Deadline.after(Duration.ofSeconds(5)));
    }
}
