package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a member tells of partitions in which it does not just read on. */
final class HeldPartitionTest {
    private final ConsumerWorld.Settings settings = new ConsumerWorld.Settings();
    private ConsumerWorld world = ConsumerWorld.handling(settings);

    @AfterEach
    void memberKeptItsWord() {
        assertThat(world.group.violations).isEmpty();
    }

    @Test
    void partitionsThatReadOnAreNotTold() {
        start(2);
        world.append(0, "a", "b");
        world.pass(Duration.ofMillis(900));

        assertThat(world.held()).isEmpty();
    }

    @Test
    void pausedPartitionIsToldUntilItIsResumed() {
        start(2);
        world.core.pause(world.owner(1));

        assertThat(world.held()).containsExactly(notRead(1, true, false));

        world.core.resume(world.owner(1));
        assertThat(world.held()).isEmpty();
    }

    @Test
    void firstRecordThatIsNotDoneIsToldWithTheTimeThatItTakes() {
        start(1);
        world.group.holdsAnswers = true; // the committed offset stays where it was
        world.append(0, "a", "b", "c");
        world.finish(0);
        world.pass(Duration.ofSeconds(5));
        world.finish(1); // the one behind it
        world.pass(Duration.ofSeconds(1));

        assertThat(world.held()).containsExactly(reading(0, 1, Optional.of(Duration.ofSeconds(6)), 0));

        world.finishAll();
        assertThat(world.held()).isEmpty();
    }

    @Test
    void polledBatchIsWithTheApplicationUntilTheNextPoll() {
        world = ConsumerWorld.polled(settings);
        start(1);
        world.append(0, "a", "b");
        assertThat(world.poll(10)).containsExactly(0L, 1L);
        world.pass(Duration.ofSeconds(90));

        assertThat(world.held()).containsExactly(reading(0, Optional.of(Duration.ofSeconds(90)), 0));

        world.poll(10);
        assertThat(world.held()).isEmpty();
    }

    @Test
    void recordsThatAPollWasNotToldOfHaveNotFailed() {
        world = ConsumerWorld.polled(settings);
        start(1);
        world.append(0, "a");
        var answer = world.ask(10, Duration.ZERO);
        world.core.post(() -> world.polls().abandon(answer));
        world.settle();
        world.pass(Duration.ofSeconds(90));

        assertThat(world.held()).containsExactly(notRead(0, false, true));
    }

    @Test
    void recordThatWaitsForAWorkerForLongIsTold() {
        settings.workers = 1;
        world = ConsumerWorld.handling(settings);
        start(2);
        world.append(0, "a");
        world.append(1, "b");
        world.pass(Duration.ofMillis(900));
        assertThat(world.held()).isEmpty();

        world.pass(Duration.ofMillis(100));

        assertThat(world.held())
                .containsExactly(reading(0, Optional.of(Duration.ofSeconds(1)), 0), notRead(1, false, true));
        world.finish(0);
        assertThat(world.held()).isEmpty();
    }

    @Test
    void recordsThatAPollerHasNoTimeForAreTold() {
        world = ConsumerWorld.polled(settings);
        start(2);
        world.append(0, "a");
        assertThat(world.poll(1)).containsExactly(0L);
        world.append(1, "b");
        world.pass(Duration.ofMillis(900));
        assertThat(world.held()).isEmpty();

        world.pass(Duration.ofMillis(100));

        assertThat(world.held())
                .containsExactly(reading(0, Optional.of(Duration.ofSeconds(1)), 0), notRead(1, false, true));
        world.poll(1);
        assertThat(world.held()).isEmpty();
    }

