package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A partition with a replica on each of three nodes, and a load on it: what befalls replicas befalls these.
 *
 * <p>Thread: the test's.
 */
final class OrdersUnderLoad {
    /** The raft log forgets what is behind a checkpoint at once. */
    static final LogUpkeep FORGETFUL = new LogUpkeep(4 << 10, Duration.ofMillis(200), 1000, 4 << 10, 1, 4);

    static final UUID TOPIC = UUID.randomUUID();
    static final PartitionId ORDERS = new PartitionId(TOPIC, 0);

    private final NodeWorld world;
    private final Supplier<Path> directory;
    private final SteadyLoad load;

    /** @param directory holds the nodes' */
    OrdersUnderLoad(NodeWorld world, Supplier<Path> directory) {
        this.world = world;
        this.directory = directory;
        load = new SteadyLoad(world, ORDERS);
    }

    SteadyLoad load() {
        return load;
    }

    void start(LogUpkeep upkeep) throws Exception {
        world.keepPartitions();
        world.upkeep(upkeep);
        world.startThree();
        var config = new TreeMap<>(Map.of(TopicConfig.SEGMENT_BYTES, "4096"));
        assertThat(world.submit(
                        1, new MetadataCommand.CreateTopic("orders", TOPIC, List.of(UUID.randomUUID()), 3, config)))
                .isInstanceOf(MetadataResult.Done.class);
        load.start();
        load.awaitRecords(60);
    }

    void startFourth() throws Exception {
        world.submit(1, new MetadataCommand.AddNode(4, world.address(4)));
        world.start(4, world.list(1, 2, 3));
        world.awaitJoined(4);
    }

    MetadataResult alter(OptionalInt add, OptionalInt remove) throws Exception {
        return world.submit(someone(), new MetadataCommand.AlterReplicas(TOPIC, 0, add, remove));
    }

    /** Also where the node that is to take the replica is stopped. */
    void alterSurely(OptionalInt add, OptionalInt remove) throws Exception {
        int taker = add.orElseThrow();
        var incarnation = world.image(someone()).node(taker).orElseThrow().incarnation();
        world.submit(someone(), new MetadataCommand.SetNodeState(taker, incarnation, NodeState.ALIVE));
        assertThat(alter(add, remove)).isInstanceOf(MetadataResult.Done.class);
    }

    void awaitMoved(int from, int to) {
        world.await(
                "the replica of node " + from + " on node " + to,
                () -> partition().replicas().contains(to)
                        && !partition().replicas().contains(from)
                        && partition().changes().none());
    }

    private int someone() {
        return IntStream.rangeClosed(1, 4).filter(world::runs).findFirst().orElseThrow();
    }

    List<Integer> followers() {
        int leader = load.leader();
        return IntStream.rangeClosed(1, 3)
                .filter(node -> node != leader)
                .boxed()
                .toList();
    }

    PartitionInfo partition() {
        return world.image(someone()).partition("orders", 0).orElseThrow();
    }

    UUID groupId() {
        return partition().raftGroupId();
    }

    Path data(int node) {
        return directory.get().resolve("node-" + node);
    }

    Path partitionDirectory(int node) {
        return data(node).resolve("partitions").resolve(ORDERS.directoryName());
    }

    void deleteASegment(int node) throws IOException {
        var segments = new ReplicaFiles(data(node), partitionDirectory(node)).segments();
        Files.delete(segments.get(segments.size() / 2));
    }

    void awaitChange(int node, ReplicaChange.Kind kind) {
        world.await("node " + node + " " + kind, () -> partition().changes().is(node, kind));
    }

    void awaitRebuilt(int node) {
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

    void awaitBeingFed(int node) {
        awaitChange(node, ReplicaChange.Kind.JOINING);
        world.await(
                "node " + node + " being fed", () -> world.node(node).catchUps().isRunning());
    }

    void assertIdentical(int... nodes) throws Exception {
        load.stop();
        long end = load.acknowledged();
        for (int node : nodes) {
            world.await(
                    "all records on node " + node,
                    () -> world.node(node)
                            .partition(ORDERS)
                            .filter(replica -> replica.highWatermark() >= end)
                            .isPresent());
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
        return ReplicaFiles.segmentsIn(partitionDirectory(node));
    }
}
