package io.cordwood.server.rpc;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.admin.TopicSettings;
import io.cordwood.server.admin.Topics;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Peers;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.partition.BatchIntake;
import io.cordwood.server.partition.ByteBudget;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.StartOffsets;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC server that clients talk to: our services, health and reflection, with the threads behind them.
 *
 * <p>Invariants: our services answer NOT_JOINED before {@link #open} and SHUTTING_DOWN after {@link #beginStop}; event
 * loops run the handlers, which never block.
 *
 * <p><b>Thread:</b> one owner, which calls start, open, beginStop and close in this order.
 */
public final class ClientServer {
    private static final int MESSAGE_OVERHEAD_BYTES = 64 << 10;
    /** gRPC ends the whole stream on what is larger; up to there the one batch is refused, with its reason. */
    private static final int MESSAGE_MAX_BATCHES = 4;

    private static final int FLOW_CONTROL_WINDOW_BYTES = 2 << 20;
    private static final Duration PERMITTED_KEEPALIVE = Duration.ofSeconds(10);
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);
    private static final List<String> OUR_SERVICES =
            List.of(DataServiceGrpc.SERVICE_NAME, TopicServiceGrpc.SERVICE_NAME, ClusterServiceGrpc.SERVICE_NAME);

    private final CallGate gate;
    private final OpenStreams streams = new OpenStreams();
    private final HealthStatusManager health = new HealthStatusManager();
    private final Workers validation;
    private final Workers readers;
    private final Server server;

    /**
     * What the services stand on.
     *
     * @param topicDefaults what holds where a topic sets nothing
     */
    public record Ports(Cluster cluster, Peers peers, LocalReplicas replicas, TopicConfig topicDefaults, Clock clock) {}

    /**
     * @param listener its name, for the addresses that clients are told
     * @param onFailure hears of a failure that no thread of this server survives
     */
    public ClientServer(
            InetSocketAddress bind,
            String listener,
            ServerConfig.Limits limits,
            Ports ports,
            UncaughtExceptionHandler onFailure) {
        gate = new CallGate(limits.nodeMaxCalls());
        validation = new Workers("validation", limits.validationThreads(), onFailure);
        readers = new Workers("reader", limits.readerThreads(), onFailure);
        var budgets = new ConnectionBudgets(limits.connectionInFlightMaxBytes());
        var builder = NettyServerBuilder.forAddress(bind)
                .directExecutor()
                .permitKeepAliveTime(PERMITTED_KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true)
                .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                .maxInboundMessageSize(messageMaxBytes(limits.batchMaxBytes()))
                .maxConcurrentCallsPerConnection(limits.connectionMaxCalls())
                .addTransportFilter(budgets)
                .intercept(budgets)
                .intercept(gate)
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .addService(oldReflection());
        services(listener, limits, ports).forEach(builder::addService);
        server = builder.build();
        announce(ServingStatus.NOT_SERVING);
    }

    public void start() throws IOException {
        server.start();
    }

    /** The port that is bound. */
    public int port() {
        return server.getPort();
    }

    /** The node has joined: serves from now on. */
    public void open() {
        gate.set(CallGate.State.OPEN);
        announce(ServingStatus.SERVING);
    }

    /** Takes no more calls and no more batches; what is in flight goes on. */
    public void beginStop() {
        gate.set(CallGate.State.STOPPING);
        health.enterTerminalState();
        server.shutdown();
        streams.stopAll(CallGate.stopping());
    }

    /** Waits for what is in flight until the deadline, then cuts it off. */
    public void close(Deadline deadline) throws InterruptedException {
        if (!server.awaitTermination(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
            server.shutdownNow().awaitTermination(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        }
        validation.close(LAST_WORDS);
        readers.close(LAST_WORDS);
    }

    private static int messageMaxBytes(int batchMaxBytes) {
        return (int) Math.min(Integer.MAX_VALUE, (long) MESSAGE_MAX_BATCHES * batchMaxBytes + MESSAGE_OVERHEAD_BYTES);
    }

    private List<BindableService> services(String listener, ServerConfig.Limits limits, Ports ports) {
        var partitions = new Partitions(ports.cluster(), ports.replicas(), limits.batchMaxBytes(), listener);
        var intake = new BatchIntake(partitions, ports.clock());
        var forwarding = new Forwarding(ports.peers());
        var router = new LeaderRouter(ports.cluster(), partitions, forwarding, readers);
        var produce = new ProduceCall(partitions, intake, router, validation, ports.clock());
        var starts = new StartOffsets(partitions, ports.clock());
        var fetch = new FetchCall(partitions, router, readers, starts);
        var listOffsets = new ListOffsetsCall(partitions, router, readers, starts);
        var describe = new DescribePartitionsCall(ports.cluster(), ports.replicas(), forwarding, readers);
        var trim = new TrimCall(partitions, router, starts, readers);
        var transfer = new TransferLeadershipCall(ports.cluster(), partitions, router);
        forwarding.serve(List.of(
                produce.method(),
                fetch.method(),
                listOffsets.method(),
                describe.method(),
                trim.method(),
                transfer.method()));
        var data = new DataRpc(
                new DataRpc.Streaming(partitions, starts, intake, validation, readers, streams),
                new DataRpc.Unary(produce, fetch, listOffsets, ports.cluster()),
                new ByteBudget(limits.nodeInFlightMaxBytes()));
        return List.of(data, topicRpc(ports, trim, transfer), new ClusterRpc(ports.cluster(), describe, listener));
    }

    private static TopicRpc topicRpc(Ports ports, TrimCall trim, TransferLeadershipCall transfer) {
        var settings = new TopicSettings(ports.cluster(), ports.topicDefaults());
        return new TopicRpc(new Topics(ports.cluster()), settings, trim, transfer);
    }

    @SuppressWarnings("deprecation") // older command line tools speak v1alpha only
    private static BindableService oldReflection() {
        return ProtoReflectionService.newInstance();
    }

    private void announce(ServingStatus status) {
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
        OUR_SERVICES.forEach(service -> health.setStatus(service, status));
    }
}