    @Test
    void timeInWhichAPartitionWasPausedIsNoWaitForTheApplication() {
        settings.workers = 1;
        world = ConsumerWorld.handling(settings);
        start(2);
        world.append(0, "a");
        world.append(1, "b");
        world.core.pause(world.owner(1));
        world.pass(Duration.ofSeconds(5));
        world.core.resume(world.owner(1));

        assertThat(world.held()).containsExactly(reading(0, Optional.of(Duration.ofSeconds(5)), 0));

        world = ConsumerWorld.polled(settings);
        start(1);
        world.append(0, "a");
        world.core.pause(world.owner(0));
        world.pass(Duration.ofSeconds(5));
        world.core.resume(world.owner(0));

        assertThat(world.held()).isEmpty();
    }

    @Test
    void recordThatEndsTheConsumerIsToldAtItsOwnOffsetWhileThoseBehindItEnd() {
        start(1);
        world.failing.put(1L, new IllegalStateException("no such customer"));
        world.append(0, "a", "b", "c", "d");
        world.finish(0);
        world.finish(0);
        world.pass(Duration.ofSeconds(2));

        assertThat(world.held()).extracting(HeldPartition::offset).containsExactly(1L);
        assertThat(world.held().get(0).processing()).isEmpty();
    }

    @Test
    void whatStoppedIsToldWithTheLeave() {
        start(2);
        world.failing.put(0L, new IllegalStateException("no such customer"));
        world.append(0, "a");
        world.finishAll();

        assertThat(world.group.left).isTrue();
        assertThat(world.group.lastHeld).extracting(HeldPartition::id).containsExactly(id(0));
        assertThat(world.group.lastHeld.get(0).stopped().orElseThrow()).hasMessageContaining("no such customer");
    }

