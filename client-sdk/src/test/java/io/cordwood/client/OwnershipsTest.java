package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OwnershipsTest {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private final ConsumerWorld.Settings settings = new ConsumerWorld.Settings();
    private final List<String> told = new ArrayList<>();
    private ConsumerWorld world = ConsumerWorld.handling(settings);

    private void start() {
        settings.listener = new ConsumerListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                told.add("assigned " + partitions);
            }

            @Override
            public void onRevoked(Collection<TopicPartition> partitions, Duration timeToFinish) {
                told.add("revoked " + partitions + " within " + timeToFinish);
            }

            @Override
            public void onLost(Collection<TopicPartition> partitions) {
                told.add("lost " + partitions);
            }
        };
        world = ConsumerWorld.handling(settings);
    }

    @AfterEach
    void memberKeptItsWord() {
        assertThat(world.group.violations).isEmpty();
    }

    @Test
    void recordsAreGivenFromTheOffsetOfTheAssignment() {
        start();
        world.append(0, "a", "b", "c");

        world.assign(0, 1);
        world.finishAll();

        assertThat(world.handled).containsExactly(1L, 2L);
        assertThat(told).containsExactly("assigned [orders-0]");
    }

    @Test
    void nothingIsGivenBeforeTheListenerHasReturned() {
        start();
        world.listenerHangs = true;
        world.assign(0, 0);
        world.append(0, "a");
        assertThat(world.workers.size()).isZero();

        world.listenerHangs = false;
        world.settle();

        assertThat(world.workers.size()).isEqualTo(1);
    }

    @Test
    void errorOfTheListenerEndsTheConsumer() {
        var fault = new AssertionError("by the test");
        settings.listener = new ConsumerListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                throw fault;
            }
        };
        world = ConsumerWorld.handling(settings);

        world.assign(0, 0);

        assertThat(world.group.left).isTrue();
        assertThat(world.core.ended().handle((done, failure) -> failure).join()).hasRootCause(fault);
    }

    @Test
    void revokedPartitionIsAcknowledgedWhenWhatIsUnderWayIsDoneAndCommitted() {
        start();
        settings.workers = 2;
        world = ConsumerWorld.handling(settings);
        world.assign(0, 0);
        world.append(0, "a", "b", "c");
        world.group.holdsAnswers = true;

        world.revoke(0);
        world.finish(0);
        assertThat(world.group.commits).isEmpty();
        world.finish(0);
        assertThat(world.commits(0)).containsExactly(2L);
        assertThat(world.group.acknowledged).isEmpty();
        world.group.answer();
        world.settle();

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.handled).containsExactly(0L, 1L);
        assertThat(world.source.partitions()).isEmpty();
        assertThat(told).contains("revoked [orders-0] within PT10S");
    }

    @Test
    void atTheDeadlineThePrefixIsCommittedAndTheRestIsDropped() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b", "c");
        world.finish(0);
        world.finish(1);

        world.revoke(0);
        world.pass(TEN_SECONDS.minusMillis(1));
        assertThat(world.group.acknowledged).isEmpty();
        world.pass(Duration.ofMillis(1));
        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        world.finishAll();
        world.pass(TEN_SECONDS);

        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.core.takenBytes()).isZero();
    }

    @Test
    void deadlineOfAnEarlierRevocationMeansNothingToTheNext() {
        start();
        world.assign(0, 0);
        world.revoke(0);
        world.assign(0, 0);
        world.append(0, "a");
        world.pass(Duration.ofSeconds(5));

        world.revoke(0);
        world.pass(Duration.ofSeconds(5));
        assertThat(world.group.acknowledged).hasSize(1);
        world.finish(0);

        assertThat(world.group.acknowledged).hasSize(2);
        assertThat(world.commits(0)).containsExactly(1L);
    }

    @Test
    void listenerHasUntilTheDeadline() {
        start();
        world.assign(0, 0);
        world.listenerHangs = true;

        world.revoke(0);
        assertThat(world.group.acknowledged).isEmpty();
        world.pass(TEN_SECONDS);

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
    }

    @Test
    void commitThatIsNotAnsweredDoesNotHoldThePartitionBeyondTheDeadline() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.group.holdsAnswers = true;
        world.finish(0);
        world.revoke(0);
        world.finish(0);

        world.pass(TEN_SECONDS);

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.commits(0).get(world.commits(0).size() - 1)).isEqualTo(2);
    }

    @Test
    void recordInABackOffDoesNotHoldARevokedPartition() {
        settings.failures = FailurePolicy.FAIL_FAST.withAttempts(9, settings.failures.pause());
        start();
        world.assign(0, 0);
        world.failing.put(0L, new IllegalStateException("broken"));
        world.append(0, "a");
        world.finish(0);

        world.revoke(0);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        world.pass(TEN_SECONDS);

        assertThat(world.handled).containsExactly(0L);
        assertThat(world.group.commits).isEmpty();
    }

    @Test
    void revokedPartitionThatIsNotOwnedIsAcknowledged() {
        start();

        world.revoke(5);

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(5));
    }

    @Test
    void severalRevokedPartitionsAreCommittedAndAcknowledgedTogether() {
        start();
        world.assign(0, 0);
        world.assign(1, 0);
        world.append(0, "a");
        world.append(1, "a");
        world.finishAll();

        world.revoke(0, 1);

        assertThat(world.group.calls).isEqualTo(1);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0), ConsumerWorld.partition(1));
    }

    @Test
    void fencedMemberCommitsNothingDropsEverythingAndJoinsAgain() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.finish(0);

        world.fence();
        world.finishAll();
        world.pass(TEN_SECONDS);

        assertThat(world.group.commits).isEmpty();
        assertThat(world.group.joins).isEqualTo(2);
        assertThat(told).contains("lost [orders-0]");
        assertThat(world.core.takenBytes()).isZero();
        world.assign(0, 0);
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.commits(0)).containsExactly(2L);
        assertThat(world.group.commits.get(0).memberEpoch()).isEqualTo(world.group.epoch);
    }

    @Test
    void commitAnsweredWithFencedIsAFence() {
        start();
        world.assign(0, 0);
        world.assign(1, 0);
        world.append(0, "a");
        world.group.refusals.put(ConsumerWorld.partition(0), GroupMembership.CommitOutcome.FENCED);
        world.finishAll();
        world.group.holdsAnswers = true;
        world.pass(ConsumerWorld.INTERVAL);
        world.group.lapse();
        world.group.answer();
        world.settle();

        assertThat(world.group.joins).isEqualTo(2);
        assertThat(world.source.partitions()).isEmpty();
    }

    @Test
    void commitOfWhatSomebodyElseOwnsLosesThatPartitionOnly() {
        start();
        world.assign(0, 0);
        world.assign(1, 0);
        world.append(0, "a");
        world.group.refusals.put(ConsumerWorld.partition(0), GroupMembership.CommitOutcome.NOT_OWNED);

        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(told).contains("lost [orders-0]");
        assertThat(world.source.partitions()).containsExactly(ConsumerWorld.partition(1));
    }

    @Test
    void partitionThatComesBackWaitsForTheKeysOfHandlersThatStillRun() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.finish(1);
        world.fence();
        world.assign(0, 0);

        assertThat(world.workers.size())
                .as("the old one of a, the new one of b")
                .isEqualTo(2);
        world.finish(1);
        assertThat(world.workers.size()).isEqualTo(1);
        world.finish(0);
        assertThat(world.workers.size()).as("the new one of a").isEqualTo(1);
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.handled).containsExactly(1L, 1L, 0L, 0L);
        assertThat(world.commits(0)).containsExactly(2L);
    }

    @Test
    void newerEpochOfAnOwnedPartitionGoesOnWithItsRecords() {
        start();
        world.assign(0, 0);
        world.append(0, "a");
        world.assign(0, 0);

        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.handled).containsExactly(0L);
        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.group.commits.get(0).memberEpoch()).isEqualTo(world.group.epoch);
        assertThat(told).containsExactly("assigned [orders-0]");
    }

    @Test
    void partitionThatWasGivenAgainIsDroppedAndBegunAnew() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.finish(1);
        world.group.giveAgain(ConsumerWorld.partition(0), 1);
        world.settle();
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(told).containsExactly("assigned [orders-0]", "lost [orders-0]", "assigned [orders-0]");
        assertThat(world.handled).containsExactly(1L, 0L, 1L);
        assertThat(world.commits(0)).containsExactly(2L);
        assertThat(world.core.takenBytes()).isZero();
    }

    @Test
    void partitionThatIsInNoAssignmentAnyMoreIsDropped() {
        start();
        world.assign(0, 0);
        world.assign(1, 0);
        world.append(0, "a");
        world.group.take(ConsumerWorld.partition(0));
        world.settle();
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(told).contains("lost [orders-0]");
        assertThat(world.group.commits).isEmpty();
        assertThat(world.source.partitions()).containsExactly(ConsumerWorld.partition(1));
    }

    @Test
    void revokedPartitionOfAnotherSinceIsDroppedAndAcknowledgedAtOnce() {
        start();
        world.assign(0, 0);
        world.append(0, "a");
        world.group.giveAgain(ConsumerWorld.partition(0), 0);
        world.revoke(0);

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.group.commits).isEmpty();
        assertThat(told).contains("lost [orders-0]");
    }

    @Test
    void assignmentThatComesAgainChangesNothing() {
        start();
        world.assign(0, 0);
        world.assign(1, 0);
        world.append(0, "a");
        world.revoke(0);

        world.group.tell();
        world.settle();
        assertThat(world.group.acknowledged).isEmpty();
        world.finishAll();

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(told).filteredOn(line -> line.startsWith("revoked")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(ConsumerConfig.CommitMode.class)
    void placeWhereItBeginsIsCommittedBeforeARecordIsGiven(ConsumerConfig.CommitMode mode) {
        settings.commitMode = mode;
        start();
        world.append(0, "a", "b", "c");
        world.group.holdsAnswers = true;

        world.group.assignUncommitted(ConsumerWorld.partition(0), 1);
        world.settle();
        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.workers.size()).isZero();
        world.group.answer();
        world.settle();

        assertThat(world.workers.size()).isEqualTo(2);
        assertThat(world.owner(0).committed).isEqualTo(1);
    }

    @Test
    void placeWhereItBeginsIsSentAgainUntilItIsConfirmed() {
        start();
        world.append(0, "a");
        world.group.failures.add(new CordwoodException(ErrorCode.NODE_UNREACHABLE, "no coordinator"));
        world.group.assignUncommitted(ConsumerWorld.partition(0), 0);
        world.settle();
        assertThat(world.workers.size()).isZero();

        world.pass(Duration.ofMillis(100));

        assertThat(world.commits(0)).containsExactly(0L, 0L);
        assertThat(world.workers.size()).isEqualTo(1);
    }

    @Test
    void placeThatTheListenerSoughtIsTheOneWhereItBegins() {
        settings.listener = new ConsumerListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                world.core.post(() -> world.core.seek(world.owner(0), 1));
            }
        };
        world = ConsumerWorld.handling(settings);
        world.append(0, "a", "b", "c");

        world.group.assignUncommitted(ConsumerWorld.partition(0), 3);
        world.settle();
        world.finishAll();

        assertThat(world.commits(0)).startsWith(1L);
        assertThat(world.handled).containsExactly(1L, 2L);
    }

    @Test
    void partitionThatIsRevokedBeforeItsStartIsConfirmedGivesNoRecordAndIsCommitted() {
        start();
        world.append(0, "a");
        world.group.holdsAnswers = true;
        world.group.assignUncommitted(ConsumerWorld.partition(0), 0);
        world.settle();

        world.revoke(0);
        assertThat(world.group.acknowledged).isEmpty();
        world.group.answer();
        world.settle();

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.workers.size()).isZero();
    }

    @Test
    void reportOfAMembershipThatIsOverMeansNothing() {
        start();
        var earlier = world.group.listener();
        world.fence();

        earlier.fenced("once more");
        world.settle();

        assertThat(world.group.joins).isEqualTo(2);
    }

    @Test
    void closeFinishesWhatIsUnderWayCommitsAndLeaves() {
        start();
        settings.workers = 1;
        world = ConsumerWorld.handling(settings);
        world.assign(0, 0);
        world.append(0, "a", "b");

        world.close(TEN_SECONDS);
        assertThat(world.group.left).isFalse();
        world.finish(0);

        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.group.left).isTrue();
        assertThat(world.core.ended()).isCompleted();
        assertThat(world.source.closed).isTrue();
        assertThat(world.handled).containsExactly(0L);
    }

    @Test
    void closeAbandonsWhatDoesNotEndInTime() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.finish(0);

        world.close(TEN_SECONDS);
        world.pass(TEN_SECONDS);
        assertThat(world.group.left).isTrue();
        world.finishAll();

        assertThat(world.commits(0)).containsExactly(1L);
    }

    @Test
    void closeWithNothingOwnedLeavesAtOnceAndAssignmentsThatCrossAreNotBegun() {
        start();
        world.core.post(() -> world.core.close(world.nanos));
        world.group.assign(ConsumerWorld.partition(0), 0);
        world.settle();

        assertThat(world.group.left).isTrue();
        assertThat(world.source.partitions()).isEmpty();
    }

    @Test
    void whoDrivesAConsumerThatHasLeftDoesNotWaitForWhatWasPlanned() {
        start();
        world.assign(0, 0);

        world.close(TEN_SECONDS);

        assertThat(world.core.hasLeft()).isTrue();
        assertThat(world.wakeNanos).isEqualTo(world.nanos);
    }

    @Test
    void groupIsToldOfTheEndInWhatIsLeftOfTheTime() {
        start();
        world.assign(0, 0);
        world.append(0, "a");

        world.close(TEN_SECONDS);
        world.pass(Duration.ofSeconds(7));
        world.finishAll();

        assertThat(world.group.left).isTrue();
        assertThat(world.group.leavePatience).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void groupIsNotToldForLongHoweverMuchTimeThereIs() {
        start();
        world.close(Duration.ofHours(1));

        assertThat(world.group.leavePatience).isEqualTo(Duration.ofSeconds(5));
        assertThat(world.group.leftForGood).isFalse();
    }

    @Test
    void closeForGoodIsToldToTheGroup() {
        start();
        world.core.post(world.core::leaveForGood);
        world.close(TEN_SECONDS);

        assertThat(world.group.leftForGood).isTrue();
    }

    @Test
    void listenerThatThrowsEndsTheConsumer() {
        settings.listener = new ConsumerListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                throw new IllegalStateException("not with me");
            }
        };
        world = ConsumerWorld.handling(settings);

        world.assign(0, 0);

        assertThat(world.core.ended()).isCompletedExceptionally();
        assertThat(world.group.left).isTrue();
    }

    @Test
    void refusedMemberHasLostItsPartitionsAndDoesNotWaitForThem() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.finish(0);

        world.group.listener().refused(new CordwoodException(ErrorCode.INTERNAL, "by the test"));
        world.settle();

        assertThat(told).containsExactly("assigned [orders-0]", "lost [orders-0]");
        assertThat(world.group.left).isTrue();
        assertThat(world.group.commits).isEmpty();
        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.INTERNAL);
    }

    @Test
    void memberThatCannotGoOnCommitsWhatIsDone() {
        start();
        world.assign(0, 0);
        world.append(0, "a", "b");
        world.finish(0);

        world.group.listener().failed(new CordwoodException(ErrorCode.INTERNAL, "by the test"));
        world.settle();
        assertThat(world.group.left).isFalse();
        world.finishAll();

        assertThat(world.commits(0)).containsExactly(2L);
        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.INTERNAL);
    }

    @Test
    void refusedMemberEnds() {
        start();
        world.group.listener().refused(new CordwoodException(ErrorCode.LIMIT_REACHED, "too many members"));
        world.settle();

        assertThat(world.core.ended()).isCompletedExceptionally();
    }
}
