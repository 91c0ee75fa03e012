package io.cordwood.raft;

import static io.cordwood.metadata.MetadataCommands.form;
import static io.cordwood.metadata.MetadataCommands.node;
import static io.cordwood.metadata.MetadataCommands.topic;
import static io.cordwood.metadata.MetadataCommands.withFeatures;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.CreateTopic;
import io.cordwood.metadata.MetadataCommand.ReplicaJoined;
import io.cordwood.metadata.MetadataCommand.ReplicaRemoved;
import io.cordwood.metadata.MetadataCommand.ReportLeaders;
import io.cordwood.metadata.MetadataCommand.ReportLostReplica;
import io.cordwood.metadata.MetadataCommand.SetNodeState;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.NodeRegistration;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChange.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplacementsTest {
    private static final int PARTITIONS = 12;
    private static final CreateTopic ORDERS = topic("orders", PARTITIONS, 3);
    private static final Duration DELAY = Duration.ofMinutes(10);

    private final MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private final List<MetadataCommand> submitted = new ArrayList<>();
    private final List<MetadataResult> refused = new ArrayList<>();
    private final Set<Integer> full = new HashSet<>();
    private final Set<Integer> closed = new HashSet<>();
    private CompletableFuture<Void> decided = CompletableFuture.completedFuture(null);
    private boolean submitThrows;
    private int roomQuestions;
    private long seconds = 5000;
    private long index;
    private Replacements replacements = replacingAfter(DELAY);

    /** Nodes 1 to 3 with all replicas, and nodes 4 and 5 with none. */
    ReplacementsTest() {
        apply(form(modern(1), modern(2), modern(3)));
        apply(new MetadataCommand.RaiseFeatureLevel(3));
        apply(ORDERS);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            leads(1 + partition % 2, partition);
        }
        for (int id = 4; id <= 5; id++) {
            addNode(id);
        }
    }

    private Replacements replacingAfter(@Nullable Duration delay) {
        return new Replacements(
                delay,
                () -> Duration.ofSeconds(seconds).toNanos(),
                new Replacements.Ports(
                        this::hasRoom,
                        this::submit,
                        (node, group, since) -> closed.contains(node)
                                ? CompletableFuture.failedFuture(new IllegalStateException("silent"))
                                : CompletableFuture.completedFuture(true)));
    }

    private boolean hasRoom(int node) {
        roomQuestions++;
        return !full.contains(node);
    }

    private static NodeRegistration modern(int id) {
        return withFeatures(node(id), 1, 3);
    }

    private void leads(int node, int partition) {
        apply(new ReportLeaders(node, List.of(new LeaderReport(ORDERS.topicId(), partition, 5))));
    }

    private CompletableFuture<MetadataResult> submit(MetadataCommand command) {
        if (submitThrows) {
            throw new IllegalStateException("closed");
        }
        submitted.add(command);
        return decided.thenApply(now -> {
            var result = state.apply(command, ++index);
            if (!(result instanceof MetadataResult.Done)) {
                refused.add(result); // what is thrown here is a failure that is tried again, and seen by nobody
            }
            return result;
        });
    }

    @AfterEach
    void everyOrderKeepsTheRules() {
        assertThat(refused).isEmpty();
    }

    @Test
    void nothingMovesBeforeTheDelayIsOver() {
        become(3, NodeState.DEAD);
        tick();
        seconds += DELAY.toSeconds();
        tick();
        assertThat(submitted).isEmpty();

        seconds += 1;
        tick();

        assertThat(submitted).hasSize(1);
        assertThat(partition(0).changes().is(3, Kind.LEAVING)).isTrue();
    }

    @Test
    void nodeThatComesBackAndDiesAgainIsWaitedForAnew() {
        become(3, NodeState.DEAD);
        tick();
        seconds += DELAY.toSeconds();
        become(3, NodeState.ALIVE);
        tick();
        become(3, NodeState.DEAD);
        tick();
        seconds += DELAY.toSeconds();

        tick();

        assertThat(submitted).isEmpty();
    }

    @Test
    void nodeThatFlapsWhileAStepIsUnderWayIsWaitedForAnew() {
        become(3, NodeState.DEAD);
        tick();
        seconds += DELAY.toSeconds() + 1;
        decided = new CompletableFuture<>();
        tick();

        become(3, NodeState.ALIVE);
        tick();
        become(3, NodeState.DEAD);
        decided.complete(null);
        ticks(5);

        assertThat(submitted).hasSize(1);
    }

    @Test
    void newLeaderWaitsAnew() {
        become(3, NodeState.DEAD);
        tick();
        seconds += DELAY.toSeconds();
        replacements.rest();
        tick();
        seconds += DELAY.toSeconds();

        tick();

        assertThat(submitted).isEmpty();
    }

    @Test
    void newLeaderLetsWhatIsUnderWayFinish() {
        closed.add(4);
        dieForGood(3);
        int ordered = submitted.size();

        replacements.rest();
        become(3, NodeState.ALIVE);
        ticks(5);

        assertThat(submitted).hasSize(ordered);
        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
    }

    @Test
    void topicMayBeDeletedInTheMidst() {
        closed.add(4);
        dieForGood(3);
        int ordered = submitted.size();

        apply(new MetadataCommand.DeleteTopic(ORDERS.topicId()));
        become(3, NodeState.ALIVE);
        ticks(5);

        assertThat(submitted).hasSize(ordered);
    }

    @Test
    void neverIsNever() {
        replacements = replacingAfter(null);

        dieForGood(3);

        assertThat(submitted).isEmpty();
    }

    @Test
    void nothingIsOrderedThatAnOlderProgramCannotRead() {
        var older = new MetadataState(MetadataImage.EMPTY);
        var history = List.of(
                form(node(1), node(2), node(3), node(4)),
                new MetadataCommand.RaiseFeatureLevel(2),
                ORDERS,
                new SetNodeState(3, "incarnation-3", NodeState.DEAD));
        history.forEach(command -> older.apply(command, older.image().index() + 1));
        replacements.tick(older::image);
        seconds += 2 * DELAY.toSeconds();

        replacements.tick(older::image);

        assertThat(submitted).isEmpty();
    }

    @Test
    void fewAtATimeForEachTakerAndEachLeader() {
        dieForGood(3);

        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
        assertThat(joining(5)).isEqualTo(Replacements.PER_TAKER);
        assertThat(submitted).hasSize(2 * Replacements.PER_TAKER);

        finish(partitionJoining(4));
        ticks(5);

        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
        assertThat(submitted).hasSize(2 * Replacements.PER_TAKER + 1);
    }

    @Test
    void inTheEndAllHaveGoneAndAreSpread() {
        dieForGood(3);
        while (!state.image().replicasOn(3).isEmpty()) {
            IntStream.range(0, PARTITIONS)
                    .filter(partition -> !partition(partition).changes().none())
                    .forEach(this::finish);
            ticks(5);
        }

        assertThat(state.image().replicasOn(4)).hasSize(PARTITIONS / 2);
        assertThat(state.image().replicasOn(5)).hasSize(PARTITIONS / 2);
        assertThat(submitted).hasSize(PARTITIONS);
    }

    @Test
    void oneStepAtATime() {
        decided = new CompletableFuture<>();
        dieForGood(3);
        assertThat(submitted).hasSize(1);

        decided.complete(null);
        ticks(1);

        assertThat(submitted).hasSize(2);
    }

    @Test
    void whatHasNoLeaderWaits() {
        become(1, NodeState.DEAD);
        become(1, NodeState.ALIVE); // the others have not said yet who leads what it led

        dieForGood(3);

        assertThat(submitted)
                .isNotEmpty()
                .allSatisfy(command ->
                        assertThat(((AlterReplicas) command).partition() % 2).isEqualTo(1));
    }

    @Test
    void nobodyTakesThemWhereNobodyHasRoom() {
        full.add(4);
        full.add(5);
        dieForGood(3);
        assertThat(submitted).isEmpty();

        full.remove(5);
        seconds += 1;
        ticks(1);

        assertThat(((AlterReplicas) submitted.get(0)).add()).hasValue(5);
    }

    @Test
    void withoutAMajorityNothingMoves() {
        become(2, NodeState.DEAD);
        dieForGood(3);

        assertThat(submitted).isEmpty();
    }

    @Test
    void theyMoveOnceAMajorityIsBack() {
        become(2, NodeState.DEAD);
        dieForGood(3);

        become(2, NodeState.ALIVE);
        ticks(5);

        assertThat(submitted)
                .isNotEmpty()
                .allSatisfy(command ->
                        assertThat(((AlterReplicas) command).remove()).hasValue(3));
    }

    /** Nobody feeds them, so they take no place in the queue of those that are fed. */
    @Test
    void joiningsOfADeadNodeDoNotKeepEachOtherFromGoingElsewhere() {
        for (int partition = 0; partition < PARTITIONS; partition += 2) { // all led by node 1
            apply(new AlterReplicas(ORDERS.topicId(), partition, OptionalInt.of(4), OptionalInt.empty()));
        }

        dieForGood(4);

        assertThat(joining(5)).isEqualTo(Replacements.PER_TAKER);
    }

    /** One that never ends holds its two places, but nobody else's. */
    @Test
    void takerThatDoesNotEndKeepsNobodyElseFromTaking() {
        createBeside(4, topic("others", 10, 1));
        assertThat(state.image().replicasOn(4)).isEmpty();
        assertThat(state.image().replicasOn(5)).hasSize(10);

        dieForGood(3);
        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
        assertThat(joining(5)).isEqualTo(Replacements.PER_TAKER);
        while (joining(5) > 0) {
            finish(partitionJoining(5));
            ticks(2);
        }

        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
        assertThat(state.image().replicasOn(3)).hasSize(Replacements.PER_TAKER);
    }

    /** The leader lives and stays in the image, but nobody confirms what it does. */
    @Test
    void joiningsWithoutAMajorityDoNotKeepOthersFromGoing() {
        addNode(6);
        var pairs = topic("pairs", Replacements.PER_TAKER, 2);
        createBeside(4, pairs);
        for (int partition = 0; partition < Replacements.PER_TAKER; partition++) {
            apply(new ReportLeaders(5, List.of(new LeaderReport(pairs.topicId(), partition, 5))));
            apply(new AlterReplicas(pairs.topicId(), partition, OptionalInt.of(4), OptionalInt.empty()));
        }
        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
        full.add(5);
        become(6, NodeState.DEAD);

        dieForGood(3);

        assertThat(joining(4)).isEqualTo(2 * Replacements.PER_TAKER);
    }

    @Test
    void otherCommandsDoNotMakeItLookMoreOften() {
        full.add(4);
        full.add(5);
        dieForGood(3);
        int asked = roomQuestions;

        for (int i = 0; i < 3; i++) {
            leads(1, 0);
            tick();
        }
        assertThat(roomQuestions).isEqualTo(asked);
        ticks(1);

        assertThat(roomQuestions).isGreaterThan(asked);
    }

    @Test
    void submissionThatThrowsIsTriedAgain() {
        submitThrows = true;
        dieForGood(3);

        submitThrows = false;
        ticks(10);

        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);
    }

    @Test
    void whatSomebodyCallsOffUnderANewLeaderIsNotOrderedAgainForAWhile() {
        dieForGood(3);
        replacements.rest();
        ticks(1);
        seconds += DELAY.toSeconds();
        ticks(1);
        int declined = partitionJoining(4);
        int ordered = submitted.size();

        apply(new AlterReplicas(ORDERS.topicId(), declined, OptionalInt.empty(), OptionalInt.of(4)));
        apply(new ReplicaRemoved(ORDERS.topicId(), declined, 4, since(declined, 4)));
        ticks(5);

        assertThat(submitted).hasSize(ordered + 1); // of another partition
        assertThat(partition(declined).changes().none()).isTrue();
    }

    @Test
    void whatSomebodyElseCallsOffIsNotOrderedAgainForAWhile() {
        dieForGood(3);
        int declined = partitionJoining(4);
        apply(new AlterReplicas(ORDERS.topicId(), declined, OptionalInt.empty(), OptionalInt.of(4)));
        apply(new ReplicaRemoved(ORDERS.topicId(), declined, 4, since(declined, 4)));
        ticks(5);
        assertThat(partition(declined).changes().none()).isTrue();

        seconds += DELAY.toSeconds() + 1;
        finish(partitionJoining(4));
        finish(partitionJoining(5));
        ticks(5);

        assertThat(partition(declined).changes().is(3, Kind.LEAVING)).isTrue();
    }

    @Test
    void callingOffThatIsNotDecidedIsTriedAgain() {
        closed.add(4);
        dieForGood(3);
        decided = CompletableFuture.failedFuture(new IllegalStateException("no leader"));
        become(3, NodeState.ALIVE);
        ticks(5);
        assertThat(joining(4)).isEqualTo(Replacements.PER_TAKER);

        decided = CompletableFuture.completedFuture(null);
        ticks(10);

        assertThat(joining(4)).isZero();
    }

    @Test
    void orderThatHasNotBegunIsCalledOffWhenTheNodeIsBack() {
        closed.add(4);
        dieForGood(3);
        int begun = partitionJoining(5);
        int waiting = partitionJoining(4);

        become(3, NodeState.ALIVE);
        ticks(10);

        assertThat(joining(4)).isZero();
        assertThat(partition(waiting).changes().of(3)).isEmpty();
        assertThat(partition(waiting).changes().is(4, Kind.LEAVING)).isTrue();
        assertThat(partition(begun).changes().is(5, Kind.JOINING)).isTrue();
        assertThat(submitted).hasSize(3 * Replacements.PER_TAKER);
    }

    /** It does not await the joining of now, so it would be lost if that was called off. */
    @Test
    void nodeThatIsBackAfterTheJoiningBeganAnewIsNotLost() {
        closed.add(4);
        decided = new CompletableFuture<>();
        dieForGood(3);
        decided.complete(null);
        int moved = partitionJoining(4);
        apply(new ReportLostReplica(ORDERS.topicId(), moved, 4, "incarnation-4", index));
        apply(new ReplicaRemoved(ORDERS.topicId(), moved, 4, since(moved, 4)));

        become(3, NodeState.ALIVE);
        ticks(5);

        assertThat(partition(moved).changes().is(3, Kind.LEAVING)).isTrue();
        assertThat(partition(moved).changes().is(4, Kind.JOINING)).isTrue();
    }

    @Test
    void whatAnOperatorMovesIsNotCalledOff() {
        closed.add(4);
        apply(new AlterReplicas(ORDERS.topicId(), 0, OptionalInt.of(4), OptionalInt.of(3)));

        become(3, NodeState.DEAD);
        ticks(3);
        become(3, NodeState.ALIVE);
        ticks(3);

        assertThat(partition(0).changes().is(4, Kind.JOINING)).isTrue();
        assertThat(submitted).isEmpty();
    }

    @Test
    void takerThatDiesTooIsReplacedAfterItsTime() {
        dieForGood(3);
        int stuck = partitionJoining(4);

        dieForGood(4);

        assertThat(partition(stuck).changes().is(4, Kind.LEAVING)).isTrue();
        apply(new ReplicaRemoved(ORDERS.topicId(), stuck, 4, since(stuck, 4)));
        finish(partitionJoining(5));
        ticks(10);
        assertThat(partition(stuck).changes().is(5, Kind.JOINING)).isTrue();
    }

    private void addNode(int id) {
        apply(new MetadataCommand.AddNode(id, "node" + id + ":9091"));
        apply(new MetadataCommand.RegisterNode(modern(id)));
    }

    /** Nodes 1 to 3 have more replicas than those that were added. */
    private void createBeside(int node, CreateTopic topic) {
        become(node, NodeState.DRAINING);
        apply(topic);
        become(node, NodeState.ALIVE);
    }

    private void dieForGood(int node) {
        become(node, NodeState.DEAD);
        tick();
        seconds += DELAY.toSeconds() + 1;
        ticks(20);
    }

    private void finish(int partition) {
        partition(partition).changes().byNode().forEach((node, change) -> {
            if (change.kind() == Kind.JOINING) {
                apply(new ReplicaJoined(ORDERS.topicId(), partition, node, change.since()));
            }
        });
        partition(partition)
                .changes()
                .byNode()
                .forEach(
                        (node, change) -> apply(new ReplicaRemoved(ORDERS.topicId(), partition, node, change.since())));
    }

    private long joining(int node) {
        return state.image().replicasOn(node).stream()
                .filter(replica -> replica.partition().changes().is(node, Kind.JOINING))
                .count();
    }

    private int partitionJoining(int node) {
        return IntStream.range(0, PARTITIONS)
                .filter(partition -> partition(partition).changes().is(node, Kind.JOINING))
                .findFirst()
                .orElseThrow();
    }

    private long since(int partition, int node) {
        return partition(partition).changes().of(node).orElseThrow().since();
    }

    private PartitionInfo partition(int partition) {
        return state.image().partition("orders", partition).orElseThrow();
    }

    private void become(int node, NodeState newState) {
        apply(new SetNodeState(node, "incarnation-" + node, newState));
    }

    private void tick() {
        replacements.tick(state::image);
    }

    /** One in each second. */
    private void ticks(int count) {
        for (int i = 0; i < count; i++) {
            seconds++;
            tick();
        }
    }

    private MetadataResult apply(MetadataCommand command) {
        var result = state.apply(command, ++index);
        assertThat(result).isInstanceOf(MetadataResult.Done.class);
        return result;
    }
}
