package io.cordwood.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.ClusterDescription;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.NodeDescription;
import io.cordwood.client.NodeDescription.State;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.PartitionDescription.Replica;
import io.cordwood.client.PartitionDescription.ReplicaChange;
import io.cordwood.client.PartitionDescription.ReplicaState;
import io.cordwood.client.TopicPartition;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nodes 1, 2 and so on; partitions are led by the first of their replicas. */
final class RollingCheckTest {
    @Test
    void nodeOfAWholeClusterMayStop() {
        for (int node = 1; node <= 3; node++) {
            var check = RollingCheck.of(node, alive(3), List.of(partition(0, 1, 2, 3), partition(1, 2, 3, 1)));

            assertThat(check.mayStop()).isTrue();
            assertThat(check.notices()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ReplicaState.class,
            names = {"CATCHING_UP", "SILENT", "MISSING", "UNKNOWN"})
    void othersMustBeCloseBehind(ReplicaState state) {
        var partition = partition(0, replica(1, ReplicaState.LEADER), replica(2, state), replica(3));

        assertThat(RollingCheck.of(1, alive(3), List.of(partition)).reasons())
                .singleElement()
                .asString()
                .isEqualTo("orders-0: the replica on node 2 is "
                        + (state == ReplicaState.CATCHING_UP
                                ? "catching up, 7 entries behind"
                                : state.name().toLowerCase(Locale.ROOT)));
        assertThat(RollingCheck.of(3, alive(3), List.of(partition)).mayStop()).isFalse();
        assertThat(RollingCheck.of(2, alive(3), List.of(partition)).mayStop())
                .as("the late one itself")
                .isTrue();
    }

    @Test
    void replicaThatIsBeingBuiltIsNoSpareOne() {
        var joining = new Replica(
                2,
                OptionalLong.of(90),
                OptionalLong.of(7),
                OptionalLong.of(0),
                OptionalLong.of(0),
                ReplicaState.FOLLOWER,
                Optional.empty(),
                Optional.of(ReplicaChange.JOINING));
        var partition = partition(0, replica(1, ReplicaState.LEADER), joining, replica(3));

        assertThat(RollingCheck.of(3, alive(3), List.of(partition)).reasons())
                .containsExactly("orders-0: the replica on node 2 is joining");
    }

    @Test
    void partitionsWithoutTheNodeDoNotCount() {
        var partition = partition(0, replica(1, ReplicaState.LEADER), replica(2, ReplicaState.SILENT), replica(3));

        assertThat(RollingCheck.of(4, alive(4), List.of(partition)).mayStop()).isTrue();
    }

    /** A majority would go on, but the last node has not come back. */
    @Test
    void oneOfFiveThatIsMissingHoldsUpToo() {
        var partition = partition(
                0,
                replica(1, ReplicaState.LEADER),
                replica(2, ReplicaState.SILENT),
                replica(3),
                replica(4),
                replica(5));

        assertThat(RollingCheck.of(1, alive(5), List.of(partition)).reasons())
                .containsExactly("orders-0: the replica on node 2 is silent");
    }

    @Test
    void partitionWithoutLeaderHoldsUp() {
        var leaderless = leaderless(replica(1), replica(2), replica(3));

        assertThat(RollingCheck.of(1, alive(3), List.of(leaderless)).reasons())
                .containsExactly("orders-0: no replica leads");
    }

    @Test
    void whatNoWaitingCuresIsToldAndHoldsNobodyUp() {
        var alone = partition(0, 1);
        var two = partition(1, 1, 2);

        var check = RollingCheck.of(1, alive(3), List.of(alone, two));

        assertThat(check.mayStop()).isTrue();
        assertThat(check.notices())
                .containsExactly(
                        "orders-0: has 1 replica, so it takes no records while node 1 is down",
                        "orders-1: has 2 replicas, so it takes no records while node 1 is down");
    }

    @Test
    void nodeThatIsDownWithTheOnlyReplicaIsMadeAnewWithoutWaiting() {
        var gone = leaderless(replica(2, ReplicaState.SILENT));
        var dead = cluster(OptionalInt.of(1), node(1, State.ALIVE), node(2, State.DEAD), node(3, State.ALIVE));

        assertThat(RollingCheck.of(2, dead, List.of(gone)).mayStop()).isTrue();
    }

    @Test
    void oneOfTwoReplicasMayStopWhereTheOtherIsThere() {
        var two = partition(0, replica(1, ReplicaState.LEADER), replica(2, ReplicaState.CATCHING_UP));

        assertThat(RollingCheck.of(1, alive(3), List.of(two)).mayStop()).isFalse();
    }

    @Test
    void otherNodesMustBeUp() {
        var oneDead = cluster(OptionalInt.of(1), node(1, State.ALIVE), node(2, State.DEAD), node(3, State.EXPECTED));

        assertThat(RollingCheck.of(1, oneDead, List.of()).reasons()).containsExactly("node 2 is dead");
        assertThat(RollingCheck.of(2, oneDead, List.of()).mayStop())
                .as("the dead one itself")
                .isTrue();
    }

    @Test
    void metadataWithoutLeaderHoldsUp() {
        var leaderless = cluster(OptionalInt.empty(), node(1, State.ALIVE), node(2, State.ALIVE), node(3, State.ALIVE));

        assertThat(RollingCheck.of(1, leaderless, List.of()).reasons()).containsExactly("the metadata has no leader");
    }

    @Test
    void onlyNodeMayStop() {
        var check = RollingCheck.of(1, alive(1), List.of(partition(0, 1)));

        assertThat(check.mayStop()).isTrue();
        assertThat(check.notices()).hasSize(2).anyMatch(line -> line.startsWith("metadata: has 1 voter"));
    }

    private static ClusterDescription alive(int nodes) {
        return cluster(
                OptionalInt.of(1),
                IntStream.rangeClosed(1, nodes)
                        .mapToObj(id -> node(id, State.ALIVE))
                        .toArray(NodeDescription[]::new));
    }

    private static ClusterDescription cluster(OptionalInt leader, NodeDescription... nodes) {
        return new ClusterDescription("id", List.of(nodes), leader, 1, 1);
    }

    private static NodeDescription node(int nodeId, State state) {
        return new NodeDescription(
                nodeId, "h:1", "h:2", "", state, true, OptionalInt.of(1), OptionalInt.of(1), List.of());
    }

    private static PartitionDescription partition(int number, int... nodes) {
        return partition(
                number,
                IntStream.range(0, nodes.length)
                        .mapToObj(i -> replica(nodes[i], i == 0 ? ReplicaState.LEADER : ReplicaState.FOLLOWER))
                        .toArray(Replica[]::new));
    }

    private static PartitionDescription partition(int number, Replica... replicas) {
        return new PartitionDescription(
                new TopicPartition("orders", number),
                OptionalInt.of(replicas[0].nodeId()),
                OptionalInt.of(5),
                OptionalLong.of(4),
                OptionalLong.of(100),
                OptionalLong.of(0),
                OptionalLong.of(7),
                List.of(replicas),
                Optional.empty());
    }

    private static PartitionDescription leaderless(Replica... replicas) {
        return new PartitionDescription(
                new TopicPartition("orders", 0),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                List.of(replicas),
                Optional.of(new CordwoodException(ErrorCode.LEADER_UNKNOWN, "no leader")));
    }

    private static Replica replica(int nodeId) {
        return replica(nodeId, ReplicaState.FOLLOWER);
    }

    private static Replica replica(int nodeId, ReplicaState state) {
        return new Replica(
                nodeId,
                OptionalLong.of(90),
                OptionalLong.of(7),
                OptionalLong.of(10),
                OptionalLong.of(7),
                state,
                Optional.empty());
    }
}
