package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.DeadReplicas;
import io.cordwood.metadata.DeadReplicas.Standing;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange.Kind;
import io.cordwood.metadata.ReplicaChanges;
import io.cordwood.store.PartitionId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A node that dies, for good or for a while, while records come in all the time. */
class DeadNodeIT {
    private static final CatchUpLimits HARDLY_ANY = new CatchUpLimits(1, Replacements.PER_TAKER);
    private static final int PAYMENTS = 4;

    @TempDir
    Path directory;

    @RegisterExtension
    final NodeWorld world = new NodeWorld(() -> directory, 1, 2, 3, 4);

    private final OrdersUnderLoad orders = new OrdersUnderLoad(world, () -> directory);

    @Test
    void replicaOfANodeThatDoesNotComeBackMovesByItself() throws Exception {
        world.replaceDeadAfter(Duration.ofSeconds(1));
        orders.start(OrdersUnderLoad.FORGETFUL);
        orders.startFourth();
        int gone = orders.load().leader();

        world.stop(gone);

        orders.awaitMoved(gone, 4);
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(
                IntStream.rangeClosed(1, 4).filter(node -> node != gone).toArray());
    }

    @Test
    void nodeThatComesBackInTimeKeepsItsReplica() throws Exception {
        world.replaceDeadAfter(Duration.ofMinutes(5));
        orders.start(OrdersUnderLoad.FORGETFUL);
        orders.startFourth();
        int away = orders.followers().get(0);
        world.stop(away);
        awaitState(away, NodeState.DEAD);

        world.start(away, world.list(1, 2, 3));

        awaitState(away, NodeState.ALIVE);
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        assertThat(orders.partition().changes()).isEqualTo(ReplicaChanges.NEVER);
        orders.assertIdentical(1, 2, 3);
    }

    /** The fourth node gets hardly anything before the dead one is back: what has begun ends after that. */
    @Test
    void nodeThatComesBackInTheMidstKeepsWhatWaitedAndTheRestEnds() throws Exception {
        world.replaceDeadAfter(Duration.ofSeconds(2));
        orders.start(OrdersUnderLoad.FORGETFUL);
        var payments = fillPayments();
        world.catchUp(HARDLY_ANY);
        orders.startFourth();
        world.catchUp(CatchUpLimits.DEFAULT);
        var followers = orders.followers();
        int away = followers.get(0);
        int witness = followers.get(1);

        world.stop(away);
        awaitSomeBeingMoved(witness);
        world.start(away, world.list(1, 2, 3));
        awaitState(away, NodeState.ALIVE);
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        assertThat(all(world.image(witness)))
                .filteredOn(partition -> partition.changes().is(4, Kind.JOINING))
                .hasSizeBetween(1, Replacements.PER_TAKER);
        restartAtFullSpeed();

        world.awaitImage(witness, "the end of all moves", DeadNodeIT::isSettled);
        assertThat(all(world.image(witness)))
                .filteredOn(partition -> partition.changes().equals(ReplicaChanges.NEVER))
                .hasSizeGreaterThan(PAYMENTS - Replacements.PER_TAKER)
                .allSatisfy(partition -> assertThat(partition.replicas()).contains(away));
        for (var partition : payments.entrySet()) {
            assertHeldByItsReplicas(partition.getKey(), partition.getValue(), witness);
        }
        orders.load().awaitRecords(orders.load().acknowledged() + 30);
        orders.assertIdentical(
                orders.partition().replicas().stream().mapToInt(node -> node).toArray());
    }

    /** More partitions than move at once, with records that nobody adds to any more. */
    private SortedMap<Integer, SteadyLoad> fillPayments() throws Exception {
        world.createTopic(1, "payments", PAYMENTS, 3);
        var topic = world.image(1).topic("payments").orElseThrow().topicId();
        var loads = new TreeMap<Integer, SteadyLoad>();
        for (int partition = 0; partition < PAYMENTS; partition++) {
            var load = new SteadyLoad(world, new PartitionId(topic, partition));
            load.start();
            load.awaitRecords(100);
            load.stop();
            loads.put(partition, load);
        }
        return loads;
    }

    /** As {@code cluster} shows it: some replicas of the dead node move, and some wait for their turn. */
    private void awaitSomeBeingMoved(int witness) {
        world.awaitImage(
                witness,
                "some that move and some that wait",
                image -> count(image, Standing.MOVING) == Replacements.PER_TAKER
                        && count(image, Standing.WAITING) > 0
                        && count(image, Standing.NO_TAKER) + count(image, Standing.NO_MAJORITY) == 0);
        orders.awaitBeingFed(4);
    }

    private static int count(MetadataImage image, Standing standing) {
        return new DeadReplicas(image, Set.of()).counts().getOrDefault(standing, 0);
    }

    private void restartAtFullSpeed() throws Exception {
        world.stop(4);
        world.start(4, world.list(1, 2, 3));
        world.awaitJoined(4);
    }

    private static List<PartitionInfo> all(MetadataImage image) {
        return image.topics().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .toList();
    }

    private static boolean isSettled(MetadataImage image) {
        return all(image).stream()
                .allMatch(partition ->
                        partition.changes().none() && partition.replicas().size() == 3);
    }

    private void assertHeldByItsReplicas(int partition, SteadyLoad load, int witness) throws Exception {
        var topic = world.image(witness).topic("payments").orElseThrow();
        var id = new PartitionId(topic.topicId(), partition);
        for (int node : topic.partition(partition).orElseThrow().replicas()) {
            world.await(
                    "all records of payments-" + partition + " on node " + node,
                    () -> world.node(node)
                            .partition(id)
                            .filter(replica -> replica.highWatermark() >= load.acknowledged())
                            .isPresent());
            load.assertHolds(world.node(node).partition(id).orElseThrow());
        }
    }

    private void awaitState(int node, NodeState state) {
        int other =
                IntStream.rangeClosed(1, 3).filter(id -> id != node).findFirst().orElseThrow();
        world.awaitImage(
                other,
                "node " + node + " " + state,
                image -> image.node(node).orElseThrow().state() == state);
    }
}
