package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.ReplicaChanges;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A node that dies, for good or for a while, while records come in all the time. */
class DeadNodeIT {
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

    private void awaitState(int node, NodeState state) {
        int other =
                IntStream.rangeClosed(1, 3).filter(id -> id != node).findFirst().orElseThrow();
        world.awaitImage(
                other,
                "node " + node + " " + state,
                image -> image.node(node).orElseThrow().state() == state);
    }
}
