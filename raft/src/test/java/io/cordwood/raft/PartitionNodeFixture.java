package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.store.Disk;
import io.cordwood.store.LogConfig;
import io.cordwood.store.NioDisk;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.Storage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.LeaderElectionManagementRequest;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.exceptions.AlreadyExistsException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachine;
import org.jspecify.annotations.Nullable;

/** One node of a {@link PartitionCluster}: can be stopped, started again, and moved to a copy of its directory. */
final class PartitionNodeFixture {
    static final RaftTimings TIMINGS = new RaftTimings(Duration.ofMillis(300), Duration.ofMillis(600));
    static final SpaceFloor SPACE_FLOOR = new SpaceFloor(1_000, 0);
    private static final int PAYLOAD_MAX_BYTES = 1 << 20;
    /** Each look begins a pass. */
    private static final ScrubLimits EAGER_SCRUB = new ScrubLimits(1L << 30, Duration.ZERO);

    final RaftPeer peer;
    final HoldingDisk disk = new HoldingDisk(new UnforcedDisk(new NioDisk()));
    /** From the next start on. */
    CatchUpLimits catchUpLimits = new CatchUpLimits(1L << 30, 1);
    /** What Ratis gets in the place of a group's state machine, from the next start on. */
    UnaryOperator<StateMachine> stateMachines = UnaryOperator.identity();
    /** Whose questions about terms reach it. */
    volatile IntPredicate hears = from -> true;
    /** Why the node would have ended its process. */
    final List<String> halts = new CopyOnWriteArrayList<>();
    /** How far the clock of its appender goes ahead. */
    final AtomicLong clockAheadMs = new AtomicLong();

    private final PartitionCluster cluster;
    private Path directory;
    private CatchUps catchUps = nobodysCatchUps();
    private volatile @Nullable Running running;

    private record Running(
            PartitionNode node, PartitionReplicas replicas, RaftServer server, NodeTransport transport) {}

    PartitionNodeFixture(PartitionCluster cluster, RaftPeer peer, Path directory) {
        this.cluster = cluster;
        this.peer = peer;
        this.directory = directory;
    }

    /** Of its newest start. */
    CatchUpCounters catchUps() {
        return catchUps.counters();
    }

    int id() {
        return Integer.parseInt(peer.getId().toString());
    }

    Path directory() {
        return directory;
    }

    boolean isRunning() {
        return running != null;
    }

    void start() throws IOException {
        Files.createDirectories(directory.resolve("raft"));
        var transport = new NodeTransport(id(), cluster::addressOf);
        catchUps = new CatchUps(transport, id(), catchUpLimits, NodeMeters.unseen());
        var node = openShared(directory, disk, new RecordedHalts(halts), catchUps, clock());
        try {
            running = start(node, transport);
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
        if (!current().replicas().isQuarantined(cluster.group.getGroupId())) {
            addGroup(current().server(), node.client());
        }
    }

    /** Time passes with what the clock is set ahead by, so that it is believed like that of a node that starts. */
    private NodeClock clock() {
        var passedMs = new AtomicLong();
        return new NodeClock(
                () -> System.currentTimeMillis() + clockAheadMs.get(),
                () -> System.nanoTime()
                        + TimeUnit.MILLISECONDS.toNanos(passedMs.accumulateAndGet(clockAheadMs.get(), Math::max)));
    }

    private Running start(PartitionNode node, NodeTransport transport) throws IOException {
        var replicas = new PartitionReplicas(
                node, LogConfig.defaults(), TopicConfig.DEFAULTS, CompactionLimits.DEFAULT, EAGER_SCRUB);
        if (Files.exists(raftGroup())) {
            replicas.prepare(Map.of(cluster.group.getGroupId(), cluster.placement));
        }
        var address = peer.getAddress().split(":");
        var parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters, (builder, types) -> transport.customize(builder, TIMINGS));
        var server = RaftServer.newBuilder()
                .setServerId(peer.getId())
                .setStateMachineRegistry(groupId -> stateMachines.apply(replicas.create(groupId, cluster.placement)))
                .setProperties(RatisSettings.of(
                        directory.resolve("raft"),
                        InetSocketAddress.createUnresolved(address[0], Integer.parseInt(address[1])),
                        PAYLOAD_MAX_BYTES,
                        TIMINGS,
                        cluster.upkeep()))
                .setParameters(parameters)
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
        transport.serves(server);
        transport.handle(
                TermQuestions.METHOD,
                (from, request) -> hears.test(from)
                        ? CompletableFuture.completedFuture(TermQuestions.answer(server, request))
                        : CompletableFuture.failedFuture(new IOException("the network to node " + from + " is cut")));
        server.start();
        replicas.opened();
        return new Running(node, replicas, server, transport);
    }

