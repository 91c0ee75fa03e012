package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.store.DirectoryTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Replicas and nodes that lost something, while records come in all the time. */
class RebuildIT {
    private static final CatchUpLimits HARDLY_ANY = new CatchUpLimits(1, 2);

    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    private final OrdersUnderLoad orders = new OrdersUnderLoad(world, () -> directory);

    @Test
    void damagedReplicaIsRebuiltUnderLoad() throws Exception {
        damagedReplicaIsRebuilt(OrdersUnderLoad.FORGETFUL);
    }

    @Test
    @Tag("nightly")
    void damagedReplicaIsRebuiltFromARaftLogThatForgetsNothing() throws Exception {
        damagedReplicaIsRebuilt(LogUpkeep.DEFAULT);
    }

    private void damagedReplicaIsRebuilt(LogUpkeep upkeep) throws Exception {
        orders.start(upkeep);
        int victim = orders.followers().get(0);

        for (int round = 1; round <= 2; round++) {
            world.stop(victim);
            orders.deleteASegment(victim);
            orders.load().awaitRecords(orders.load().acknowledged() + 30);
            world.start(victim, world.list(1, 2, 3));
            orders.awaitRebuilt(victim);
            assertThat(quarantined(victim)).hasSize(round);
            orders.load().awaitRecords(orders.load().acknowledged() + 30);
        }

        orders.assertIdentical(1, 2, 3);
    }

    @Test
    void replicaWhoseRaftLogIsGoneIsRebuilt() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        int victim = orders.followers().get(0);
        world.stop(victim);
        DirectoryTree.delete(
                orders.data(victim).resolve("raft").resolve(orders.groupId().toString()));

        world.start(victim, world.list(1, 2, 3));

        orders.awaitRebuilt(victim);
        orders.assertIdentical(1, 2, 3);
    }

    @Test
    void leaderAndJoinerMayStopBeforeItIsAMember() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        int victim = orders.followers().get(0);
        world.stop(victim);
        orders.deleteASegment(victim);
        world.catchUp(HARDLY_ANY);
        world.start(victim, world.list(1, 2, 3));
        orders.awaitBeingFed(victim);
        stopWithLeader(victim);
        assertThat(orders.partition().changes().is(victim, ReplicaChange.Kind.JOINING))
                .isTrue();
        startAll();

        orders.awaitRebuilt(victim);
        orders.assertIdentical(1, 2, 3);
    }

    @Test
    @Tag("nightly")
    void leaderAndJoinerMayStopAsSoonAsItIsAMember() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        int victim = orders.followers().get(0);
        world.stop(victim);
        orders.deleteASegment(victim);
        world.start(victim, world.list(1, 2, 3));
        orders.awaitRebuilt(victim);
        stopWithLeader(victim);
        startAll();

        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.awaitRebuilt(victim);
        orders.assertIdentical(1, 2, 3);
    }

    /** Ratis would feed it for ever, and meanwhile change nothing else about the members. */
    @Test
    void joiningThatGetsNowhereDoesNotHoldUpTheRebuildOfAnother() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        int victim = orders.followers().get(0);
        world.catchUp(HARDLY_ANY);
        orders.startFourth();
        world.catchUp(CatchUpLimits.DEFAULT);
        orders.alter(OptionalInt.of(4), OptionalInt.empty());
        orders.awaitBeingFed(4);
        world.stop(victim);
        orders.deleteASegment(victim);

        world.start(victim, world.list(1, 2, 3));

        world.await(
                "the replica of node " + victim,
                () -> orders.partition().changes().lastAt() > 0
                        && orders.partition().changes().of(victim).isEmpty()
                        && world.node(victim).partition(OrdersUnderLoad.ORDERS).isPresent());
        assertThat(orders.partition().changes().is(4, ReplicaChange.Kind.JOINING))
                .isTrue();
        orders.assertIdentical(1, 2, 3);
    }

    private void stopWithLeader(int node) throws Exception {
        int leader = orders.load().leader();
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

    @Test
    void nodeWithALostDirectoryIsReplacedAndRebuildsWhatItHad() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        int victim = orders.followers().get(0);
        int other = orders.followers().get(1);
        var incarnation = world.image(other).node(victim).orElseThrow().incarnation();
        world.stop(victim);
        DirectoryTree.delete(orders.data(victim));
        world.start(victim, world.list(1, 2, 3));
        world.awaitImage(
                other,
                "the node dead",
                image -> image.node(victim).orElseThrow().state() == NodeState.DEAD);
        assertThat(world.node(victim).joined()).isNotDone();

        assertThat(world.submit(other, new MetadataCommand.ReplaceNode(victim, incarnation)))
                .isInstanceOf(MetadataResult.Done.class);

        world.awaitJoined(victim);
        orders.awaitRebuilt(victim);
        assertThat(world.image(other).node(victim).orElseThrow().voter()).isTrue();
        orders.assertIdentical(1, 2, 3);
        world.stop(other); // the new one has a vote
        assertThat(world.submit(victim, new MetadataCommand.ReportLeaders(victim, List.<LeaderReport>of())))
                .isInstanceOf(MetadataResult.Done.class);
    }

    private List<Path> quarantined(int node) throws IOException {
        try (var files = Files.list(orders.data(node).resolve("quarantine"))) {
            return files.toList();
        }
    }
}
