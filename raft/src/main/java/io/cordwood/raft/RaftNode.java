package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.metrics.NodeSample;
import io.cordwood.raft.ChoreThreads.Kind;
import io.cordwood.store.Disk;
import io.cordwood.store.PartitionId;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.statemachine.StateMachine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node: one RaftServer with the metadata group and the groups of its partitions, the calls between nodes, and the
 * threads that keep all this as the metadata wants it.
 *
 * <p>Thread: {@link #start} and {@link #close} by its owner, once each; the rest by any.
 */
public final class RaftNode implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);
    private static final long HAND_OVER_SECONDS = 5;
    private static final long CHECKPOINT_LOOK_MS = 1000;
    private static final long RETENTION_LOOK_MS = 60_000;
    private static final long COMPACTION_LOOK_MS = 1_000;
    private static final long SCRUB_LOOK_MS = 1_000;

    private final RaftNodeConfig config;
    private final Disk disk;
    private final HostOpener hostOpener;
    private final NodeHalt halt;
    private final RatisClient client = new RatisClient();
    private final MetadataView view;
    private final ChoreThreads chores;
    private final NodeTransport transport;
    private final CatchUps catchUps;
    private final RaftMeters meters;
    private final SpaceWatch space;
    private volatile boolean closing;
    private volatile @Nullable Running running;

    /** Opens the partition side, once the data directory is held. */
    interface HostOpener {
        PartitionHost open(PartitionNode.Shared shared) throws IOException;
    }

    /** What exists while the node runs. */
    private record Running(
            DataDirectory directory,
            PartitionHost host,
            RaftServer server,
            RaftGroups groups,
            MetadataGroup metadataGroup,
            ClusterMetadata metadata,
            ProducerIds producerIds,
            LeaderBalancer balancer,
            LeaderTransfer leaderTransfer,
            SpaceReports reports,
            Checkpoints checkpoints,
            Reconciler reconciler,
            Membership membership) {}

    RaftNode(RaftNodeConfig config, Disk disk, HostOpener hostOpener, NodeHalt halt, NodeMeters nodeMeters) {
        this.config = config;
        this.disk = new HaltingDisk(disk, halt);
        this.hostOpener = hostOpener;
        this.halt = halt;
        view = new MetadataView(config.nodeId());
        chores = new ChoreThreads(config.nodeId(), halt, () -> closing);
        transport = new NodeTransport(config.nodeId(), this::addressOf);
        meters = RaftMeters.of(nodeMeters);
        catchUps = new CatchUps(transport, config.nodeId(), config.catchUp(), nodeMeters);
        space = SpaceWatch.of(config, this.disk, nodeMeters);
    }

    /**
     * A node that keeps its partitions in files.
     *
     * @param disk for the files of our own formats
     * @param halt told what makes it impossible to go on, see {@link ProcessHalt}
     * @param meters of this node alone
     */
    public static RaftNode of(
            RaftNodeConfig config, PartitionSettings settings, Disk disk, NodeHalt halt, NodeMeters meters) {
        return new RaftNode(
                config,
                disk,
                shared -> new PartitionReplicas(
                        PartitionNode.open(config, settings, disk, shared, halt),
                        settings.log(),
                        settings.topicDefaults(),
                        settings.compaction(),
                        settings.scrub()),
                halt,
                meters);
    }

    private Optional<String> addressOf(int nodeId) {
        if (nodeId == config.nodeId()) {
            return Optional.of(
                    config.nodeAddress()); // it may have moved, and nobody else may lead whom it could tell so
        }
        return view.image()
                .node(nodeId)
                .map(node -> node.nodeAddress())
                .or(() -> Optional.ofNullable(config.initialNodes().get(nodeId)));
    }

    /**
     * Opens the data directory and the node port. Membership comes later: {@link #joined}.
     *
     * @throws StartRefusedException when the directory must not be used like this
     */
    public void start() throws IOException {
        NodeTransport.requirePortFree(config.bindHost(), config.bindPort());
        var directory = DataDirectory.open(disk, config);
        try {
            space.begin(); // before anything is written
            open(directory);
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private void open(DataDirectory directory) throws IOException {
        var host = hostOpener.open(new PartitionNode.Shared(client, catchUps, meters, space));
        try {
            open(directory, host);
        } catch (IOException | RuntimeException e) {
            host.close();
            throw e;
        }
    }

    private void open(DataDirectory directory, PartitionHost host) throws IOException {
        var files = new GroupFiles(disk, config.dataDirectory());
        var partitions = new LocalPartitions(disk, config, files, host, files.readAllOf(config.nodeId()));
        partitions.finishDeletions();
        var known = partitions.all().stream().collect(Collectors.toMap(PartitionGroup::groupId, Function.identity()));
        var onDisk = new StartupGroups(disk, config.raftDirectory());
        var setAside = prepare(directory, host, known, onDisk);
        setAside.forEach(id -> partitions.forgetSetAside(id.getUuid()));
        for (UUID id : onDisk.onDisk()) { // a crash may have come between the directory and the mark
            var group = known.get(id);
            if (group != null && !group.created()) {
                partitions.write(group.markedCreated());
            }
        }
        LOG.info("node {} opens {} partition groups; {} set aside", config.nodeId(), known.size(), setAside.size());
        var server = buildServer(directory, host, partitions);
        wire(directory, host, server, partitions);
        transport.serves(server);
        server.start();
        host.opened();
        startThreads();
    }

    /** Looks at what Ratis will open, before it does. */
    private Set<RaftGroupId> prepare(
            DataDirectory directory, PartitionHost host, Map<UUID, PartitionGroup> known, StartupGroups startup)
            throws IOException {
        var onDisk = startup.onDisk();
        var allKnown = new HashSet<>(known.keySet());
        directory.metadataGroupId().ifPresent(allKnown::add);
        DataDirectory.checkAllKnown(config, onDisk, allKnown);
        var placements = new HashMap<RaftGroupId, GroupPlacement>();
        for (PartitionGroup group : known.values()) {
            if (onDisk.contains(group.groupId())) {
                startup.ensureConfiguration(group.groupId(), group.initialPeers(), Map.of());
                placements.put(RaftGroupId.valueOf(group.groupId()), group.placement());
            }
        }
        var snapshot =
                new MetadataSnapshotFile(disk, config.dataDirectory()).readOf(config.nodeId(), directory.identity());
        var inquiry = new StartInquiry(config, directory);
        var said = inquiry.ask(snapshot.map(MetadataCodec.Snapshot::image).orElse(MetadataImage.EMPTY));
        said.held().forEach((id, index) -> {
            if (onDisk.contains(id)) {
                host.confirmed(RaftGroupId.valueOf(id), index);
            }
        });
        var metadataGroup = directory.metadataGroupId().filter(onDisk::contains);
        if (metadataGroup.isPresent()) {
            prepareMetadata(metadataGroup.get(), directory.forming(), host, snapshot);
            inquiry.checkOwnDirectory(said, metadataGroup.get(), snapshot);
        }
        return host.prepare(placements);
    }

    private void prepareMetadata(
            UUID groupId, Forming forming, PartitionHost host, Optional<MetadataCodec.Snapshot> snapshot)
            throws IOException {
        var formation = new Formation(config);
        if (formation.founds(forming)) {
            new StartupGroups(disk, config.raftDirectory())
                    .ensureConfiguration(groupId, formation.voters(), formation.listeners());
        }
        host.checkMetadata(
                RaftGroupId.valueOf(groupId),
                snapshot.map(MetadataCodec.Snapshot::index).orElse(-1L));
    }

    private RaftServer buildServer(DataDirectory directory, PartitionHost host, LocalPartitions partitions)
            throws IOException {
        MicrometerRegistries.bind(config.nodeId(), meters.groups());
        var parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters, (builder, types) -> transport.customize(builder, config.raftTimings()));
        return RaftServer.newBuilder()
                .setServerId(RaftGroups.peerId(config.nodeId()))
                .setProperties(RatisSettings.of(
                        config.raftDirectory(),
                        InetSocketAddress.createUnresolved(config.bindHost(), config.bindPort()),
                        config.payloadMaxBytes(),
                        config.raftTimings(),
                        config.upkeep()))
                .setParameters(parameters)
                .setStateMachineRegistry(id -> stateMachine(id, directory, host, partitions))
                .setOption(StartupOption.RECOVER)
                .build();
    }

    private StateMachine stateMachine(
            RaftGroupId id, DataDirectory directory, PartitionHost host, LocalPartitions partitions) {
        if (directory.metadataGroupId().filter(id.getUuid()::equals).isPresent()) {
            return new MetadataStateMachine(
                    new MetadataStateMachine.Own(
                            new MetadataSnapshotFile(disk, config.dataDirectory()), client.id(), () -> closing),
                    view,
                    index -> host.metadataApplied(id, index),
                    catchUps,
                    halt);
        }
        return partitions
                .find(id.getUuid())
                .map(group -> host.create(id, group.placement()))
                .orElseThrow(() -> new IllegalStateException("no group file for " + id));
    }

    private void wire(DataDirectory directory, PartitionHost host, RaftServer server, LocalPartitions partitions) {
        var groups = new RaftGroups(server, client, transport.terms());
        var metadataGroup = new MetadataGroup(groups, view);
        directory
                .metadataGroupId()
                .map(RaftGroupId::valueOf)
                .filter(id -> groups.division(id).isPresent())
                .ifPresent(metadataGroup::opened);
        var leader = new LeaderClient(transport, () -> metadataGroup.leaderCandidates(config), chores.timer());
        var metadata = new ClusterMetadata(
                view, metadataGroup, leader, config.nodeTimings().commandTimeout());
        var greeting = Greeting.of(config, directory, view);
        var memory = new PeerMemory(groups, view);
        var monitor = new NodeMonitor(config.nodeTimings().deadAfter(), System::nanoTime);
        transport.handle(ClusterMetadata.SUBMIT, (from, request) -> metadataGroup.submit(request));
        transport.handle(ClusterMetadata.READ_INDEX, (from, request) -> metadataGroup.readIndex());
        transport.handle(
                NodeMonitor.METHOD,
                (from, request) -> metadataGroup.whileLeading(() -> {
                    monitor.heard(request);
                    return NodeMonitor.answer(request, view.image());
                }));
        transport.handle(Greeting.METHOD, (from, request) -> greeting.answer(request));
        transport.handle(PeerMemory.METHOD, (from, request) -> memory.answer(config.nodeId(), request));
        var reports = new SpaceReports(transport, System::nanoTime);
        var successors = new Successors(config.raftTimings(), reports::hasRoom, view::image);
        var balancer = new LeaderBalancer(config, groups, reports::hasRoom, successors, System::nanoTime);
        var self = new Reconciler.Self(config.nodeId(), directory.incarnation());
        var reconciler = new Reconciler(self, metadata, groups, partitions, halt);
        host.onClosedByItself(reconciler::closedByItself);
        transport.handle(Reconciler.IS_OPEN, (from, request) -> reconciler.isOpen(request));
        var membership = new Membership(config, directory, groups, metadataGroup, metadata, transport, greeting);
        running = new Running(
                directory,
                host,
                server,
                groups,
                metadataGroup,
                metadata,
                new ProducerIds(config.nodeId(), metadata::submit),
                balancer,
                new LeaderTransfer(config, groups, metadata, reports::of),
                reports,
                new Checkpoints(host::all, groups::takeSnapshot, System::nanoTime, config.upkeep()),
                reconciler,
                membership);
        var ports = new Replacements.Ports(this::hasSpareRoom, metadata::submit, new JoinQuestions(transport)::isOpen);
        scheduleChores(new LeaderDuties(config, metadataGroup, metadata, monitor, ports), leader, successors);
        keepSpace(host, reports, new RoomTransfers(groups, successors, view::image, System::nanoTime));
    }

    private void keepSpace(PartitionHost host, SpaceReports reports, RoomTransfers transfers) {
        var replicas = new SpaceKeeper.Replicas(
                host::all, view::image, config.raftTimings().electionTimeoutMax());
        var keeper = new SpaceKeeper(space, replicas, reports, new LogStarts(transport, host::find), transfers);
        keeper.begin(meters.node());
        chores.repeat(Kind.SPACE, SpaceKeeper.LOOK_MS, keeper::tick);
        var elections = new LostElections(
                running().groups()::candidates, space::lacksRoomForVotes, space::isFull, halt, System::nanoTime);
        chores.repeat(Kind.SPACE, SpaceKeeper.LOOK_MS, elections::look);
        var probe = new DiskProbe(config.nodeId(), disk, space.directories());
        chores.repeat(Kind.PROBE, DiskProbe.EVERY_MS, probe::tick);
    }

    private void scheduleChores(LeaderDuties leaderDuties, LeaderClient leader, Successors successors) {
        var node = running();
        var reporter = new LeaderReporter(config.nodeId(), node.groups(), node.metadata());
        var timings = config.nodeTimings();
        chores.repeat(Kind.TIMER, timings.poll().toMillis(), reporter::tick);
        var self = Membership.registration(config, node.directory().incarnation());
        var beat = NodeMonitor.heartbeat(config.nodeId(), self.incarnation());
        var heartbeats = new Heartbeats(
                self, () -> leader.call(NodeMonitor.METHOD, beat, timings.heartbeat()), node.metadata()::submit, halt);
        var unused = node.membership().joined().thenRun(() -> {
            chores.repeat(Kind.TIMER, timings.heartbeat().toMillis(), heartbeats::beat);
            heartbeats.beat(); // lest who is ready counts as dead for having been silent while it started
        });
        chores.repeat(Kind.DUTIES, timings.poll().toMillis(), leaderDuties::tick);
        chores.repeat(
                Kind.DUTIES, timings.poll().toMillis(), () -> node.balancer().tick(view.image()));
        var changes = new MemberChanges(config, node.groups(), node.metadata(), transport, successors);
        chores.repeat(Kind.DUTIES, timings.poll().toMillis(), () -> changes.tick(view.image()));
        var confirmations = LostConfirmations.of(node.groups(), config.raftTimings());
        chores.repeat(Kind.ELECTIONS, LostConfirmations.LOOK_MS, confirmations::look);
        var followed = new FollowedGroups(node.groups(), config.nodeId(), space::takesBatches, view::image);
        var gone = GoneLeaders.of(config.nodeId(), followed, transport, catchUps.shortTasks());
        chores.repeat(Kind.KNOCKS, GoneLeaders.LOOK_MS, gone::look);
        chores.repeat(Kind.CHECKPOINTS, CHECKPOINT_LOOK_MS, node.checkpoints()::tick);
        chores.repeat(Kind.RETENTION, RETENTION_LOOK_MS, () -> node.host().trimExpired(view.image()));
        chores.repeat(Kind.COMPACTION, COMPACTION_LOOK_MS, () -> node.host().compact(view.image()));
        chores.repeat(Kind.SCRUB, SCRUB_LOOK_MS, node.host()::scrub);
        var group = node.metadataGroup();
        var snapshots =
                new MetadataSnapshots(group::sinceSnapshot, group::takeSnapshot, System::nanoTime, config.upkeep());
        chores.repeat(Kind.CHECKPOINTS, CHECKPOINT_LOOK_MS, snapshots::tick);
    }

    private void startThreads() {
        var node = running();
        node.membership().start();
        var unused = node.membership().joined().thenRun(() -> {
            node.reconciler().start();
            node.metadata().onChange(image -> node.reconciler().wake());
        });
    }

    private Running running() {
        var node = running;
        if (node == null) {
            throw new IllegalStateException("node " + config.nodeId() + " is not started");
        }
        return node;
    }

    /** Completes when this node is a registered member; fails with {@link StartRefusedException} when it cannot be. */
    public CompletableFuture<Void> joined() {
        return running().membership().joined().copy();
    }

    /** The replica of a partition on this node, once its group is open. */
    public Optional<PartitionReplica> partition(PartitionId id) {
        return running().host().find(id);
    }

    /** Whether a replica that should be here takes no part: it failed its check at the start, or its raft log is gone. */
    public boolean isSetAside(UUID groupId) {
        return running().reconciler().isSetAside(groupId);
    }

    public ClusterMetadata metadata() {
        return running().metadata();
    }

    public NodeTransport transport() {
        return transport;
    }

    /** Of this node's division of the metadata group. */
    RaftLog metadataRaftLog() {
        return running().metadataGroup().division().orElseThrow().getRaftLog();
    }

    /** What this node's replicas fetched from others. */
    public CatchUpCounters catchUps() {
        return catchUps.counters();
    }

    /**
     * What this node looks like, for its metrics: it looks at every replica, so it is for scrapes and not
     * for calls.
     */
    public NodeSample sample() {
        var node = running;
        return node == null
                ? NodeSample.EMPTY
                : NodeSampling.of(config.nodeId(), node.host(), node.metadataGroup(), view, this::hasSpareRoom);
    }

    /** How much room its disks have. */
    public SpaceWatch space() {
        return space;
    }

    private boolean hasSpareRoom(int nodeId) {
        return NodeDisk.haveRoomForMore(disksOf(nodeId));
    }

    /** Those of any node, as it told lately: what is known of them here. */
    public List<NodeDisk> disksOf(int nodeId) {
        var node = running;
        if (nodeId == config.nodeId() || node == null) {
            return nodeId == config.nodeId() ? space.told() : List.of();
        }
        return node.reports().disks(nodeId);
    }

    public ProducerIds producerIds() {
        return running().producerIds();
    }

    public int nodeId() {
        return config.nodeId();
    }

    /**
     * Has another replica lead a partition that this node leads, and the placement prefer it.
     *
     * @param within of this length the leader refuses batches at most
     */
    public CompletableFuture<TransferOutcome> transferLeadership(PartitionId id, int toNode, Duration within) {
        return running().leaderTransfer().transfer(id, toNode, within);
    }

    /** Asks other members to lead what this node leads; waits at most this long for them. */
    public void handOverLeaderships(Duration within) {
        var node = running();
        node.balancer().handOverAll(node.server().getGroupIds(), within);
    }

    /** Hands over what it leads, then stops everything that it started. */
    @Override
    public void close() throws IOException {
        closing = true;
        var node = running;
        if (node != null) {
            running = null;
            node.membership().close();
            node.reconciler().close();
            chores.stop(
                    Kind.DUTIES, Kind.ELECTIONS, Kind.KNOCKS, Kind.SPACE, Kind.RETENTION, Kind.COMPACTION, Kind.SCRUB);
            node.balancer().handOverAll(node.server().getGroupIds(), Duration.ofSeconds(HAND_OVER_SECONDS));
            chores.stop(Kind.CHECKPOINTS);
            node.checkpoints().takeAll();
            takeSnapshot(node);
            chores.stop(Kind.TIMER);
            node.host().closing();
            catchUps.close();
            RatisClose.close(node.server(), config.nodeId());
            node.host().close();
            node.directory().close();
        }
        chores.stop(Kind.values());
        catchUps.close();
        transport.close();
        view.close();
        MicrometerRegistries.unbind(config.nodeId(), meters.groups());
    }

    private void takeSnapshot(Running node) {
        try {
            node.metadataGroup().takeSnapshot();
        } catch (IOException e) {
            LOG.warn("node {}: no snapshot of the metadata, the next start replays more", config.nodeId(), e);
        }
    }
}
