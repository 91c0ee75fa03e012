package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordHeader;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HandlerDeliveryTest {
    private final RuntimeException reason = new IllegalStateException("the database is away");
    private static final FailurePolicy.Requeue TOPICS =
            new FailurePolicy.Requeue("orders.retry", "orders.dead", 1, Duration.ofSeconds(30));

    private final ConsumerWorld.Settings settings = new ConsumerWorld.Settings();
    private ConsumerWorld world = ConsumerWorld.handling(settings);

    private void start() {
        world = ConsumerWorld.handling(settings);
        world.assign(0, 0);
    }

    @AfterEach
    void memberKeptItsWord() {
        assertThat(world.group.violations).isEmpty();
    }

    @Test
    void recordsOfAKeyAreHandledInOrderAndThoseOfOthersBesideThem() {
        start();
        world.append(0, "a", "a", "b", "a", "c");

        assertThat(world.workers.size()).isEqualTo(3);
        world.finish(2);
        world.finish(0);
        world.finish(0);
        world.finishAll();

        assertThat(world.handled).containsExactly(4L, 0L, 2L, 1L, 3L);
    }

    @Test
    void recordsWithoutAKeyHaveNoOrder() {
        start();
        world.append(0, null, null, null);

        assertThat(world.workers.size()).isEqualTo(3);
    }

    @Test
    void recordsOfAPartitionAreHandledInOrderWhereThatIsAsked() {
        settings.ordering = Ordering.PER_PARTITION;
        start();
        world.assign(1, 0);
        world.append(0, "a", "b", null);
        world.append(1, "a");

        assertThat(world.workers.size()).isEqualTo(2);
        world.finishAll();
        assertThat(world.handledRecords.stream().map(ConsumedRecord::toString))
                .containsExactly("orders-0@0", "orders-1@0", "orders-0@1", "orders-0@2");
    }

    @Test
    void onlyThePrefixThatIsDoneIsCommitted() {
        start();
        world.append(0, "a", "b", "c");

        world.finish(1);
        world.finish(1);
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.group.commits).isEmpty();
        world.finish(0);
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.commits(0)).containsExactly(3L);
    }

    @Test
    void noMoreHandlersRunThanThereAreWorkersAndPartitionsTakeTurns() {
        settings.workers = 2;
        start();
        world.assign(1, 0);
        world.append(0, "a", "b", "c", "d");
        world.append(1, "a");

        assertThat(world.workers.size()).isEqualTo(2);
        world.finish(0);
        world.finish(1);

        assertThat(world.core.progress().get(1).current()).isPresent();
    }

    @Test
    void windowBoundsWhatFinishesOutOfOrder() {
        settings.windowRecords = 3;
        start();
        world.append(0, "a", "b", "c", "d", "e");

        world.finish(1);
        world.finish(1);
        assertThat(world.workers.size()).isEqualTo(1);
        assertThat(world.core.progress().get(0).windowFull()).isTrue();
        world.finish(0);

        assertThat(world.workers.size()).isEqualTo(2);
        assertThat(world.core.progress().get(0).windowFull()).isFalse();
    }

    @Test
    void bytesAreBoundedAndASlowPartitionLeavesRoomForOthers() {
        settings.takenBytes = 2_000;
        start();
        world.assign(1, 0);
        for (int i = 0; i < 50; i++) {
            world.source.append(ConsumerWorld.partition(0), "k" + i);
        }
        world.settle();
        long slow = world.owner(0).takenBytes;
        world.append(1, "a", "b");

        assertThat(slow).isBetween(1_000L, 1_100L);
        assertThat(world.owner(1).takenBytes).isPositive();
        assertThat(world.core.takenBytes()).isLessThan(2_000);
        world.finishAll();
        assertThat(world.handled).hasSize(52);
        assertThat(world.core.takenBytes()).isZero();
    }

    @Test
    void failedRecordIsTriedAgainAfterAPauseAndItsKeyWaits() {
        settings.failures = FailurePolicy.FAIL_FAST.withAttempts(3, pause());
        start();
        world.failing.put(0L, reason);
        world.append(0, "a", "a", "b");

        world.finish(0);
        world.finish(0);
        assertThat(world.handled).containsExactly(0L, 2L);
        world.pass(Duration.ofMillis(49));
        assertThat(world.workers.size()).isZero();
        world.pass(Duration.ofMillis(51));
        assertThat(world.workers.size()).isEqualTo(1);
        world.failing.clear();
        world.finishAll();

        assertThat(world.handled).containsExactly(0L, 2L, 0L, 1L);
        assertThat(world.core.isEnding()).isFalse();
    }

    @Test
    void failFastEndsTheConsumerAndCommitsNothingBehindTheRecord() {
        start();
        world.failing.put(1L, reason);
        world.append(0, "a", "b", "c", "b");

        world.finish(1);
        assertThat(world.core.ended()).isNotDone();
        world.finishAll();

        assertThat(world.handled).containsExactly(1L, 0L, 2L);
        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.group.left).isTrue();
        assertThat(world.core.ended()).isCompletedExceptionally();
        assertThat(world.core.ended().handle((done, failure) -> failure).join())
                .isInstanceOf(RecordFailedException.class)
                .hasRootCause(reason)
                .hasMessageContaining("orders-0@1");
    }

    @Test
    void ignoredRecordCountsAsDone() {
        settings.failures = FailurePolicy.ignore().withAttempts(2, pause());
        start();
        world.failing.put(0L, reason);
        world.append(0, "a", "a");

        world.finish(0);
        world.pass(Duration.ofSeconds(1));
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.handled).containsExactly(0L, 0L, 1L);
        assertThat(world.commits(0)).containsExactly(2L);
    }

    @Test
    void requeuedRecordIsDoneWhenItsWriteIsAcknowledged() {
        settings.failures = FailurePolicy.requeue(TOPICS);
        start();
        world.failing.put(0L, reason);
        world.append(0, "a", "a");

        world.finish(0);
        world.finish(0);
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.stores).hasSize(1);
        assertThat(world.stores.get(0).record().topic()).isEqualTo("orders.retry");
        assertThat(world.workers.size()).isZero();
        assertThat(world.group.commits).isEmpty();
        world.stores.get(0).acknowledge();
        world.settle();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.workers.size()).isEqualTo(1);
    }

    @Test
    void failedWriteIsRepeatedAndOneThatCannotSucceedEndsTheConsumer() {
        settings.failures = FailurePolicy.deadLetter("orders.dead").withAttempts(1, pause());
        start();
        world.failing.put(0L, reason);
        world.append(0, "a");
        world.finish(0);
        world.finish(0);

        world.stores.get(0).ack().completeExceptionally(new CordwoodException(ErrorCode.REQUEST_TIMED_OUT, "slow"));
        world.settle();
        world.pass(Duration.ofMillis(100));
        world.finish(0);
        assertThat(world.stores).hasSize(2);
        assertThat(world.stores.get(1).record().topic()).isEqualTo("orders.dead");
        world.stores
                .get(1)
                .ack()
                .completeExceptionally(new CordwoodException(ErrorCode.UNKNOWN_TOPIC, "no such topic"));
        world.settle();

        assertThat(world.group.commits).isEmpty();
        assertThat(world.core.ended()).isCompletedExceptionally();
    }

    @Test
    void errorOfAWriteEndsTheConsumer() {
        settings.failures = FailurePolicy.deadLetter("orders.dead");
        start();
        world.failing.put(0L, reason);
        world.storeFault = new LinkageError("by the test");
        world.append(0, "a");

        world.finishAll();

        assertThat(world.core.ended().handle((done, failure) -> failure).join()).hasRootCause(world.storeFault);
        assertThat(world.group.commits).isEmpty();
        assertThat(world.group.left).isTrue();
    }

    @Test
    void recordOfTheRetryTopicWaitsForItsTime() {
        settings.failures = FailurePolicy.requeue(
                new FailurePolicy.Requeue(ConsumerWorld.TOPIC, "orders.dead", 1, Duration.ofSeconds(30)));
        start();
        var due = Long.toString(world.wallMs + 30_000).getBytes(UTF_8);
        world.source.append(ConsumerWorld.partition(0), "a", List.of(new RecordHeader("cordwood-due-ms", due)));
        world.append(0, "b");

        world.finishAll();
        assertThat(world.handled).containsExactly(1L);
        world.pass(Duration.ofMillis(29_999));
        assertThat(world.workers.size()).isZero();
        world.pass(Duration.ofMillis(1));
        world.finishAll();

        assertThat(world.handled).containsExactly(1L, 0L);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MIN_VALUE})
    void timeThatMakesNoSenseDoesNotEndTheConsumer(long dueMs) {
        settings.failures = FailurePolicy.requeue(
                new FailurePolicy.Requeue(ConsumerWorld.TOPIC, "orders.dead", 1, Duration.ofSeconds(30)));
        start();
        var due = Long.toString(dueMs).getBytes(UTF_8);
        world.source.append(ConsumerWorld.partition(0), "a", List.of(new RecordHeader("cordwood-due-ms", due)));
        world.append(0, "b");

        world.pass(Duration.ofDays(3));
        world.finishAll();

        assertThat(world.handled).containsExactly(dueMs < 0 ? new Long[] {0L, 1L} : new Long[] {1L});
    }

    @Test
    void recordThatIsDueInDaysWaitsForItsTime() {
        settings.failures = FailurePolicy.requeue(
                new FailurePolicy.Requeue(ConsumerWorld.TOPIC, "orders.dead", 1, Duration.ofDays(3)));
        start();
        var due = Long.toString(world.wallMs + Duration.ofDays(3).toMillis()).getBytes(UTF_8);
        world.source.append(ConsumerWorld.partition(0), "a", List.of(new RecordHeader("cordwood-due-ms", due)));
        world.settle();

        world.pass(Duration.ofDays(1));
        world.pass(Duration.ofDays(2).minusMillis(1));
        assertThat(world.workers.size()).isZero();
        world.pass(Duration.ofMillis(1));

        assertThat(world.workers.size()).isEqualTo(1);
    }

    @Test
    void handlerThatTakesHoursKeepsItsPartitionAndIsSeen() {
        start();
        world.append(0, "a", "b");
        world.finish(1);

        world.pass(Duration.ofMinutes(5));

        var current = world.core.progress().get(0).current().orElseThrow();
        assertThat(current).isEqualTo(new PartitionProgress.Current(0, Duration.ofMinutes(5), 1));
        assertThat(world.core.progress().get(0).position()).isEqualTo(2);
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.commits(0)).containsExactly(2L);
        assertThat(world.core.progress().get(0).current()).isEmpty();
    }

    @Test
    void pausedPartitionBeginsNothing() {
        settings.workers = 1;
        start();
        world.append(0, "a", "b");
        world.core.post(() -> world.core.pause(world.owner(0)));
        world.settle();

        world.finishAll();
        world.append(0, "c");
        assertThat(world.handled).containsExactly(0L);
        assertThat(world.source.isHeld(ConsumerWorld.partition(0))).isTrue();
        assertThat(world.core.progress().get(0).paused()).isTrue();
        world.core.post(() -> world.core.resume(world.owner(0)));
        world.settle();
        world.finishAll();

        assertThat(world.handled).containsExactly(0L, 1L, 2L);
        assertThat(world.source.isHeld(ConsumerWorld.partition(0))).isFalse();
    }

    @Test
    void seekForgetsWhatIsUnderWayAndDoesNotLowerTheCommit() {
        start();
        world.append(0, "a", "b", "a");
        world.finish(0);
        world.finish(0);
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.commits(0)).containsExactly(2L);

        world.core.post(() -> world.core.seek(world.owner(0), 1));
        world.settle();
        assertThat(world.workers.size()).as("the key of offset 2 is still held").isEqualTo(2);
        world.finishAll();
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.handled).containsExactly(0L, 1L, 2L, 1L, 2L);
        assertThat(world.commits(0)).containsExactly(2L, 3L);
    }

    @Test
    void atMostOnceCommitsBeforeItHandles() {
        settings.delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
        settings.failures = FailurePolicy.ignore();
        start();
        world.group.holdsAnswers = true;
        world.append(0, "a");
        world.append(0, "b");

        assertThat(world.workers.size()).isZero();
        world.group.answer();
        world.settle();
        assertThat(world.group.stored).containsEntry(ConsumerWorld.partition(0), 1L);
        world.group.answer();
        world.settle();
        world.finishAll();

        assertThat(world.handled).containsExactly(0L, 1L);
        assertThat(world.commits(0)).containsExactly(1L, 2L);
    }

    @Test
    void atMostOnceLeavesToTheNextOwnerWhatNoCommitCovers() {
        startOnce();
        world.assign(1, 0);
        world.group.failures.add(new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election goes on"));
        world.append(1, "a");
        world.append(0, "a");
        world.revoke(0);

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.commits(0)).isEmpty();
        assertThat(world.handled).isEmpty();
    }

    @Test
    void atMostOnceWhatIsCommittedIsHandledBeforeItsPartitionIsGivenUp() {
        startOnce();
        world.append(0, "a", "a", "c");

        world.revoke(0);
        world.append(0, "d");
        assertThat(world.group.acknowledged).isEmpty();
        world.finishAll();

        assertThat(world.group.stored).containsEntry(ConsumerWorld.partition(0), 3L);
        assertThat(world.handled).containsExactly(0L, 2L, 1L);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
    }

    @Test
    void atMostOnceWhatIsOnItsWayToBeCommittedIsHandledBeforeItsPartitionIsGivenUp() {
        startOnce();
        world.group.failures.add(new CordwoodException(ErrorCode.METADATA_UNAVAILABLE, "an election goes on"));
        world.append(0, "a", "b");

        world.revoke(0);
        world.pass(Duration.ofMillis(100));
        world.finishAll();

        assertThat(world.group.stored).containsEntry(ConsumerWorld.partition(0), 2L);
        assertThat(world.handled).containsExactly(0L, 1L);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
    }

    @Test
    void atMostOnceWhatIsCommittedIsHandledBeforeAFailureEndsTheConsumer() {
        startOnce(FailurePolicy.FAIL_FAST);
        world.failing.put(0L, reason);
        world.append(0, "a", "b", "c");

        world.finishAll();

        assertThat(world.handled).containsExactly(0L, 1L, 2L);
        assertThat(world.core.ended()).isCompletedExceptionally();
        assertThat(world.group.left).isTrue();
    }

    @Test
    void atMostOnceNothingIsKeptWhenTheTimeIsOver() {
        startOnce();
        world.append(0, "a", "b", "c");
        world.revoke(0);
        assertThat(world.owner(0).onlyGivenHere()).isEqualTo(2);

        world.pass(settings.revokeTimeout);
        world.finishAll();

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.handled).containsExactly(0L);
        assertThat(world.core.takenBytes()).isZero();
    }

    @Test
    void atMostOnceWhatIsNotConfirmedWhenTheTimeIsOverIsNotSentAgain() {
        startOnce();
        world.group.refusals.put(ConsumerWorld.partition(0), GroupMembership.CommitOutcome.UNCONFIRMED);
        world.append(0, "a");
        world.revoke(0);
        world.pass(settings.revokeTimeout.minusMillis(1));
        int calls = world.group.calls;

        world.pass(Duration.ofMillis(1));

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
        assertThat(world.group.calls).isEqualTo(calls);
        assertThat(world.handled).isEmpty();
    }

    @Test
    void atMostOnceDeadLetterIsWrittenBeforeItsPartitionIsGivenUp() {
        startOnce(FailurePolicy.deadLetter("orders.dead").withAttempts(1, pause()));
        world.failing.put(0L, reason);
        world.append(0, "a");
        world.finish(0);
        world.finish(0);

        world.revoke(0);
        world.stores.get(0).ack().completeExceptionally(new CordwoodException(ErrorCode.REQUEST_TIMED_OUT, "slow"));
        world.settle();
        world.pass(Duration.ofMillis(100));
        world.finish(0);
        assertThat(world.group.acknowledged).isEmpty();
        world.stores.get(1).acknowledge();
        world.settle();

        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
    }

    @Test
    void idlePartitionsAreNotLookedAt() {
        start();
        for (int i = 1; i < 500; i++) {
            world.assign(i, 0);
        }
        world.source.asked.clear();

        world.append(7, "a");
        world.finishAll();

        assertThat(world.source.asked).containsOnly(ConsumerWorld.partition(7)).hasSize(2);
    }

    /** With one worker. */
    private void startOnce() {
        startOnce(FailurePolicy.ignore());
    }

    private void startOnce(FailurePolicy failures) {
        settings.delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
        settings.failures = failures;
        settings.workers = 1;
        start();
    }

    private static RetryPolicy pause() {
        return new RetryPolicy(Duration.ofMillis(100), Duration.ofMillis(100));
    }
}