    /** What the partitions of a node in this directory share. */
    static PartitionNode openShared(Path directory, Disk disk, NodeHalt halt) throws IOException {
        var clock = new NodeClock(System::currentTimeMillis, System::nanoTime);
        return openShared(directory, disk, halt, nobodysCatchUps(), clock);
    }

    private static CatchUps nobodysCatchUps() {
        var nobody = new NodeTransport(0, id -> Optional.empty());
        return new CatchUps(nobody, 0, CatchUpLimits.DEFAULT, NodeMeters.unseen());
    }

    private static PartitionNode openShared(
            Path directory, Disk anyDisk, NodeHalt halt, CatchUps catchUps, NodeClock clock) throws IOException {
        var disk = new HaltingDisk(anyDisk, halt);
        return new PartitionNode(
                1,
                new RatisClient(),
                directory,
                directory.resolve("raft"),
                new Storage(disk, OffsetIndex.open(directory.resolve("index"))),
                DurableFloor.open(disk, directory, halt),
                DurableVotes.open(disk, directory, directory.resolve("raft"), halt),
                new PayloadWindow(64 << 10),
                new WriterThreads(1),
                Executors.newFixedThreadPool(1),
                new AppenderLimits(32 << 20, 600, 64), // small entries, many in flight
                PAYLOAD_MAX_BYTES,
                clock,
                catchUps,
                RaftMeters.of(NodeMeters.unseen()),
                new SpaceWatch(0, disk, SPACE_FLOOR, List.of(directory)),
                halt);
    }

    /** The group's directory in Ratis' storage. */
    Path raftGroup() {
        return directory
                .resolve("raft")
                .resolve(cluster.group.getGroupId().getUuid().toString());
    }

    /** The directory of the segments. */
    Path partition() {
        return directory.resolve("partitions").resolve(cluster.partition.directoryName());
    }

    Path quarantine() {
        return directory
                .resolve("quarantine")
                .resolve(cluster.group.getGroupId().getUuid().toString());
    }

    private void addGroup(RaftServer server, RatisClient client) throws IOException {
        try {
            server.groupManagement(GroupManagementRequest.newAdd(
                    client.id(), server.getId(), client.nextCallId(), cluster.group, false));
        } catch (AlreadyExistsException e) {
            // Found on disk and opened with the server.
        }
    }

    void stop() throws IOException {
        var stopping = running;
        running = null;
        disk.releaseAll();
        if (stopping != null) {
            stopping.replicas().closing();
            stopping.node().catchUps().close();
            stopping.server().close();
            stopping.transport().close();
            stopping.replicas().close();
        }
    }

    /** Ends like a killed process: nothing more reaches the disk, and what the end brings about is of no account. */
    void kill() throws IOException {
        disk.kill();
        try {
            stop();
        } catch (IOException e) {
            // The floor could not be written any more.
        }
        disk.revive();
        halts.clear();
    }

    /** What the node's thread for the background check does at each look. */
    void scrub() {
        current().replicas().scrub();
    }

    ScrubCounters scrubCounters() {
        return current().replicas().scrubCounters();
    }

    /** Goes on with another directory at the next start. */
    void moveTo(Path other) {
        directory = other;
    }

    /** Takes a checkpoint now, as the node does by bytes and time. Returns its raft index. */
    long takeCheckpoint() throws IOException {
        var server = server();
        return server.snapshotManagement(SnapshotManagementRequest.newCreate(
                        current().node().client().id(),
                        server.getId(),
                        cluster.group.getGroupId(),
                        current().node().client().nextCallId(),
                        10_000,
                        0))
                .getLogIndex();
    }

