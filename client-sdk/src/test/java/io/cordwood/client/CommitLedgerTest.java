package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CommitLedgerTest {
    private static final TopicPartition ZERO = ConsumerWorld.partition(0);
    private static final TopicPartition ONE = ConsumerWorld.partition(1);

    private final ConsumerWorld.Settings settings = new ConsumerWorld.Settings();
    private ConsumerWorld world;

    @BeforeEach
    void start() {
        world = ConsumerWorld.handling(settings);
        world.assign(0, 0);
        world.assign(1, 0);
    }

    @AfterEach
    void memberKeptItsWord() {
        assertThat(world.group.violations).isEmpty();
    }

    @Test
    void everythingOfAnIntervalGoesInOneCall() {
        world.append(0, "a", "b");
        world.append(1, "a");
        world.finishAll();
        assertThat(world.group.calls).isZero();

        world.pass(ConsumerWorld.INTERVAL);
        world.pass(ConsumerWorld.INTERVAL.multipliedBy(5));

        assertThat(world.group.calls).isEqualTo(1);
        assertThat(world.group.stored).containsEntry(ZERO, 2L).containsEntry(ONE, 1L);
    }

    @Test
    void manualCommitsWaitForTheApplication() {
        settings.commitMode = ConsumerConfig.CommitMode.MANUAL;
        start();
        world.append(0, "a");
        world.finishAll();
        world.pass(Duration.ofMinutes(1));
        assertThat(world.group.calls).isZero();

        var result = request(Map.of(world.owner(0), 1L));

        assertThat(result).isCompletedWithValue(new CommitResult(Map.of(ZERO, 1L), Set.of()));
    }

    @Test
    void oneCommitOfAPartitionIsUnderWayAndTheNextFollowsIt() {
        world.group.holdsAnswers = true;
        world.append(0, "a");
        world.finishAll();
        var first = request(Map.of(world.owner(0), 1L));
        world.append(0, "b");
        world.finishAll();
        var second = request(Map.of(world.owner(0), 2L));
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.commits(0)).containsExactly(1L);
        world.group.answer();
        world.settle();
        assertThat(first).isCompleted();
        assertThat(second).isNotDone();
        assertThat(world.commits(0)).containsExactly(1L, 2L);
        world.group.answer();
        world.settle();

        assertThat(second).isCompletedWithValue(new CommitResult(Map.of(ZERO, 2L), Set.of()));
    }

    @Test
    void failedCallIsRepeatedAfterAPauseWithWhatIsDoneByThen() {
        world.group.failures.add(new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election goes on"));
        world.append(0, "a");
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);
        world.append(0, "b");
        world.finishAll();
        assertThat(world.group.calls).isEqualTo(1);

        world.pass(Duration.ofMillis(100));

        assertThat(world.commits(0)).containsExactly(1L, 2L);
        assertThat(world.group.stored).containsEntry(ZERO, 2L);
    }

    @Test
    void unconfirmedCommitIsRepeatedAfterAPauseAndTheOthersOfItsCallAreDone() {
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.UNCONFIRMED);
        world.append(0, "a");
        world.append(1, "a");
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.group.stored).containsEntry(ONE, 1L).containsEntry(ZERO, 0L);
        world.group.refusals.clear();

        world.pass(Duration.ofMillis(100));

        assertThat(world.commits(0)).containsExactly(1L, 1L);
        assertThat(world.commits(1)).containsExactly(1L);
        assertThat(world.group.stored).containsEntry(ZERO, 1L);
    }

    @Test
    void offsetThatTheGroupDoesNotKnowOfYetIsRepeatedUntilItDoes() {
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
        world.append(0, "a");
        world.finishAll();
        var result = request(Map.of(world.owner(0), 1L));
        passInSteps(Duration.ofSeconds(20));
        assertThat(result).isNotDone();
        world.group.refusals.clear();

        world.pass(Duration.ofMillis(100));

        assertThat(result).isCompletedWithValue(new CommitResult(Map.of(ZERO, 1L), Set.of()));
        assertThat(world.core.isEnding()).isFalse();
    }

    @Test
    void patienceWithAGroupThatLagsBeginsAnewWithEachCommitThatItTook() {
        for (int round = 0; round < 3; round++) {
            world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
            world.append(0, "a");
            world.finishAll();
            passInSteps(Duration.ofSeconds(20));
            world.group.refusals.clear();
            passInSteps(Duration.ofSeconds(2));
        }

        assertThat(world.group.stored).containsEntry(ZERO, 3L);
        assertThat(world.core.isEnding()).isFalse();
    }

    @Test
    void timeInWhichNobodyAnswersIsNoPatienceWithAGroupThatLags() {
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
        world.append(0, "a");
        world.finishAll();
        passInSteps(Duration.ofSeconds(20));
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.UNCONFIRMED);
        passInSteps(Duration.ofSeconds(20));
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
        passInSteps(Duration.ofSeconds(20));
        world.group.failures.add(new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election goes on"));
        passInSteps(Duration.ofSeconds(20));
        assertThat(world.core.isEnding()).isFalse();

        passInSteps(Duration.ofSeconds(11));

        assertThat(world.core.isEnding()).isTrue();
    }

    @Test
    void offsetThatTheGroupNeverTakesEndsTheConsumerAtOnceAndWhoWaitsForItIsTold() {
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
        world.append(0, "a");
        world.append(1, "a");
        world.finishAll();
        var refused = request(Map.of(world.owner(0), 1L));
        var taken = request(Map.of(world.owner(1), 1L));
        passInSteps(Duration.ofSeconds(31));
        int calls = world.group.calls;

        assertThat(Failures.of(refused).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(Failures.of(refused).details()).containsEntry("value", "1").containsEntry("topic", ZERO.topic());
        assertThat(taken).isCompletedWithValue(new CommitResult(Map.of(ONE, 1L), Set.of()));
        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(world.core.hasLeft()).isTrue();
        passInSteps(Duration.ofSeconds(10));
        assertThat(world.group.calls).isEqualTo(calls);
        assertThat(world.group.stored).containsEntry(ZERO, 0L);
    }

    @Test
    void revokedPartitionIsNotKeptByAnOffsetThatTheGroupNeverTakes() {
        settings.revokeTimeout = Duration.ofMinutes(5);
        start();
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
        world.append(0, "a");
        world.finishAll();
        world.revoke(0);
        passInSteps(Duration.ofSeconds(20));
        assertThat(world.group.acknowledged).isEmpty();

        passInSteps(Duration.ofSeconds(11));

        assertThat(world.group.acknowledged).containsExactly(ZERO);
        assertThat(world.core.hasLeft()).isTrue();
    }

    @Test
    void whatIsDoneInOtherPartitionsIsCommittedBeforeTheConsumerEnds() {
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.OUT_OF_RANGE);
        world.append(0, "a");
        world.finishAll();
        world.append(1, "a");
        passInSteps(Duration.ofSeconds(32));
        assertThat(world.core.isEnding()).isTrue();
        assertThat(world.core.hasLeft()).isFalse();

        world.finishAll();

        assertThat(world.group.stored).containsEntry(ONE, 1L);
        assertThat(world.core.hasLeft()).isTrue();
    }

    @Test
    void commitSaysWhoseRecordItWasTheTextAndTheTopic() {
        world.owner(0).metadata = "so far";
        world.append(0, "a");
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        var commit = world.group.commits.get(0);
        assertThat(commit.leaderEpoch()).isEqualTo(ManualSource.LEADER_EPOCH);
        assertThat(commit.metadata()).isEqualTo("so far");
        assertThat(commit.topicId()).isEqualTo(world.owner(0).id.topicId());
    }

    @Test
    void callThatCannotSucceedEndsTheConsumer() {
        world.group.failures.add(new CordwoodException(ErrorCode.INVALID_ARGUMENT, "no"));
        world.append(0, "a");
        world.finishAll();

        world.pass(ConsumerWorld.INTERVAL);
        world.settle();

        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(world.group.calls).isEqualTo(1);
    }

    @Test
    void commitThatIsRefusedForGoodEndsTheConsumerAtOnceAndWhoWaitsForItIsTold() {
        var tooLong = new CordwoodException(ErrorCode.LIMIT_REACHED, "too much text");
        world.group.refusals.put(ZERO, GroupMembership.CommitOutcome.refused(tooLong));
        world.group.holdsAnswers = true;
        world.append(0, "a");
        world.append(1, "a");
        world.finishAll();
        var refused = request(Map.of(world.owner(0), 1L, world.owner(1), 1L));
        var taken = request(Map.of(world.owner(1), 1L));
        world.revoke(0);

        world.group.answer();
        world.settle();

        assertThat(Failures.of(refused).code()).isEqualTo(ErrorCode.LIMIT_REACHED);
        assertThat(taken).isCompletedWithValue(new CommitResult(Map.of(ONE, 1L), Set.of()));
        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.LIMIT_REACHED);
        assertThat(world.group.calls).isEqualTo(1);
        assertThat(world.group.stored).containsEntry(ZERO, 0L).containsEntry(ONE, 1L);
    }

    @Test
    void whoWaitsForALostPartitionIsTold() {
        world.group.holdsAnswers = true;
        world.append(0, "a");
        world.append(1, "a");
        world.finishAll();
        var result = request(Map.of(world.owner(0), 1L, world.owner(1), 1L));

        world.fence();

        assertThat(result).isCompletedWithValue(new CommitResult(Map.of(), Set.of(ZERO, ONE)));
        world.group.answer();
        world.settle();
        assertThat(world.group.joins).isEqualTo(2);
    }

    @Test
    void seekEndsTheWaitForAPlaceThatIsLeft() {
        world.group.holdsAnswers = true;
        world.append(0, "a", "b");
        world.finishAll();
        var result = request(Map.of(world.owner(0), 2L));

        world.core.post(() -> world.core.seek(world.owner(0), 0));
        world.settle();

        assertThat(result).isCompletedWithValue(new CommitResult(Map.of(ZERO, 0L), Set.of()));
    }

    @Test
    void holesAtTheEndOfTheLogAreCommitted() {
        world.append(0, "a");
        world.finishAll();
        world.source.leaveHole(ZERO, 10);
        world.settle();

        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.commits(0)).containsExactly(11L);
    }

    /** As the clock of a consumer that looks again and again. */
    private void passInSteps(Duration time) {
        for (var passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plusMillis(100)) {
            world.pass(Duration.ofMillis(100));
        }
    }

    private CompletableFuture<CommitResult> request(Map<OwnedPartition, Long> targets) {
        var result = new CompletableFuture<CommitResult>();
        world.core.post(() -> world.core.ledger().request(targets, Set.of(), result));
        world.settle();
        return result;
    }
}