    @Test
    void partitionThatBeginsNowhereIsToldWithTheLeave() {
        start(1);
        var reason = new CordwoodException(ErrorCode.OFFSET_OUT_OF_RANGE, "nothing is committed");
        world.group.listener().beginsNowhere(List.of(id(7)), reason);
        world.settle();

        assertThat(world.group.left).isTrue();
        assertThat(world.group.lastHeld).containsExactly(HeldPartition.stopped(id(7), reason));
        assertThat(Failures.of(world.core.ended().copy()).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void recordThatFailsIsToldWithItsAttemptsWhileItWaitsAndWhileItIsTriedAgain() {
        var pause = Duration.ofMillis(200);
        settings.failures = FailurePolicy.ignore().withAttempts(3, new RetryPolicy(pause, pause));
        world = ConsumerWorld.handling(settings);
        start(1);
        world.failing.put(0L, new IllegalStateException("as the test says"));
        world.append(0, "a");
        assertThat(world.held()).isEmpty();

        world.finish(0);
        assertThat(world.held()).containsExactly(reading(0, Optional.empty(), 1));

        world.pass(pause);
        world.finish(0);
        world.pass(pause);
        assertThat(world.held()).containsExactly(reading(0, Optional.of(Duration.ZERO), 2));

        world.finish(0);
        assertThat(world.held()).isEmpty();
    }

    @Test
    void partitionWhoseBoundsAreFullForLongIsTold() {
        start(1);
        world.source.fullSinceNanos.put(ConsumerWorld.partition(0), world.nanos);
        world.pass(Duration.ofMillis(900));
        assertThat(world.held()).isEmpty();

        world.pass(Duration.ofMillis(100));

        assertThat(world.held()).containsExactly(notRead(0, false, true));
    }

    @Test
    void recordThatEndsTheConsumerIsToldUntilTheMemberHasLeft() {
        start(2);
        world.failing.put(0L, new IllegalStateException("no such customer"));
        world.append(0, "a");
        world.source.append(ConsumerWorld.partition(1), "b");
        world.source.append(ConsumerWorld.partition(1), "c");
        world.settle();
        world.finish(0);
        world.pass(Duration.ofSeconds(2));

        assertThat(world.core.ownerships().owner(ConsumerWorld.partition(0))).isEmpty();
        var told = world.held();
        assertThat(told).extracting(HeldPartition::id).containsExactly(id(0), id(1));
        assertThat(told.get(0).offset()).isZero();
        assertThat(told.get(0).stopped().orElseThrow()).hasMessageContaining("no such customer");
        assertThat(told.get(1).stopped()).isEmpty();
        assertThat(told.get(1).processing()).contains(Duration.ofSeconds(2));
    }

    @Test
    void positionThatIsNotKeptStopsTheMemberWhereTheGroupGoesOnNowhere() {
        start(2);
        world.append(1, "a");
        world.core.failed(
                ConsumerWorld.partition(0), new OffsetOutOfRangeException(ConsumerWorld.partition(0), 0, 40, 90));
        world.settle();

        var told = world.held().get(0);
        assertThat(told.id()).isEqualTo(id(0));
        assertThat(told.stopped()).containsInstanceOf(OffsetOutOfRangeException.class);
    }

    @Test
    void partitionThatCannotBeReadIsToldAsTriedAgainUntilItCan() {
        start(1);
        world.core.failed(ConsumerWorld.partition(0), unreadable());
        assertThat(world.held()).containsExactly(reading(0, Optional.empty(), 1));
        world.core.available(ConsumerWorld.partition(0)); // and again it cannot be decoded
        world.core.failed(ConsumerWorld.partition(0), unreadable());
        assertThat(world.held()).containsExactly(reading(0, Optional.empty(), 2));

        world.append(0, "a");
        world.finishAll();
        world.core.failed(ConsumerWorld.partition(0), new CordwoodException(ErrorCode.NOT_LEADER, "an election"));
        assertThat(world.held()).isEmpty();
        world.core.failed(ConsumerWorld.partition(0), unreadable());

        assertThat(world.held()).containsExactly(reading(0, 1, Optional.empty(), 1));
    }

    @Test
    void partitionThatIsHeardOfWithoutAFaultIsToldNoMore() {
        start(1);
        world.core.failed(ConsumerWorld.partition(0), unreadable());
        world.core.recovered(ConsumerWorld.partition(0));

        assertThat(world.held()).isEmpty();
        assertThat(world.core.progress().get(0).failure()).isEmpty();
    }

    private static CordwoodException unreadable() {
        return new CordwoodException(ErrorCode.UNSUPPORTED_COMPRESSION, "no codec");
    }

    @Test
    void ofTooManyTheGravestAreTold() {
        start(1_200);
        for (int number = 0; number < 1_199; number++) {
            world.core.pause(world.owner(number));
        }
        world.append(1_199, "a");
        world.pass(Duration.ofSeconds(2));

        var told = world.held();

        assertThat(told).hasSize(HeldPartition.MAX);
        assertThat(told.get(0).id()).isEqualTo(id(1_199));
    }

    @Test
    void memberThatBeganAnewTellsNothingOfWhatItHadBefore() {
        start(1);
        var before = world.group.listener();
        world.fence();
        world.assign(0, 0);
        world.core.pause(world.owner(0));

        var late = before.held();
        world.settle();

        assertThat(late).isCompletedWithValue(List.of());
        assertThat(world.held()).hasSize(1);
    }

    @Test
    void consumerThatHasStoppedTellsNothing() {
        start(1);
        world.core.abandon(new IllegalStateException("a fault of its own"));

        assertThat(world.held()).isEmpty();
    }

    private void start(int partitions) {
        for (int number = 0; number < partitions; number++) {
            world.assign(number, 0);
        }
    }

    private PartitionId id(int number) {
        return new PartitionId(new UUID(1, 2), number);
    }

    private HeldPartition reading(int number, Optional<Duration> processing, int failed) {
        return reading(number, 0, processing, failed);
    }

    private HeldPartition reading(int number, long offset, Optional<Duration> processing, int failed) {
        return new HeldPartition(id(number), offset, false, false, processing, failed, Optional.empty());
    }

    private HeldPartition notRead(int number, boolean paused, boolean full) {
        return new HeldPartition(id(number), 0, paused, full, Optional.empty(), 0, Optional.empty());
    }
}
