package io.cordwood.server.rpc;

import io.cordwood.coordinator.CoordinatorConfig;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Peers;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.group.GroupCoordination;
import io.cordwood.server.health.Hindrance;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.metrics.ServerMeters.Level;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.server.tracing.Tracing;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
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
import java.util.function.Predicate;

/**
 * The gRPC servers that clients talk to, one for each listener: our services, health and reflection, with
 * the threads behind them. Callers in this process reach the same services, through the same checks and
 * limits, by {@link #channel}; they are told the addresses of the listener
 * {@value ServerConfig.Listener#CLIENT}.
 *
 * <p>Invariants: our services answer NOT_JOINED before {@link #open} and SHUTTING_DOWN after
 * {@link #beginStop}; event loops run the handlers, which never block; what limits the node limits all
 * listeners together.
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
    /** What was answered last is on its way then; a call that was refused is not even counted. */
    private static final Duration LAST_ANSWERS = Duration.ofMillis(200);

    private static final List<Hindrance> STARTING =
            List.of(new Hindrance(Hindrance.Code.NOT_JOINED, "the node starts; its log says what it waits for"));
    private static final List<String> OUR_SERVICES = List.of(
            DataServiceGrpc.SERVICE_NAME,
            TopicServiceGrpc.SERVICE_NAME,
            GroupServiceGrpc.SERVICE_NAME,
            ClusterServiceGrpc.SERVICE_NAME);

    private final ServerConfig.Limits limits;
    private final CallGate gate;
    private final CallChecks checks;
    private final OpenStreams streams = new OpenStreams();
    private final OpenWaits waits = new OpenWaits();
    private final HealthStatusManager health = new HealthStatusManager();
    private final HealthReasons healthReasons = new HealthReasons();
    private final ClientServices.Threads threads;
    private final List<Listener> listeners;
    private final List<Server> servers;
    private final InProcessCalls inProcess;
    private final GroupCoordination groups;

    /**
     * What the services stand on.
     *
     * @param topicDefaults what holds where a topic sets nothing
     */
    public record Ports(
            Cluster cluster,
            Peers peers,
            LocalReplicas replicas,
            TopicConfig topicDefaults,
            ServerConfig.Groups groupLimits,
            Clock clock,
            ServerMeters meters,
            Tracing tracing) {}

    /** @param name for the addresses that its callers are told */
    public record Listener(String name, InetSocketAddress bind) {
        private IOException notBound(IOException cause) {
            return new IOException(
                    "cannot serve clients on " + bind.getHostString() + ":" + bind.getPort() + ": " + rootOf(cause)
                            + "; choose another listeners." + name + ".bind",
                    cause);
        }

        /** Netty wraps what the system said. */
        private static String rootOf(Throwable failure) {
            var root = failure;
            for (var cause = failure.getCause(); cause != null; cause = cause.getCause()) {
                root = cause;
            }
            return String.valueOf(root.getMessage());
        }
    }

    /** @param onFailure hears of a failure that no thread of these servers survives */
    public ClientServer(
            List<Listener> listeners, ServerConfig.Limits limits, Ports ports, UncaughtExceptionHandler onFailure) {
        this.limits = limits;
        this.listeners = List.copyOf(listeners);
        gate = new CallGate(limits.nodeMaxCalls(), ports.meters());
        checks = new CallChecks(gate, ports.meters(), ports.tracing());
        threads = new ClientServices.Threads(
                new Workers("validation", limits.validationThreads(), onFailure),
                new Workers("reader", limits.readerThreads(), onFailure));
        groups = new GroupCoordination(
                ports.cluster(), coordinatorConfig(ports.groupLimits()), ports.clock(), onFailure);
        watch(ports.meters());
        watchGroups(ports.meters(), ports.cluster());
        var services = new ClientServices(
                limits, ports, threads, groups, healthReasons, new ClientServices.Open(streams, waits));
        var budgets = new ConnectionBudgets(limits.connectionInFlightMaxBytes());
        ports.meters().watch(Level.CONNECTIONS, budgets::connections);
        servers = listeners.stream()
                .map(listener -> server(listener.bind(), budgets, services.of(listener.name())))
                .toList();
        inProcess = new InProcessCalls(
                services.of(ServerConfig.Listener.CLIENT),
                checks,
                // Of its own, because nobody connected who comes in by it.
                new ConnectionBudgets(limits.connectionInFlightMaxBytes()));
        announce(STARTING);
    }

    private static CoordinatorConfig coordinatorConfig(ServerConfig.Groups groups) {
        var byDefault = CoordinatorConfig.DEFAULT;
        return new CoordinatorConfig(
                groups.limits(),
                groups.joinsPerSecond(),
                groups.maxWaitingJoins(),
                groups.maxWaitingOffsets(),
                byDefault.maxOffsetsPerEntry(),
                byDefault.maxMembersPerEntry(),
                byDefault.gatherDelay(),
                byDefault.refreshInterval(),
                groups.offsetRetention(),
                groups.formerLeader());
    }

    private void watch(ServerMeters meters) {
        meters.watch(Level.STREAMS, streams::count);
        meters.watch(Level.VALIDATION_QUEUE, threads.validation()::waiting);
        meters.watch(Level.READER_QUEUE, threads.readers()::waiting);
    }

    private void watchGroups(ServerMeters meters, Cluster cluster) {
        meters.watch(Level.GROUP_MEMBERS, groups::sessions);
        meters.watch(Level.GROUPS_ACTIVE, () -> countOfGroups(cluster, ConsumerGroup::isActive));
        meters.watch(Level.GROUPS_EMPTY, () -> countOfGroups(cluster, group -> !group.isActive()));
    }

    private static long countOfGroups(Cluster cluster, Predicate<ConsumerGroup> which) {
        return cluster.image().groups().byName().values().stream().filter(which).count();
    }

    /** @throws IOException that says in one line what to do, when one of the addresses cannot be bound; then none is */
    public void start() throws IOException {
        try {
            for (int i = 0; i < servers.size(); i++) {
                start(listeners.get(i), servers.get(i));
            }
            inProcess.start();
        } catch (IOException e) {
            servers.forEach(Server::shutdownNow);
            inProcess.abandon();
            throw e;
        }
    }

    private static void start(Listener listener, Server server) throws IOException {
        try {
            server.start();
        } catch (IOException e) {
            throw listener.notBound(e);
        }
    }

    /** The ports that are bound, in the order of the listeners. */
    public List<Integer> ports() {
        return servers.stream().map(Server::getPort).toList();
    }

    /** For calls from this process; an answer is handed over on the thread that completes it. */
    public Channel channel() {
        return inProcess.channel();
    }

    /** The methods of our services, streams too. */
    public List<MethodDescriptor<?, ?>> methods() {
        return inProcess.methods();
    }

    /** The node has joined: takes calls from now on. */
    public void open() {
        groups.start();
        gate.set(CallGate.State.OPEN);
    }

    /** What health checks are told, of the node and of each of our services; after {@link #beginStop} no more. */
    public void announce(List<Hindrance> hindrances) {
        healthReasons.set(hindrances);
        var status = Hindrance.ready(hindrances) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
        OUR_SERVICES.forEach(service -> health.setStatus(service, status));
    }

    /** Takes no more calls and no more batches; what is in flight goes on. */
    public void beginStop() {
        gate.set(CallGate.State.STOPPING);
        health.enterTerminalState();
        servers.forEach(Server::shutdown);
        streams.stopAll(CallGate.stopping());
        waits.endAll();
    }

    /**
     * Waits for calls that are in flight until the deadline, then cuts them off. Nobody waits for those who watch
     * the health or the reflection: they go on for ever.
     */
    public void close(Deadline deadline) throws InterruptedException {
        gate.awaitIdle(deadline);
        for (var server : servers) {
            if (!server.awaitTermination(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS)) {
                server.shutdownNow().awaitTermination(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
        inProcess.close(deadline);
        groups.close();
        threads.validation().close(LAST_WORDS);
        threads.readers().close(LAST_WORDS);
    }

    private Server server(InetSocketAddress bind, ConnectionBudgets budgets, List<BindableService> services) {
        var builder = NettyServerBuilder.forAddress(bind)
                .directExecutor()
                .permitKeepAliveTime(PERMITTED_KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true)
                .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
                .maxInboundMessageSize(messageMaxBytes(limits.batchMaxBytes()))
                .maxConcurrentCallsPerConnection(limits.connectionMaxCalls())
                .addService(ServerInterceptors.intercept(health.getHealthService(), healthReasons))
                .addService(ProtoReflectionServiceV1.newInstance())
                .addService(oldReflection());
        services.forEach(builder::addService);
        return checks.on(builder, budgets).build();
    }

    private static int messageMaxBytes(int batchMaxBytes) {
        return (int) Math.min(Integer.MAX_VALUE, (long) MESSAGE_MAX_BATCHES * batchMaxBytes + MESSAGE_OVERHEAD_BYTES);
    }

    @SuppressWarnings("deprecation") // older command line tools speak v1alpha only
    private static BindableService oldReflection() {
        return ProtoReflectionService.newInstance();
    }
}
