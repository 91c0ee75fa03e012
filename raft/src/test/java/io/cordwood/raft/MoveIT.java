package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that are moved, added and taken away, while records come in all the time. */
class MoveIT {
    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    private final OrdersUnderLoad orders = new OrdersUnderLoad(world, () -> directory);

    @Test
    void replicaOfTheLeaderIsMovedToAnotherNode() throws Exception {
        replicaIsMovedToAnotherNode(true);
    }

    @Test
    @Tag("nightly")
    void replicaOfAFollowerIsMovedToAnotherNode() throws Exception {
        replicaIsMovedToAnotherNode(false);
    }

    private void replicaIsMovedToAnotherNode(boolean ofTheLeader) throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        orders.startFourth();
        int from = ofTheLeader ? orders.load().leader() : orders.followers().get(0);

        assertThat(orders.alter(OptionalInt.of(4), OptionalInt.of(from))).isInstanceOf(MetadataResult.Done.class);

        world.awaitImage(
                1,
                "the move",
                image -> orders.partition().replicas().size() == 3
                        && !orders.partition().replicas().contains(from)
                        && orders.partition().changes().none());
        world.await("the old replica to go", () -> !Files.exists(orders.partitionDirectory(from)));
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(
                IntStream.rangeClosed(1, 4).filter(node -> node != from).toArray());
    }

    @Test
    void replicaComesBackToANodeThatDidNotSeeItGo() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        orders.startFourth();
        int away = orders.followers().get(0);
        world.stop(away);
        orders.alterSurely(OptionalInt.of(4), OptionalInt.of(away));
        orders.awaitMoved(away, 4);
        orders.load().awaitRecords(orders.load().acknowledged() + 30);

        orders.alterSurely(OptionalInt.of(away), OptionalInt.of(4));
        world.start(away, world.list(1, 2, 3));

        orders.awaitMoved(4, away);
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(1, 2, 3);
    }

    @Test
    void moveToANodeThatDoesNotComeIsCalledOff() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        orders.startFourth();
        int from = orders.followers().get(0);
        world.stop(4);
        orders.alterSurely(OptionalInt.of(4), OptionalInt.of(from));

        assertThat(orders.alter(OptionalInt.empty(), OptionalInt.of(4))).isInstanceOf(MetadataResult.Done.class);

        orders.awaitMoved(4, from);
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(1, 2, 3);
    }

    /** Whichever comes first: that it has joined, or that it is not to do so. */
    @Test
    @Tag("nightly")
    void moveThatIsCalledOffWhenItIsNearlyDoneEndsOneWayOrTheOther() throws Exception {
        orders.start(OrdersUnderLoad.FORGETFUL);
        orders.startFourth();
        int from = orders.followers().get(0);
        orders.alterSurely(OptionalInt.of(4), OptionalInt.of(from));
        world.await(
                "the new replica",
                () -> world.node(4)
                        .partition(OrdersUnderLoad.ORDERS)
                        .filter(replica -> replica.highWatermark() > 0)
                        .isPresent());

        orders.alter(OptionalInt.empty(), OptionalInt.of(4));

        world.await(
                "the end of it",
                () -> orders.partition().replicas().size() == 3
                        && orders.partition().changes().none());
        int gone = orders.partition().replicas().contains(4) ? from : 4;
        world.await("the other replica to go", () -> !Files.exists(orders.partitionDirectory(gone)));
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(
                orders.partition().replicas().stream().mapToInt(node -> node).toArray());
    }

    @Test
    void replicaIsAddedAndTakenAway() throws Exception {
        orders.start(LogUpkeep.DEFAULT);
        orders.startFourth();

        orders.alter(OptionalInt.of(4), OptionalInt.empty());
        world.awaitImage(
                1,
                "four replicas",
                image -> orders.partition().replicas().size() == 4
                        && orders.partition().changes().none());
        assertThat(orders.alter(
                        OptionalInt.empty(), OptionalInt.of(orders.load().leader())))
                .isInstanceOf(MetadataResult.Done.class);
        world.awaitImage(
                1, "three replicas", image -> orders.partition().replicas().size() == 3);

        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(
                orders.partition().replicas().stream().mapToInt(node -> node).toArray());
    }
}
