package io.cordwood.server.rpc;

import io.cordwood.metrics.TopicTraffic;
import io.cordwood.server.admin.Placements;
import io.cordwood.server.admin.TopicSettings;
import io.cordwood.server.admin.Topics;
import io.cordwood.server.cluster.AdvertisedAddresses;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.group.CommitEnds;
import io.cordwood.server.group.GroupCoordination;
import io.cordwood.server.group.Groups;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.metrics.ServerMeters.Level;
import io.cordwood.server.partition.BatchIntake;
import io.cordwood.server.partition.ByteBudget;
import io.cordwood.server.partition.KnownLeaders;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.StartOffsets;
import io.grpc.BindableService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Our services for the callers of each listener: they differ in the addresses that they tell, and share
 * what is the node's, which is the budget of bytes, the threads and the calls that other nodes pass on.
 *
 * <p><b>Thread:</b> the one that puts the node together.
 */
final class ClientServices {
    private final ServerConfig.Limits limits;
    private final ClientServer.Ports ports;
    private final Threads threads;
    private final OpenStreams streams;
    private final GroupCoordination groups;
    private final HealthReasons health;
    private final ByteBudget nodeBudget;
    private final Forwarding forwarding;
    private final Map<String, Calls> callsByListener = new HashMap<>();

    /** What is open when the node stops. */
    record Open(OpenStreams streams, OpenWaits waits) {}

    /** What runs the work of calls that is not for an event loop. */
    record Threads(Workers validation, Workers readers) {}

    ClientServices(
            ServerConfig.Limits limits,
            ClientServer.Ports ports,
            Threads threads,
            GroupCoordination groups,
            HealthReasons health,
            Open open) {
        this.limits = limits;
        this.ports = ports;
        this.threads = threads;
        this.groups = groups;
        this.health = health;
        this.streams = open.streams();
        this.nodeBudget = nodeBudget(limits, ports.meters());
        this.forwarding = new Forwarding(ports.peers(), open.waits());
        // Which addresses these know does not matter: the node that passes a call on puts in those of its
        // own caller.
        forwarding.serve(calls(ServerConfig.Listener.CLIENT).forwarded());
    }

    private static ByteBudget nodeBudget(ServerConfig.Limits limits, ServerMeters meters) {
        var budget = new ByteBudget(limits.nodeInFlightMaxBytes());
        meters.watch(Level.IN_FLIGHT_BYTES, budget::usedBytes);
        meters.watch(Level.IN_FLIGHT_LIMIT, budget::limitBytes);
        return budget;
    }

    /** For callers who know the nodes by the addresses of the listener of this name. */
    List<BindableService> of(String listener) {
        var calls = calls(listener);
        var streaming = new DataRpc.Streaming(
                calls.partitions,
                calls.starts,
                calls.published,
                threads.validation,
                threads.readers,
                streams,
                ports.meters(),
                ports.tracing());
        var unary = new DataRpc.Unary(calls.produce, calls.fetch, calls.listOffsets, ports.cluster());
        var settings = new TopicSettings(ports.cluster(), ports.topicDefaults());
        var placements = new Placements(ports.cluster());
        var lag = new GroupLagCall(new Groups(ports.cluster()), new TopicNames(), calls.measure, calls.paces);
        var topics = new Topics(ports.cluster(), new KnownLeaders(ports.replicas()));
        return List.of(
                new DataRpc(streaming, unary, nodeBudget),
                new TopicRpc(topics, settings, placements, calls.trim, calls.transfer),
                groupService(calls, lag),
                new ClusterRpc(calls.addresses, calls.describe, placements, explain(calls, lag)));
    }

    private ExplainCall explain(Calls calls, GroupLagCall lag) {
        return new ExplainCall(ports.cluster(), calls.describe, calls.standing, lag, calls.health, ports.clock());
    }

    private GroupRpc groupService(Calls calls, GroupLagCall lag) {
        var cluster = ports.cluster();
        var limits = ports.groupLimits();
        var names = new TopicNames();
        var streaming = new GroupStream.Ports(
                cluster,
                calls.partitions,
                groups,
                calls.ends,
                new MemberHellos(limits),
                new GroupMessages(names),
                ports.meters());
        var found = new Groups(cluster);
        var changes = new GroupRpc.Changes(calls.commit, new DeleteOffsetsCall(cluster, found), calls.reset);
        return new GroupRpc(streaming, streams, found, new GroupDescriptions(names), lag, changes);
    }

    private record Calls(
            AdvertisedAddresses addresses,
            Partitions partitions,
            StartOffsets starts,
            BatchIntake published,
            ProduceCall produce,
            FetchCall fetch,
            ListOffsetsCall listOffsets,
            DescribePartitionsCall describe,
            TrimCall trim,
            TransferLeadershipCall transfer,
            CommitEnds ends,
            CommitOffsetsCall commit,
            ResetOffsetsCall reset,
            GroupStandingCall standing,
            NodeHealthCall health,
            LagMeasure measure,
            CommitPacesCall paces) {

        List<ForwardedMethod<?, ?>> forwarded() {
            return List.of(
                    produce.method(),
                    fetch.method(),
                    listOffsets.method(),
                    describe.method(),
                    trim.method(),
                    transfer.method(),
                    commit.method(),
                    reset.method(),
                    standing.method(),
                    health.method(),
                    measure.method(),
                    paces.method());
        }
    }

    private Calls calls(String listener) {
        return callsByListener.computeIfAbsent(listener, name -> calls(new AdvertisedAddresses(ports.cluster(), name)));
    }

    private Calls calls(AdvertisedAddresses addresses) {
        var meters = ports.meters();
        var partitions = new Partitions(
                addresses,
                ports.replicas(),
                limits.batchMaxBytes(),
                meters.node().topics());
        var starts = new StartOffsets(partitions, ports.clock());
        var tracing = ports.tracing();
        var published = new BatchIntake(partitions, ports.clock(), meters, TopicTraffic::publish, tracing);
        var produced = new BatchIntake(partitions, ports.clock(), meters, TopicTraffic::produce, tracing);
        var router = new LeaderRouter(ports.cluster(), partitions, forwarding, threads.readers);
        var listOffsets = new ListOffsetsCall(partitions, router, threads.readers, starts);
        var ends = new CommitEnds(ports.replicas(), listOffsets::end);
        var toLeader = new MetadataRouter(ports.cluster(), partitions, forwarding, threads.readers);
        return new Calls(
                addresses,
                partitions,
                starts,
                published,
                new ProduceCall(partitions, produced, router, threads.validation, ports.clock(), meters.produces()),
                new FetchCall(
                        partitions, router, threads.readers, starts, new FetchCall.Watchers(meters.fetches(), tracing)),
                listOffsets,
                new DescribePartitionsCall(ports.cluster(), ports.replicas(), forwarding, threads.readers),
                new TrimCall(partitions, router, starts, threads.readers),
                new TransferLeadershipCall(ports.cluster(), partitions, router),
                ends,
                new CommitOffsetsCall(ports.cluster(), groups, ends, toLeader, meters),
                new ResetOffsetsCall(
                        ports.cluster(), listOffsets, ports.groupLimits().limits(), ports.clock(), toLeader),
                new GroupStandingCall(groups, toLeader),
                new NodeHealthCall(ports.cluster().thisNode(), forwarding, health),
                new LagMeasure(partitions, router, threads.readers, ports.clock()),
                new CommitPacesCall(toLeader, groups));
    }
}
