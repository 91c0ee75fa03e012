package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PollDeliveryTest {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private final ConsumerWorld.Settings settings = new ConsumerWorld.Settings();
    private ConsumerWorld world = ConsumerWorld.polled(settings);

    private void start() {
        world = ConsumerWorld.polled(settings);
        world.assign(0, 0);
    }

    @AfterEach
    void memberKeptItsWord() {
        assertThat(world.group.violations).isEmpty();
    }

    @Test
    void pollGivesWhatIsThereUpToItsLimitInOrder() {
        start();
        world.append(0, "a", "b", "c");

        assertThat(world.poll(2)).containsExactly(0L, 1L);
        assertThat(world.poll(2)).containsExactly(2L);
        assertThat(world.poll(2)).isEmpty();
    }

    @Test
    void pollWaitsForRecordsUntilItsTimeIsOver() {
        start();
        var first = world.ask(10, TEN_SECONDS);
        assertThat(first).isNotDone();
        world.pass(TEN_SECONDS);
        assertThat(first).isCompletedWithValue(List.of());

        var second = world.ask(10, TEN_SECONDS);
        world.append(0, "a");

        assertThat(second.join()).hasSize(1);
        assertThat(world.core.timers().size()).isZero();
    }

    @Test
    void recordsAreDoneWhenMoreAreAskedFor() {
        start();
        world.append(0, "a", "b");
        world.poll(1);
        world.pass(ConsumerWorld.INTERVAL);
        assertThat(world.group.commits).isEmpty();

        world.poll(1);
        world.pass(ConsumerWorld.INTERVAL);

        assertThat(world.commits(0)).containsExactly(1L);
    }

    @Test
    void manuallyRecordsAreDoneInAnyOrderAndThePrefixIsCommitted() {
        settings.commitMode = ConsumerConfig.CommitMode.MANUAL;
        start();
        world.append(0, "a", "b", "c");
        var given = world.ask(10, Duration.ZERO).join();
        world.poll(10);

        assertThat(world.polls().done(List.of(given.get(1)))).containsKey(ConsumerWorld.partition(0));
        assertThat(world.owner(0).committable()).isZero();
        world.polls().done(List.of(given.get(0)));
        assertThat(world.owner(0).committable()).isEqualTo(2);
        world.polls().doneWithAll();

        assertThat(world.owner(0).committable()).isEqualTo(3);
        assertThat(world.core.takenBytes()).isZero();
    }

    @Test
    void whatIsNotDoneIsBounded() {
        settings.commitMode = ConsumerConfig.CommitMode.MANUAL;
        settings.windowRecords = 3;
        start();
        world.append(0, "a", "b", "c", "d");

        assertThat(world.poll(10)).hasSize(3);
        assertThat(world.poll(10)).isEmpty();
        world.polls().doneWithAll();

        assertThat(world.poll(10)).containsExactly(3L);
    }

    @Test
    void revokedPartitionWaitsForWhatWasGiven() {
        start();
        world.append(0, "a", "b");
        world.poll(1);

        world.revoke(0);
        assertThat(world.group.acknowledged).isEmpty();
        assertThat(world.poll(10)).isEmpty();

        assertThat(world.commits(0)).containsExactly(1L);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
    }

    @Test
    void recordOfALostPartitionIsDoneInVain() {
        settings.commitMode = ConsumerConfig.CommitMode.MANUAL;
        start();
        world.append(0, "a");
        var given = world.ask(10, Duration.ZERO).join();
        world.fence();

        var touched = world.polls().done(given);

        assertThat(touched.get(ConsumerWorld.partition(0))).isEmpty();
        assertThat(world.core.takenBytes()).isZero();
    }

    @Test
    void partitionsTakeTurns() {
        start();
        world.assign(1, 0);
        world.append(0, "a", "b", "c", "d");
        world.append(1, "a", "b", "c", "d");

        var partitions = world.ask(2, Duration.ZERO).join();
        var more = world.ask(2, Duration.ZERO).join();

        assertThat(partitions.get(0).partition()).isNotEqualTo(more.get(0).partition());
    }

    @Test
    void pausedPartitionGivesNothing() {
        start();
        world.core.post(() -> world.core.pause(world.owner(0)));
        world.append(0, "a");

        assertThat(world.poll(10)).isEmpty();
        world.core.post(() -> world.core.resume(world.owner(0)));
        world.settle();

        assertThat(world.poll(10)).containsExactly(0L);
    }

    @Test
    void recordsThatWaitInAPausedPartitionDoNotFillAPoll() {
        start();
        world.assign(1, 0);
        world.append(0, "a", "b");
        var abandoned = world.ask(10, Duration.ZERO);
        world.core.post(() -> world.core.pause(world.owner(0)));
        world.core.post(() -> world.polls().abandon(abandoned));
        world.append(1, "a", "b");

        assertThat(world.ask(2, Duration.ZERO).join()).hasSize(2).allMatch(record -> record.partition() == 1);
        world.core.post(() -> world.core.resume(world.owner(0)));
        world.settle();

        assertThat(world.poll(2)).containsExactly(0L, 1L);
    }

    @Test
    void abandonedPollGivesItsRecordsToTheNext() {
        start();
        world.append(0, "a", "b");
        var abandoned = world.ask(10, Duration.ZERO);
        assertThat(abandoned.join()).hasSize(2);

        world.core.post(() -> world.polls().abandon(abandoned));
        world.settle();

        assertThat(world.poll(10)).containsExactly(0L, 1L);
        assertThat(world.owner(0).committable()).isZero();
    }

    @Test
    void pollThatWaitsMayBeAbandoned() {
        start();
        var abandoned = world.ask(10, TEN_SECONDS);
        world.core.post(() -> world.polls().abandon(abandoned));
        world.append(0, "a");

        assertThat(world.poll(10)).containsExactly(0L);
    }

    @Test
    void secondPollAtATimeFailsAndTheFirstGoesOn() {
        start();
        var first = world.ask(10, TEN_SECONDS);

        var second = world.ask(10, TEN_SECONDS);
        world.append(0, "a");

        assertThat(second).isCompletedExceptionally();
        assertThat(first.join()).hasSize(1);
    }

    @Test
    void failureOfAPartitionIsToldOnce() {
        start();
        var reason = new CordwoodException(ErrorCode.CORRUPT_BATCH, "crc");
        world.core.post(() -> world.core.failed(ConsumerWorld.partition(0), reason));
        world.settle();
        assertThat(world.core.progress().get(0).failure()).contains(reason);

        assertThat(Failures.of(world.ask(1, TEN_SECONDS)).code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
        world.append(0, "a");

        assertThat(world.poll(1)).containsExactly(0L);
        assertThat(world.core.progress().get(0).failure()).isEmpty();
    }

    @Test
    void positionOutOfRangeFollowsThePolicy() {
        settings.outOfRange = OutOfRange.EARLIEST;
        start();
        world.append(0, "a", "b", "c", "d");
        var outside = new OffsetOutOfRangeException(ConsumerWorld.partition(0), 0, 2, 4);

        world.core.post(() -> world.core.failed(ConsumerWorld.partition(0), outside));
        world.settle();
        assertThat(world.poll(10)).containsExactly(2L, 3L);

        settings.outOfRange = OutOfRange.LATEST;
        start();
        world.append(0, "a", "b", "c", "d");
        world.core.post(() -> world.core.failed(ConsumerWorld.partition(0), outside));
        world.settle();
        assertThat(world.poll(10)).isEmpty();

        settings.outOfRange = OutOfRange.FAIL;
        start();
        world.core.post(() -> world.core.failed(ConsumerWorld.partition(0), outside));
        world.settle();
        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void atMostOnceGivesNothingThatIsNotCommitted() {
        settings.delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
        start();
        world.group.holdsAnswers = true;
        world.append(0, "a", "b", "c");

        var asked = world.ask(2, TEN_SECONDS);
        assertThat(asked).isNotDone();
        assertThat(world.commits(0)).containsExactly(2L);
        world.group.answer();
        world.settle();

        assertThat(asked.join()).hasSize(2);
        assertThat(world.group.stored).containsEntry(ConsumerWorld.partition(0), 2L);
    }

    @Test
    void atMostOnceWhatIsCommittedIsGivenBeforeItsPartitionIsGivenUp() {
        startWithWhatIsCommittedAndNotGiven();

        world.revoke(0);
        assertThat(world.group.acknowledged).isEmpty();
        assertThat(world.poll(10)).containsExactly(0L, 1L);
        assertThat(world.poll(10)).isEmpty();

        assertThat(world.group.stored).containsEntry(ConsumerWorld.partition(0), 2L);
        assertThat(world.group.acknowledged).containsExactly(ConsumerWorld.partition(0));
    }

    @Test
    void atMostOnceRecordsOfAnAbandonedPollAreGivenAlsoWhereTheirPartitionIsRevoked() {
        settings.delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
        start();
        world.append(0, "a");
        var abandoned = world.ask(10, TEN_SECONDS);
        assertThat(abandoned).isDone();

        world.revoke(0);
        world.core.post(() -> world.polls().abandon(abandoned));
        world.settle();

        assertThat(world.poll(10)).containsExactly(0L);
    }

    @Test
    void atMostOnceWhatIsCommittedDoesNotHoldUpTheEndWhereNobodyIsGivenIt() {
        startWithWhatIsCommittedAndNotGiven();
        world.core.post(world.polls()::forget);
        world.close(TEN_SECONDS);
        assertThat(world.group.left).isTrue();

        startWithWhatIsCommittedAndNotGiven();
        world.revoke(0);
        world.core.post(() -> world.core.fail(new CordwoodException(ErrorCode.UNKNOWN, "by the test")));
        world.settle();
        assertThat(world.group.left).isTrue();
    }

    /** Two records whose commit was confirmed after the poll that asked for them. */
    private void startWithWhatIsCommittedAndNotGiven() {
        settings.delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
        start();
        world.group.holdsAnswers = true;
        world.append(0, "a", "b");
        var asked = world.ask(10, TEN_SECONDS);
        world.pass(TEN_SECONDS);
        assertThat(asked.join()).isEmpty();
        world.group.answer();
        world.group.holdsAnswers = false;
        world.settle();
    }

    @Test
    void forgottenRecordsDoNotHoldUpTheEnd() {
        start();
        world.append(0, "a");
        world.poll(1);

        world.core.post(world.polls()::forget);
        world.close(TEN_SECONDS);

        assertThat(world.group.left).isTrue();
        assertThat(world.group.commits).isEmpty();
    }

    @Test
    void closedConsumerSaysSo() {
        start();
        var asked = world.ask(1, TEN_SECONDS);
        world.close(TEN_SECONDS);

        assertThat(Failures.of(asked).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
        assertThat(Failures.of(world.ask(1, TEN_SECONDS)).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    }
}