    /** Goes on with a copy of the directory as it was taken at some moment, like after a kill at that moment. */
    void restartFrom(Path image) throws IOException {
        kill();
        directory = image;
        start();
    }

    /**
     * A copy of the directory as it is now, without the index: that is only a cache. Where the node runs, its disk is killed first:
     * what it told others later would not be in the copy.
     */
    Path image(String name) throws IOException {
        if (running != null) {
            disk.kill();
        }
        var node = String.valueOf(directory.getFileName()).split("-", 2)[0]; // an image of an image has no longer name
        var target = directory.resolveSibling(node + "-" + name);
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                var relative = directory.relativize(file);
                if (!relative.startsWith("index") && !file.toString().endsWith("raft-meta.conf.tmp")) {
                    Files.createDirectories(target.resolve(relative).getParent());
                    Files.copy(file, target.resolve(relative));
                }
                return FileVisitResult.CONTINUE;
            }

            /** Ratis replaces its small files as a whole while they are copied. */
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        return target;
    }

    boolean isQuarantined() {
        return current().replicas().isQuarantined(cluster.group.getGroupId());
    }

    /** Whether it tells others that it has no copy of anything. */
    boolean hasNothing() {
        return current().replicas().hasNothingOf(cluster.group.getGroupId());
    }

    /** Nobody looks but the test. */
    SpaceWatch space() {
        return current().node().space();
    }

    RaftServer server() {
        return current().server();
    }

    PartitionReplica replica() {
        return current().replicas().find(cluster.partition).orElseThrow();
    }

    private Running current() {
        var current = running;
        if (current == null) {
            throw new IllegalStateException("node " + id() + " is stopped");
        }
        return current;
    }

    /** Makes these nodes the group's members, asked of the leader. */
    void setMembers(List<PartitionNodeFixture> members) throws IOException {
        var reply = server().setConfiguration(new SetConfigurationRequest(
                current().node().client().id(),
                server().getId(),
                cluster.group.getGroupId(),
                current().node().client().nextCallId(),
                SetConfigurationRequest.Arguments.newBuilder()
                        .setServersInNewConf(
                                members.stream().map(member -> member.peer).toList())
                        .build()));
        if (!reply.isSuccess()) {
            throw new IOException(reply.toString(), reply.getException());
        }
    }

    /** From now on it is no candidate: as one that was removed it would learn so, and close its group. */
    void holdElections() throws IOException {
        var reply = server().leaderElectionManagement(LeaderElectionManagementRequest.newPause(
                current().node().client().id(),
                server().getId(),
                cluster.group.getGroupId(),
                current().node().client().nextCallId()));
        if (!reply.isSuccess()) {
            throw new IOException(reply.toString(), reply.getException());
        }
    }

    /** In the place of ending the node. */
    void onClosedByItself(Runnable listener) {
        current().replicas().onClosedByItself(groupId -> listener.run());
    }

    RaftLog raftLog() throws IOException {
        return server().getDivision(cluster.group.getGroupId()).getRaftLog();
    }

    /** The segment files by name, in hex. */
    Map<String, String> segmentContents() throws IOException {
        return ReplicaFiles.segmentsIn(partition());
    }

    long sizeBytes() {
        return replica().sizeBytes();
    }

    boolean leads() {
        var current = running;
        return current != null
                && current.replicas()
                        .find(cluster.partition)
                        .map(replica -> replica.leadership().leading())
                        .orElse(false);
    }

    /** The values below the high watermark, in order. */
    List<String> values() throws IOException {
        var values = new ArrayList<String>();
        long offset = 0;
        while (offset < replica().highWatermark()) {
            var read = replica().read(offset, 1 << 20);
            var bytes = read.batches().duplicate();
            while (bytes.hasRemaining()) {
                int size = RecordBatch.sizeAt(bytes, bytes.position());
                var batch = RecordBatch.of(bytes.slice(bytes.position(), size));
                try (var records = batch.records()) {
                    records.forEachRemaining(record -> values.add(text(record.value())));
                }
                bytes.position(bytes.position() + size);
            }
            offset = read.endOffset();
        }
        return values;
    }

    private static String text(@Nullable ByteBuffer value) {
        return value == null ? "" : StandardCharsets.UTF_8.decode(value).toString();
    }
}
