package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas that are lost, moved, added and taken away, while records come in all the time. */
class RebuildIT {
    /** The raft log forgets what is behind a checkpoint at once. */
    private static final LogUpkeep FORGETFUL = new LogUpkeep(4 << 10, Duration.ofMillis(200), 1000, 4 << 10, 1, 4);

    private static final CatchUpLimits HARDLY_ANY = new CatchUpLimits(1, 2);
    private static final UUID TOPIC = UUID.randomUUID();
    private static final PartitionId ORDERS = new PartitionId(TOPIC, 0);

    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    private final SteadyLoad load = new SteadyLoad(world, ORDERS);

    @BeforeEach
    void keepPartitions() {
        world.keepPartitions();
    }

    private void start(LogUpkeep upkeep) throws Exception {
        world.upkeep(upkeep);
        world.startThree();
        var config = new TreeMap<>(Map.of(TopicConfig.SEGMENT_BYTES, "4096"));
        assertThat(world.submit(
                        1, new MetadataCommand.CreateTopic("orders", TOPIC, List.of(UUID.randomUUID()), 3, config)))
                .isInstanceOf(MetadataResult.Done.class);
        load.start();
        load.awaitRecords(60);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damagedReplicaIsRebuiltUnderLoad(boolean purged) throws Exception {
        start(purged ? FORGETFUL : LogUpkeep.DEFAULT);
        int victim = followers().get(0);

        for (int round = 1; round <= 2; round++) {
            world.stop(victim);
            deleteASegment(victim);
            load.awaitRecords(load.acknowledged() + 30);
            world.start(victim, world.list(1, 2, 3));
            awaitRebuilt(victim);
            assertThat(quarantined(victim)).hasSize(round);
            load.awaitRecords(load.acknowledged() + 30);
        }

        assertIdentical(1, 2, 3);
    }

    @Test
    void replicaWhoseRaftLogIsGoneIsRebuilt() throws Exception {
        start(FORGETFUL);
        int victim = followers().get(0);
        world.stop(victim);
        deleteTree(data(victim).resolve("raft").resolve(groupId().toString()));

        world.start(victim, world.list(1, 2, 3));

        awaitRebuilt(victim);
        assertIdentical(1, 2, 3);
    }

    @Test
    void leaderAndJoinerMayStopBeforeItIsAMember() throws Exception {
        start(FORGETFUL);
        int victim = followers().get(0);
        world.stop(victim);
        deleteASegment(victim);
        world.catchUp(HARDLY_ANY);
        world.start(victim, world.list(1, 2, 3));
        awaitBeingFed(victim);
        stopWithLeader(victim);
        assertThat(partition().changes().is(victim, ReplicaChange.Kind.JOINING)).isTrue();
        startAll();

        awaitRebuilt(victim);
        assertIdentical(1, 2, 3);
    }

    @Test
    void leaderAndJoinerMayStopAsSoonAsItIsAMember() throws Exception {
        start(FORGETFUL);
        int victim = followers().get(0);
        world.stop(victim);
        deleteASegment(victim);
        world.start(victim, world.list(1, 2, 3));
        awaitRebuilt(victim);
        stopWithLeader(victim);
        startAll();

        load.awaitRecords(load.acknowledged() + 30);
        awaitRebuilt(victim);
        assertIdentical(1, 2, 3);
    }

    /** Ratis would feed it for ever, and meanwhile change nothing else about the members. */
    @Test
    void joiningThatGetsNowhereDoesNotHoldUpTheRebuildOfAnother() throws Exception {
        start(FORGETFUL);
        int victim = followers().get(0);
        world.catchUp(HARDLY_ANY);
        startFourth();
        world.catchUp(CatchUpLimits.DEFAULT);
        alter(OptionalInt.of(4), OptionalInt.empty());
        awaitBeingFed(4);
        world.stop(victim);
        deleteASegment(victim);

        world.start(victim, world.list(1, 2, 3));

        world.await(
                "the replica of node " + victim,
                () -> partition().changes().lastAt() > 0
                        && partition().changes().of(victim).isEmpty()
                        && world.node(victim).partition(ORDERS).isPresent());
        assertThat(partition().changes().is(4, ReplicaChange.Kind.JOINING)).isTrue();
        assertIdentical(1, 2, 3);
    }

    private void awaitBeingFed(int node) {
        awaitChange(node, ReplicaChange.Kind.JOINING);
        world.await(
                "node " + node + " being fed", () -> world.node(node).catchUps().isRunning());
    }

    private void stopWithLeader(int node) throws Exception {
        int leader = load.leader();
        world.stop(node);
        world.stop(leader);
    }

    private void startAll() throws Exception {
        world.catchUp(CatchUpLimits.DEFAULT);
        for (int node = 1; node <= 3; node++) {
            if (!world.runs(node)) {
                world.start(node, world.list(1, 2, 3));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void replicaIsMovedToAnotherNode(boolean ofTheLeader) throws Exception {
        start(FORGETFUL);
        startFourth();
        int from = ofTheLeader ? load.leader() : followers().get(0);

        assertThat(alter(OptionalInt.of(4), OptionalInt.of(from))).isInstanceOf(MetadataResult.Done.class);

        world.awaitImage(
                1,
                "the move",
                image -> partition().replicas().size() == 3
                        && !partition().replicas().contains(from)
                        && partition().changes().none());
        world.await("the old replica to go", () -> !Files.exists(partitionDirectory(from)));
        load.awaitRecords(load.acknowledged() + 30);
        assertIdentical(IntStream.rangeClosed(1, 4).filter(node -> node != from).toArray());
    }

    @Test
    void replicaComesBackToANodeThatDidNotSeeItGo() throws Exception {
        start(FORGETFUL);
        startFourth();
        int away = followers().get(0);
        world.stop(away);
        alterSurely(OptionalInt.of(4), OptionalInt.of(away));
        awaitMoved(away, 4);
        load.awaitRecords(load.acknowledged() + 30);

        alterSurely(OptionalInt.of(away), OptionalInt.of(4));
        world.start(away, world.list(1, 2, 3));

        awaitMoved(4, away);
        load.awaitRecords(load.acknowledged() + 30);
        assertIdentical(1, 2, 3);
    }

    @Test
    void moveToANodeThatDoesNotComeIsCalledOff() throws Exception {
        start(FORGETFUL);
        startFourth();
        int from = followers().get(0);
        world.stop(4);
        alterSurely(OptionalInt.of(4), OptionalInt.of(from));

        assertThat(alter(OptionalInt.empty(), OptionalInt.of(4))).isInstanceOf(MetadataResult.Done.class);

        awaitMoved(4, from);
        load.awaitRecords(load.acknowledged() + 30);
        assertIdentical(1, 2, 3);
    }

    /** Whichever comes first: that it has joined, or that it is not to do so. */
    @Test
    void moveThatIsCalledOffWhenItIsNearlyDoneEndsOneWayOrTheOther() throws Exception {
        start(FORGETFUL);
        startFourth();
        int from = followers().get(0);
        alterSurely(OptionalInt.of(4), OptionalInt.of(from));
        world.await(
                "the new replica",
                () -> world.node(4)
                        .partition(ORDERS)
                        .filter(replica -> replica.highWatermark() > 0)
                        .isPresent());

        alter(OptionalInt.empty(), OptionalInt.of(4));

        world.await(
                "the end of it",
                () -> partition().replicas().size() == 3
                        && partition().changes().none());
        int gone = partition().replicas().contains(4) ? from : 4;
        world.await("the other replica to go", () -> !Files.exists(partitionDirectory(gone)));
        load.awaitRecords(load.acknowledged() + 30);
        assertIdentical(partition().replicas().stream().mapToInt(node -> node).toArray());
    }

    @Test
    void replicaIsAddedAndTakenAway() throws Exception {
        start(LogUpkeep.DEFAULT);
        startFourth();

        alter(OptionalInt.of(4), OptionalInt.empty());
        world.awaitImage(
                1,
                "four replicas",
                image -> partition().replicas().size() == 4
                        && partition().changes().none());
        assertThat(alter(OptionalInt.empty(), OptionalInt.of(load.leader()))).isInstanceOf(MetadataResult.Done.class);
        world.awaitImage(1, "three replicas", image -> partition().replicas().size() == 3);

        load.awaitRecords(load.acknowledged() + 30);
        assertIdentical(partition().replicas().stream().mapToInt(node -> node).toArray());
    }

    @Test
    void nodeWithALostDirectoryIsReplacedAndRebuildsWhatItHad() throws Exception {
        start(FORGETFUL);
        int victim = followers().get(0);
        int other = followers().get(1);
        var incarnation = world.image(other).node(victim).orElseThrow().incarnation();
        world.stop(victim);
        deleteTree(data(victim));
        world.start(victim, world.list(1, 2, 3));
        world.awaitImage(
                other,
                "the node dead",
                image -> image.node(victim).orElseThrow().state() == NodeState.DEAD);
        assertThat(world.node(victim).joined()).isNotDone();

        assertThat(world.submit(other, new MetadataCommand.ReplaceNode(victim, incarnation)))
                .isInstanceOf(MetadataResult.Done.class);

        world.awaitJoined(victim);
        awaitRebuilt(victim);
        assertThat(world.image(other).node(victim).orElseThrow().voter()).isTrue();
        assertIdentical(1, 2, 3);
        world.stop(other); // the new one has a vote
        assertThat(world.submit(victim, new MetadataCommand.ReportLeaders(victim, List.<LeaderReport>of())))
                .isInstanceOf(MetadataResult.Done.class);
    }

    private void startFourth() throws Exception {
        world.submit(1, new MetadataCommand.AddNode(4, world.address(4)));
        world.start(4, world.list(1, 2, 3));
        world.awaitJoined(4);
    }

    private MetadataResult alter(OptionalInt add, OptionalInt remove) throws Exception {
        return world.submit(someone(), new MetadataCommand.AlterReplicas(TOPIC, 0, add, remove));
    }

    /** Also where the node that is to take the replica is stopped. */
    private void alterSurely(OptionalInt add, OptionalInt remove) throws Exception {
        int taker = add.orElseThrow();
        var incarnation = world.image(someone()).node(taker).orElseThrow().incarnation();
        world.submit(someone(), new MetadataCommand.SetNodeState(taker, incarnation, NodeState.ALIVE));
        assertThat(alter(add, remove)).isInstanceOf(MetadataResult.Done.class);
    }

    private void awaitMoved(int from, int to) {
        world.await(
                "the replica of node " + from + " on node " + to,
                () -> partition().replicas().contains(to)
                        && !partition().replicas().contains(from)
                        && partition().changes().none());
    }

    private int someone() {
        return IntStream.rangeClosed(1, 4).filter(world::runs).findFirst().orElseThrow();
    }

    private List<Integer> followers() {
        int leader = load.leader();
        return IntStream.rangeClosed(1, 3)
                .filter(node -> node != leader)
                .boxed()
                .toList();
    }

    private PartitionInfo partition() {
        return world.image(someone()).partition("orders", 0).orElseThrow();
    }

    private UUID groupId() {
        return partition().raftGroupId();
    }

    private Path data(int node) {
        return directory.resolve("node-" + node);
    }

    private Path partitionDirectory(int node) {
        return data(node).resolve("partitions").resolve(ORDERS.directoryName());
    }

    private void deleteASegment(int node) throws IOException {
        var segments = new ReplicaFiles(data(node), partitionDirectory(node)).segments();
        Files.delete(segments.get(segments.size() / 2));
    }

    private static void deleteTree(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private List<Path> quarantined(int node) throws IOException {
        try (var files = Files.list(data(node).resolve("quarantine"))) {
            return files.toList();
        }
    }

    private void awaitChange(int node, ReplicaChange.Kind kind) {
        world.await("node " + node + " " + kind, () -> partition().changes().is(node, kind));
    }

    private void awaitRebuilt(int node) {
        world.await(
                "the replica of node " + node,
                () -> partition().changes().lastAt() > 0
                        && partition().changes().none()
                        && world.node(node).partition(ORDERS).isPresent()
                        && world.image(node)
                                .partition("orders", 0)
                                .orElseThrow()
                                .changes()
                                .none());
    }

    private void assertIdentical(int... nodes) throws Exception {
        load.stop();
        long end = load.acknowledged();
        for (int node : nodes) {
            world.await(
                    "all records on node " + node,
                    () -> world.node(node).partition(ORDERS).orElseThrow().highWatermark() >= end);
        }
        var expected = segments(nodes[0]);
        assertThat(expected).isNotEmpty();
        for (int node : nodes) {
            assertThat(segments(node)).as("files of node %d", node).isEqualTo(expected);
            load.assertHolds(world.node(node).partition(ORDERS).orElseThrow());
        }
        assertThat(world.halts).isEmpty();
    }

    private Map<String, String> segments(int node) throws IOException {
        var content = ReplicaFiles.contentBelow(partitionDirectory(node));
        content.keySet().removeIf(name -> !name.endsWith(".log"));
        return content;
    }
}
