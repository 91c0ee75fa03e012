package io.cordwood.metadata;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static io.cordwood.metadata.MetadataCommands.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand.AddNode;
import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.RaiseFeatureLevel;
import io.cordwood.metadata.MetadataCommand.RegisterNode;
import io.cordwood.metadata.MetadataCommand.ReplaceNode;
import io.cordwood.metadata.MetadataCommand.ReplacedNodeRemoved;
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
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReplicaRulesTest {
    private static final CreateTopic ORDERS = topic("orders", 1, 3);

    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private long index;

    @BeforeEach
    void createOrders() {
        apply(form(node(1), node(2), node(3)));
        done(new RaiseFeatureLevel(2));
        done(ORDERS);
        done(new ReportLeaders(1, List.of(new LeaderReport(ORDERS.topicId(), 0, 5))));
        done(new AddNode(4, "node4:9091"));
        done(new RegisterNode(node(4)));
    }

    @Test
    void lostReplicaIsRemovedThenJoinsThenIsSound() {
        done(lost(3));
        assertThat(kind(3)).isEqualTo(Kind.LOST);
        assertThat(partition().lacksCopies()).isTrue();
        long lostAt = since(3);

        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, lostAt));
        assertThat(kind(3)).isEqualTo(Kind.JOINING);
        assertThat(partition().lacksCopies()).isTrue();
        assertThat(partition().replicas()).containsExactlyInAnyOrder(1, 2, 3);

        done(new ReplicaJoined(ORDERS.topicId(), 0, 3, since(3)));
        assertThat(partition().changes().none()).isTrue();
        assertThat(partition().lacksCopies()).isFalse();
        assertThat(partition().changes().lastAt()).isEqualTo(index);
    }

    @Test
    void messagesOfAnEarlierChangeDoNotEndALaterOne() {
        done(lost(3));
        var removedBefore = new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3));
        done(removedBefore);
        var joinedBefore = new ReplicaJoined(ORDERS.topicId(), 0, 3, since(3));
        done(joinedBefore);
        done(lost(3));

        done(removedBefore);
        assertThat(kind(3)).isEqualTo(Kind.LOST);

        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));
        done(joinedBefore);
        assertThat(kind(3)).isEqualTo(Kind.JOINING);
    }

    @Test
    void reportOfWhatWasBeforeTheRebuildIsOfNoAccount() {
        var early = lost(3);
        done(early);
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));
        done(new ReplicaJoined(ORDERS.topicId(), 0, 3, since(3)));

        done(early);

        assertThat(partition().changes().none()).isTrue();
    }

    @Test
    void replicaThatIsLostWhileItJoinsIsRemovedOnceMore() {
        done(lost(3));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));

        done(lost(3));

        assertThat(kind(3)).isEqualTo(Kind.LOST);
    }

    @Test
    void onlyTheDirectoryThatTheClusterKnowsReportsLosses() {
        var foreign = new ReportLostReplica(ORDERS.topicId(), 0, 3, "incarnation-x", index);

        assertThat(refusal(foreign)).isEqualTo(Reason.INCARNATION_MISMATCH);
        assertThat(partition().changes()).isEqualTo(ReplicaChanges.NEVER);
    }

    @Test
    void moveAddsOneAndThenLetsTheOtherGo() {
        int from = partition().preferredLeader();
        done(move(from, 4));
        assertThat(kind(4)).isEqualTo(Kind.JOINING);
        assertThat(kind(from)).isEqualTo(Kind.LEAVING);
        assertThat(partition().preferredLeader()).isNotIn(from, 4);
        assertThat(state.image().topic("orders").orElseThrow().replicationFactor())
                .isEqualTo(3);
        done(move(from, 4)); // a repetition

        done(new ReplicaJoined(ORDERS.topicId(), 0, 4, since(4)));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, from, since(from)));

        assertThat(partition().replicas()).hasSize(3).contains(4).doesNotContain(from);
        assertThat(partition().changes().none()).isTrue();
    }

    @Test
    void leaderThatIsGoneIsForgotten() {
        done(remove(1));
        assertThat(partition().leader()).hasValue(1);

        done(new ReplicaRemoved(ORDERS.topicId(), 0, 1, since(1)));

        assertThat(partition().leader()).isEmpty();
        assertThat(partition().replicas()).containsExactlyInAnyOrder(2, 3);
    }

    @Test
    void oneChangeAtATime() {
        done(lost(3));

        var refused = (Refused) apply(move(1, 4));

        assertThat(refused.reason()).isEqualTo(Reason.CHANGE_UNDER_WAY);
        assertThat(refused.field()).isEqualTo("replicas of orders-0");
        assertThat(refused.value()).isEqualTo("node 3 lost");
    }

    @Test
    void moveToANodeThatNeverComesIsCalledOff() {
        done(move(3, 4));
        long began = since(4);
        assertThat(((Refused) apply(move(3, 5))).limit()).contains("the replica of node 4, which joins, removed");

        done(remove(4));
        assertThat(kind(4)).isEqualTo(Kind.LEAVING);
        assertThat(since(4)).isEqualTo(index);
        assertThat(partition().changes().of(3)).isEmpty();
        done(remove(4)); // a repetition

        done(new ReplicaJoined(ORDERS.topicId(), 0, 4, began)); // it became a member just now
        assertThat(kind(4)).isEqualTo(Kind.LEAVING);
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 4, since(4)));
        assertThat(partition().replicas()).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(partition().changes().none()).isTrue();
    }

    @Test
    void moveWhoseNewReplicaHasJoinedIsNotCalledOff() {
        done(move(3, 4));
        done(new ReplicaJoined(ORDERS.topicId(), 0, 4, since(4)));

        assertThat(refusal(remove(4))).isEqualTo(Reason.CHANGE_UNDER_WAY);
        assertThat(kind(3)).isEqualTo(Kind.LEAVING);
    }

    @Test
    void onlyReplicaThereIsStaysWhenItsMoveIsCalledOff() {
        var single = topic("single", 1, 1);
        done(single);
        int from = state.image().partition("single", 0).orElseThrow().preferredLeader();
        int to = from == 4 ? 3 : 4;
        done(new ReportLeaders(from, List.of(new LeaderReport(single.topicId(), 0, 5))));
        done(new AlterReplicas(single.topicId(), 0, OptionalInt.of(to), OptionalInt.of(from)));
        die(to);

        done(new AlterReplicas(single.topicId(), 0, OptionalInt.empty(), OptionalInt.of(to)));

        var changes = state.image().partition("single", 0).orElseThrow().changes();
        assertThat(changes.byNode().keySet()).containsExactly(to);
        assertThat(changes.is(to, Kind.LEAVING)).isTrue();
    }

    @Test
    void replicaOfANodeThatNeverComesBackIsGivenToAnother() {
        done(lost(3));
        die(3);
        done(move(3, 4));
        assertThat(kind(3)).isEqualTo(Kind.LEAVING);
        assertThat(kind(4)).isEqualTo(Kind.JOINING);

        done(new ReplicaJoined(ORDERS.topicId(), 0, 4, since(4)));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));

        assertThat(partition().replicas()).containsExactlyInAnyOrder(1, 2, 4);
        assertThat(partition().changes().none()).isTrue();
    }

    @Test
    void replicaThatWaitsForItsNodeIsGivenToAnother() {
        die(3);
        done(replace(3));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));
        assertThat(kind(3)).isEqualTo(Kind.JOINING);

        done(move(3, 4));

        assertThat(kind(3)).isEqualTo(Kind.LEAVING);
        assertThat(kind(4)).isEqualTo(Kind.JOINING);
    }

    @Test
    void replicaThatWasLostBeforeItsMoveIsLostWhenTheMoveIsCalledOff() {
        done(lost(3));
        done(move(3, 4));

        done(remove(4));

        assertThat(kind(3)).isEqualTo(Kind.LOST);
        assertThat(kind(4)).isEqualTo(Kind.LEAVING);
    }

    @Test
    void replicaThatWasLostDuringItsMoveIsLostWhenTheMoveIsCalledOff() {
        done(move(3, 4));
        long began = since(3);
        done(lost(3));
        assertThat(kind(3)).isEqualTo(Kind.LEAVING);
        assertThat(since(3)).isGreaterThan(began);

        done(remove(4));

        assertThat(kind(3)).isEqualTo(Kind.LOST);
    }

    @Test
    void replicaWhoseDirectoryWasReplacedDuringItsMoveIsLostWhenTheMoveIsCalledOff() {
        done(move(3, 4));
        die(3);
        done(replace(3));
        assertThat(kind(3)).isEqualTo(Kind.LEAVING);

        done(remove(4));

        assertThat(kind(3)).isEqualTo(Kind.LOST);
    }

    @Test
    void membersOfAGroupThatNeverHadALeaderAreNotChanged() {
        var fresh = topic("fresh", 1, 3);
        done(fresh);

        assertThat(refusal(new AlterReplicas(fresh.topicId(), 0, OptionalInt.of(4), OptionalInt.of(1))))
                .isEqualTo(Reason.CHANGE_UNDER_WAY);
    }

    @Test
    void whoTakesAReplicaIsAliveAndHasRoomAndNone() {
        assertThat(refusal(add(9))).isEqualTo(Reason.UNKNOWN_NODE);
        assertThat(refusal(add(2))).isEqualTo(Reason.REPLICA_EXISTS);
        done(new AddNode(5, "node5:9091"));
        assertThat(refusal(add(5))).isEqualTo(Reason.NODE_NOT_ALIVE);
        done(new RegisterNode(node(5, "", 1)));
        done(add(5));
        done(new ReplicaJoined(ORDERS.topicId(), 0, 5, since(5)));
        var more = topic("more", 1, 1);
        done(more);
        done(new ReportLeaders(
                state.image().partition("more", 0).orElseThrow().preferredLeader(),
                List.of(new LeaderReport(more.topicId(), 0, 5))));

        assertThat(refusal(new AlterReplicas(more.topicId(), 0, OptionalInt.of(5), OptionalInt.empty())))
                .isEqualTo(Reason.LIMIT_REACHED);
    }

    @Test
    void aMajorityStaysSound() {
        die(3);
        assertThat(refusal(remove(1))).isEqualTo(Reason.TOO_FEW_SOUND_REPLICAS);
        done(move(3, 4));
        done(new ReplicaJoined(ORDERS.topicId(), 0, 4, since(4)));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));
        die(2);
        die(4);

        assertThat(refusal(remove(4))).isEqualTo(Reason.TOO_FEW_SOUND_REPLICAS);
    }

    @Test
    void whatWouldLoseTheMajorityIsRefusedWithNumbers() {
        die(3);
        assertThat(message(remove(2)))
                .isEqualTo("less than a majority of the replicas would be sound: sound replicas of orders-0 is"
                        + " '1 of 2', must be at least 2");
        die(2);
        assertThat(message(move(3, 4))).contains("sound replicas of orders-0 is '1 of 3', must be at least 2");
        assertThat(message(add(4))).contains("sound replicas of orders-0 is '1 of 3', must be at least 2");
        assertThat(message(replace(3)))
                .contains("sound replicas of orders-0 without node 3 is '1 of 3', must be at least 2");
    }

    @Test
    void malformedChangesAreRefused() {
        assertThat(refusal(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.empty(), OptionalInt.empty())))
                .isEqualTo(Reason.INVALID_ARGUMENT);
        assertThat(refusal(move(4, 4))).isEqualTo(Reason.INVALID_ARGUMENT);
        assertThat(refusal(remove(4))).isEqualTo(Reason.TARGET_NOT_REPLICA);
        assertThat(refusal(new AlterReplicas(ORDERS.topicId(), 1, OptionalInt.of(4), OptionalInt.empty())))
                .isEqualTo(Reason.PARTITION_OUT_OF_RANGE);
        done(remove(1));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 1, since(1)));
        done(remove(2));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 2, since(2)));
        assertThat(refusal(remove(3))).isEqualTo(Reason.INVALID_REPLICATION_FACTOR);
    }

    @Test
    void replacedNodeComesBackWithAnotherDirectoryOnly() {
        assertThat(refusal(replace(3))).isEqualTo(Reason.NODE_ALIVE);
        die(3);
        done(replace(3));
        assertThat(kind(3)).isEqualTo(Kind.LOST);
        assertThat(nodeState(3)).isEqualTo(NodeState.REPLACED);
        assertThat(refusal(new RegisterNode(other(3)))).isEqualTo(Reason.NODE_NOT_ALIVE);

        done(new ReplacedNodeRemoved(3, "incarnation-3"));
        assertThat(nodeState(3)).isEqualTo(NodeState.EXPECTED);
        assertThat(refusal(new RegisterNode(node(3)))).isEqualTo(Reason.INCARNATION_MISMATCH);
        done(new RegisterNode(other(3)));

        assertThat(nodeState(3)).isEqualTo(NodeState.ALIVE);
        assertThat(state.image().node(3).orElseThrow().voter()).isTrue();
        assertThat(kind(3)).isEqualTo(Kind.LOST);
    }

    @Test
    void directoryThatWasGivenUpBeforeTheLastOneIsNotTakenEither() {
        die(3);
        done(replace(3));
        done(new ReplacedNodeRemoved(3, "incarnation-3"));
        done(new RegisterNode(other(3)));
        done(new SetNodeState(3, "other-3", NodeState.DEAD));
        done(new ReplaceNode(3, "other-3"));
        var first = new RegisterNode(node(3), true);
        assertThat(refusal(first)).isEqualTo(Reason.INCARNATION_MISMATCH);
        done(new ReplacedNodeRemoved(3, "other-3"));

        assertThat(refusal(first)).isEqualTo(Reason.INCARNATION_MISMATCH);
        done(new RegisterNode(node(3, "", 7))); // a directory that never was a member's
    }

    @Test
    void neededCopyIsNotGivenUpBeforeItsSuccessorHasJoined() {
        done(remove(1));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 1, since(1)));
        done(move(3, 4));
        die(3);
        assertThat(refusal(replace(3))).isEqualTo(Reason.TOO_FEW_SOUND_REPLICAS);

        done(new ReplicaJoined(ORDERS.topicId(), 0, 4, since(4)));

        done(replace(3));
    }

    @Test
    void whoJoinsDoesNotKeepAnotherNodeFromBeingReplaced() {
        done(move(3, 4));
        die(2);
        done(replace(2));
    }

    @Test
    void whoMayHaveJoinedAndIsDeadIsCountedUntilItIsRemoved() {
        done(move(3, 4));
        die(4);
        die(2);
        var refused = (Refused) apply(replace(2));
        assertThat(refused.value()).isEqualTo("2 of 4");
        assertThat(refused.limit()).contains("the replica of node 4, which joins, removed");

        done(remove(4));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 4, since(4)));

        done(replace(2));
    }

    @Test
    void whoseDirectoryIsAwaitedIsNoMember() {
        die(3);
        done(replace(3));
        done(new ReplicaRemoved(ORDERS.topicId(), 0, 3, since(3)));
        die(2);

        var refused = (Refused) apply(replace(2));

        assertThat(refused.value()).isEqualTo("1 of 2");
    }

    @Test
    void nodeWithTheOnlyMajorityOfAPartitionIsNotGivenUp() {
        die(2);
        die(3);

        var refused = (Refused) apply(replace(3));

        assertThat(refused.reason()).isEqualTo(Reason.TOO_FEW_SOUND_REPLICAS);
        assertThat(refused.field()).isEqualTo("sound replicas of orders-0 without node 3");
        assertThat(nodeState(3)).isEqualTo(NodeState.DEAD);
    }

    private static NodeRegistration other(int id) {
        var known = node(id);
        return new NodeRegistration(
                id, "other-" + id, known.nodeAddress(), new TreeMap<>(), "", known.limits(), known.features());
    }

    private void die(int node) {
        done(new SetNodeState(node, "incarnation-" + node, NodeState.DEAD));
    }

    private static ReplaceNode replace(int node) {
        return new ReplaceNode(node, "incarnation-" + node);
    }

    private ReportLostReplica lost(int node) {
        return new ReportLostReplica(ORDERS.topicId(), 0, node, "incarnation-" + node, index);
    }

    private static AlterReplicas add(int node) {
        return new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(node), OptionalInt.empty());
    }

    private static AlterReplicas remove(int node) {
        return new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.empty(), OptionalInt.of(node));
    }

    private static AlterReplicas move(int from, int to) {
        return new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(to), OptionalInt.of(from));
    }

    private PartitionInfo partition() {
        return state.image().partition("orders", 0).orElseThrow();
    }

    private Kind kind(int node) {
        return partition().changes().of(node).orElseThrow().kind();
    }

    private long since(int node) {
        return partition().changes().of(node).orElseThrow().since();
    }

    private NodeState nodeState(int node) {
        return state.image().node(node).orElseThrow().state();
    }

    private MetadataResult apply(MetadataCommand command) {
        return state.apply(command, ++index);
    }

    private void done(MetadataCommand command) {
        assertThat(apply(command)).isInstanceOf(Done.class);
    }

    private String message(MetadataCommand command) {
        return ((Refused) apply(command)).message();
    }

    private Reason refusal(MetadataCommand command) {
        return ((Refused) apply(command)).reason();
    }
}
