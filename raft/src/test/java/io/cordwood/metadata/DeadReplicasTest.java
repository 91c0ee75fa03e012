package io.cordwood.metadata;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static io.cordwood.metadata.MetadataCommands.topic;
import static io.cordwood.metadata.MetadataCommands.withFeatures;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.DeadReplicas.DeadReplica;
import io.cordwood.metadata.DeadReplicas.Standing;
import io.cordwood.metadata.MetadataCommand.AddNode;
import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.RegisterNode;
import io.cordwood.metadata.MetadataCommand.ReplicaJoined;
import io.cordwood.metadata.MetadataCommand.ReplicaRemoved;
import io.cordwood.metadata.MetadataCommand.ReportLeaders;
import io.cordwood.metadata.MetadataCommand.ReportLostReplica;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataResult.Done;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import io.cordwood.metadata.ReplicaChange.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadReplicasTest {
    private static final CreateTopic ORDERS = topic("orders", 1, 3);

    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;

    @BeforeEach
    void createOrders() {
        done(form(modern(1, "a"), modern(2, "b"), modern(3, "c")));
        done(new RaiseFeatureLevel(MetadataCommand.UNATTENDED_CHANGES));
        create(ORDERS);
    }

    private static NodeRegistration modern(int id, String rack) {
        return withFeatures(node(id, rack, 20), 1, 3);
    }

    private void create(CreateTopic topic) {
        done(topic);
        for (int partition = 0; partition < topic.raftGroupIds().size(); partition++) {
            int leader = state.image()
                    .partition(topic.name(), partition)
                    .orElseThrow()
                    .replicas()
                    .get(0);
            done(new ReportLeaders(leader, List.of(new LeaderReport(topic.topicId(), partition, 5))));
        }
    }

    private void join(int id, String rack) {
        done(new AddNode(id, "node" + id + ":9091"));
        done(new RegisterNode(modern(id, rack)));
    }

    private void become(int id, NodeState newState) {
        done(new SetNodeState(id, "incarnation-" + id, newState));
    }

    @Test
    void replicaOfADeadNodeMayGoToOneWithoutAReplica() {
        join(4, "c");
        become(3, NodeState.DEAD);

        var dead = only(3);

        assertThat(dead.standing()).isEqualTo(Standing.WAITING);
        assertThat(dead.order()).contains(unattended(4, 3));
        done(dead.order().orElseThrow());
        assertThat(only(3).standing()).isEqualTo(Standing.MOVING);
        assertThat(only(3).order()).isEmpty();
        assertThat(changes().is(4, Kind.JOINING)).isTrue();
        assertThat(changes().awaitsSuccessor(3)).isTrue();
    }

    @Test
    void nodesThatAreNotDeadKeepTheirs() {
        join(4, "c");
        become(3, NodeState.DRAINING);

        assertThat(judged(3)).isEmpty();
        assertThat(new DeadReplicas(state.image(), Set.of()).counts()).isEqualTo(counts(0, 0, 0, 0));
    }

    @Test
    void anotherRackThanThoseOfTheOthersComesFirst() {
        join(4, "a");
        join(5, "c");
        join(6, "b");
        create(topic("more", 6, 1)); // the others hold less
        become(3, NodeState.DEAD);

        assertThat(taker(3)).isEqualTo(5);
    }

    @Test
    void whoIsBusyComesAfterOthersOnAsGoodARack() {
        join(4, "c");
        join(5, "c");
        join(6, "a");
        become(3, NodeState.DEAD);

        assertThat(taker(3, Set.of())).isEqualTo(4);
        assertThat(taker(3, Set.of(4))).isEqualTo(5);
        assertThat(taker(3, Set.of(4, 5))).isEqualTo(4);
    }

    @Test
    void replicasAreSpreadOverThoseThatCanTakeThem() {
        create(topic("many", 8, 3));
        join(4, "d");
        join(5, "e");
        become(3, NodeState.DEAD);

        for (var next = next(3); next.isPresent(); next = next(3)) {
            done(next.get());
        }

        assertThat(state.image().replicasOn(4).size()
                        + state.image().replicasOn(5).size())
                .isEqualTo(9);
        assertThat(state.image().replicasOn(4)).hasSizeBetween(4, 5);
    }

    @Test
    void whoHasNoRoomOrDrainsTakesNone() {
        join(4, "c");
        join(5, "c");
        join(6, "c");
        done(new RegisterNode(withFeatures(node(6, "c", 1), 1, 3)));
        become(5, NodeState.DRAINING);
        create(new CreateTopic("single", new UUID(5, 6), List.of(new UUID(7, 8)), 1, new TreeMap<>()));
        become(3, NodeState.DEAD);
        var full = state.image().replicasOn(6).isEmpty() ? Set.of(4, 6) : Set.of(4);

        var dead = new DeadReplicas(state.image(), full)
                .on(3).stream()
                        .filter(replica -> replica.replica().topic().name().equals("orders"))
                        .findFirst()
                        .orElseThrow();

        assertThat(dead.standing()).isEqualTo(Standing.NO_TAKER);
        assertThat(dead.order()).isEmpty();
        assertThat(dead.why())
                .isEqualTo(
                        "no other node can take it: nodes [1, 2, 3] have one, [5] are not alive, [4, 6] have no room");
    }

    @Test
    void withoutAMajorityOfTheOthersNothingMoves() {
        join(4, "c");
        become(3, NodeState.DEAD);
        become(2, NodeState.DEAD);

        var dead = only(3);

        assertThat(dead.standing()).isEqualTo(Standing.NO_MAJORITY);
        assertThat(dead.order()).isEmpty();
        assertThat(dead.why()).contains("sound replicas of orders-0 is '1 of 3', must be at least 2");
    }

    @Test
    void olderProgramOfAnyNodeIsTheReasonToWait() {
        var older = new MetadataState(MetadataImage.EMPTY);
        var history = List.of(
                form(node(1), node(2), node(3), node(4)),
                new RaiseFeatureLevel(2),
                ORDERS,
                new ReportLeaders(1, List.of(new LeaderReport(ORDERS.topicId(), 0, 5))),
                new SetNodeState(3, "incarnation-3", NodeState.DEAD));
        history.forEach(command ->
                assertThat(older.apply(command, older.image().index() + 1)).isInstanceOf(Done.class));

        var dead = new DeadReplicas(older.image(), Set.of()).on(3).get(0);

        assertThat(dead.standing()).isEqualTo(Standing.WAITING);
        assertThat(dead.order()).isEmpty();
        assertThat(dead.why()).contains("feature level of the cluster is '2', must be at least 3");
    }

    @Test
    void thatThereIsNoMajorityIsSaidBeforeThatNobodyTakesIt() {
        become(3, NodeState.DEAD);
        assertThat(only(3).standing()).isEqualTo(Standing.NO_TAKER);

        become(2, NodeState.DEAD);

        assertThat(only(3).standing()).isEqualTo(Standing.NO_MAJORITY);
        assertThat(new DeadReplicas(state.image(), Set.of()).counts()).isEqualTo(counts(0, 0, 0, 2));
    }

    @Test
    void anotherChangeOfThePartitionEndsFirst() {
        join(4, "c");
        join(5, "c");
        done(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(4), OptionalInt.empty()));
        become(3, NodeState.DEAD);

        var dead = only(3);

        assertThat(dead.standing()).isEqualTo(Standing.WAITING);
        assertThat(dead.order()).isEmpty();
        assertThat(dead.why()).contains("node 4 joining");
    }

    /** The members are nodes 1 and 3, and node 2 is none before both have decided so. */
    @Test
    void changeThatNobodyCanDecideHasNoMajority() {
        join(4, "c");
        beginAnew(2);
        become(3, NodeState.DEAD);

        var dead = only(3);

        assertThat(dead.standing()).isEqualTo(Standing.NO_MAJORITY);
        assertThat(dead.order()).isEmpty();
        assertThat(dead.why()).contains("sound replicas of orders-0 is '1 of 2', must be at least 2");
    }

    @Test
    void moveThatNobodyCanDecideHasNoMajority() {
        join(4, "c");
        become(3, NodeState.DEAD);
        done(only(3).order().orElseThrow());

        become(2, NodeState.DEAD);

        assertThat(only(3).standing()).isEqualTo(Standing.NO_MAJORITY);
        assertThat(only(3).why()).contains("sound replicas of orders-0 is '1 of 3', must be at least 2");
    }

    /** It is no member yet, so it is not counted among those that must decide. */
    @Test
    void whoJoinsTakesNoMajorityAway() {
        join(4, "c");
        done(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(4), OptionalInt.empty()));
        become(3, NodeState.DEAD);

        assertThat(only(3).standing()).isEqualTo(Standing.NO_TAKER);
    }

    @Test
    void joiningOfAMoveToANodeThatDiedIsCalledOff() {
        join(4, "c");
        done(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(4), OptionalInt.of(3)));
        become(4, NodeState.DEAD);

        done(only(4).order().orElseThrow());

        assertThat(changes().of(3)).isEmpty();
        assertThat(changes().is(4, Kind.LEAVING)).isTrue();
    }

    /** Node 4 was no member of the group when it was told to leave, and the others are two of three. */
    @Test
    void joiningThatWasCalledOffTakesNoMajorityAway() {
        join(4, "c");
        become(3, NodeState.DEAD);
        done(only(3).order().orElseThrow());
        become(4, NodeState.DEAD);
        done(only(4).order().orElseThrow());

        assertThat(changes().is(4, Kind.LEAVING)).isTrue();
        assertThat(only(3).standing()).isEqualTo(Standing.NO_TAKER);
        join(5, "c");
        assertThat(only(3).standing()).isEqualTo(Standing.WAITING);
    }

    /** Node 1 would be lost, which is whole and runs: without node 3 the others could not even take it out. */
    @Test
    void joiningThatBeganAnewIsNotCalledOffWhileWhoLeavesRuns() {
        join(4, "c");
        done(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(4), OptionalInt.of(1)));
        beginAnew(4);
        become(4, NodeState.DEAD);

        assertThat(only(4).standing()).isEqualTo(Standing.WAITING);
        assertThat(only(4).order()).isEmpty();
        assertThat(only(4).why()).contains("replica of node 1, which leaves and runs");
        become(1, NodeState.DEAD);
        done(only(4).order().orElseThrow());
        assertThat(changes().is(1, Kind.LOST)).isTrue();
    }

    /** Its replica is lost before it has joined, and joins once more. */
    private void beginAnew(int node) {
        done(new ReportLostReplica(ORDERS.topicId(), 0, node, "incarnation-" + node, index));
        done(new ReplicaRemoved(
                ORDERS.topicId(), 0, node, changes().of(node).orElseThrow().since()));
    }

    @Test
    void joiningOfANodeThatDiedGoesToAnother() {
        join(4, "c");
        join(5, "c");
        done(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(4), OptionalInt.empty()));
        become(4, NodeState.DEAD);

        assertThat(only(4).order()).contains(unattended(5, 4));
    }

    @Test
    void orderThatComesAfterTheNodeIsBackIsRefused() {
        join(4, "c");
        become(3, NodeState.DEAD);
        var late = only(3).order().orElseThrow();
        become(3, NodeState.ALIVE);

        var refused = (Refused) apply(late);

        assertThat(refused.reason()).isEqualTo(Reason.NODE_ALIVE);
        assertThat(refused.message()).contains("state of node 3 is 'alive', must be dead");
        assertThat(changes().none()).isTrue();
    }

    @Test
    void orderThatComesAfterTheNodeWasGivenUpIsRefused() {
        join(4, "c");
        become(3, NodeState.DEAD);
        var late = only(3).order().orElseThrow();
        done(new MetadataCommand.ReplaceNode(3, "incarnation-3"));

        assertThat(((Refused) apply(late)).reason()).isEqualTo(Reason.CHANGE_UNDER_WAY);

        assertThat(changes().is(3, Kind.LOST)).isTrue();
        assertThat(judged(3)).isEmpty();
    }

    /** Or after that of another leader of the metadata. */
    @Test
    void orderThatComesAfterThatOfAnOperatorIsRefused() {
        join(4, "c");
        join(5, "c");
        become(3, NodeState.DEAD);
        var late = only(3).order().orElseThrow();
        done(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(5), OptionalInt.of(3)));
        var before = partition();

        assertThat(((Refused) apply(late)).reason()).isEqualTo(Reason.CHANGE_UNDER_WAY);

        assertThat(partition()).isEqualTo(before);
    }

    /** Else it would take a replica away that is whole by then, and leave one too few. */
    @Test
    void callingOffThatComesAfterTheMoveIsRefused() {
        join(4, "c");
        become(3, NodeState.DEAD);
        done(only(3).order().orElseThrow());
        var late =
                new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.empty(), OptionalInt.of(4), OptionalLong.of(index));
        done(new ReplicaJoined(
                ORDERS.topicId(), 0, 4, changes().of(4).orElseThrow().since()));
        done(new ReplicaRemoved(
                ORDERS.topicId(), 0, 3, changes().of(3).orElseThrow().since()));

        var refused = (Refused) apply(late);

        assertThat(refused.reason()).isEqualTo(Reason.CHANGE_UNDER_WAY);
        assertThat(refused.message()).contains("changed at raft index " + (index - 1));
        assertThat(partition().replicas()).containsExactlyInAnyOrder(1, 2, 4);
    }

    @Test
    void repetitionOfAnOrderHolds() {
        join(4, "c");
        become(3, NodeState.DEAD);
        var order = only(3).order().orElseThrow();
        done(order);
        var before = partition();

        done(order);

        assertThat(partition()).isEqualTo(before);
    }

    private static Map<Standing, Integer> counts(int moving, int waiting, int noTaker, int noMajority) {
        return Map.of(
                Standing.MOVING, moving,
                Standing.WAITING, waiting,
                Standing.NO_TAKER, noTaker,
                Standing.NO_MAJORITY, noMajority);
    }

    private AlterReplicas unattended(int add, int remove) {
        return new AlterReplicas(
                ORDERS.topicId(), 0, OptionalInt.of(add), OptionalInt.of(remove), OptionalLong.of(index));
    }

    private List<DeadReplica> judged(int node) {
        return new DeadReplicas(state.image(), Set.of()).on(node);
    }

    private DeadReplica only(int node) {
        assertThat(judged(node)).hasSize(1);
        return judged(node).get(0);
    }

    private Optional<AlterReplicas> next(int node) {
        return judged(node).stream().flatMap(dead -> dead.order().stream()).findFirst();
    }

    private int taker(int node) {
        return taker(node, Set.of());
    }

    private int taker(int node, Set<Integer> busy) {
        return new DeadReplicas(state.image(), Set.of(), busy)
                .on(node).stream()
                        .filter(dead -> dead.replica().topic().name().equals("orders"))
                        .findFirst()
                        .orElseThrow()
                        .order()
                        .orElseThrow()
                        .add()
                        .orElseThrow();
    }

    private PartitionInfo partition() {
        return state.image().partition("orders", 0).orElseThrow();
    }

    private ReplicaChanges changes() {
        return partition().changes();
    }

    private MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    private void done(MetadataCommand command) {
        assertThat(apply(command)).isInstanceOf(Done.class);
    }
}
