package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.batch;
import static io.cordwood.raft.PartitionCluster.batchOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.batch.TimestampType;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.TrimEntry;
import io.cordwood.raft.AppendOutcome.Appended;
import io.cordwood.raft.AppendOutcome.NotLeader;
import io.cordwood.raft.AppendOutcome.Overloaded;
import io.cordwood.raft.AppendOutcome.TimedOut;
import io.cordwood.raft.LogOfALeader.Reaction;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AppenderTest {
    private static final int BATCH_BYTES = batch("a").sizeBytes();
    private static final NotLeader NOT_LEADER = new NotLeader(OptionalInt.of(LogOfALeader.OTHER_NODE));

    private static final AppendOutcome.NoRoom NO_ROOM = new AppendOutcome.NoRoom(1, "data", 5, 7);

    private final LogOfALeader log = new LogOfALeader();
    private Appender appender = opened(new AppenderLimits(1 << 20, 1 << 20, 1));

    private Appender opened(AppenderLimits limits) {
        var made = log.appender(limits, Runnable::run);
        log.lead();
        made.open();
        return made;
    }

    private CompletableFuture<AppendOutcome> send(RecordBatch batch) {
        return appender.append(AppendRequest.of(batch));
    }

    private List<CompletableFuture<AppendOutcome>> send(int count) {
        return IntStream.range(0, count).mapToObj(i -> send(batch("a"))).toList();
    }

    private List<CompletableFuture<AppendOutcome>> sendAll(RecordBatch... batches) {
        return Arrays.stream(batches).map(this::send).toList();
    }

    private static Appended appended(long baseOffset, boolean duplicate) {
        return new Appended(baseOffset, baseOffset + 1, LogOfALeader.EPOCH_BASE + 1, duplicate, OptionalLong.empty());
    }

    @Test
    void nothingIsSubmittedBeforeTheTermIsOpen() {
        var closed = new LogOfALeader();
        closed.lead();
        appender = closed.appender(AppenderLimits.DEFAULT, Runnable::run);

        assertThat(send(batch("a"))).isCompletedWithValue(NOT_LEADER);
        assertThat(closed.submits()).isZero();
    }

    @Test
    void batchIsAnsweredWhenItsEntryIsApplied() {
        var answer = send(batch("a"));

        assertThat(log.inFlight()).isEqualTo(1);
        assertThat(answer).isNotDone();
        log.applyOldest();
        assertThat(answer).isCompletedWithValue(appended(0, false));
    }

    @Test
    void proposalIsAnsweredWhenItsEntryIsApplied() {
        send(2);

        var answer = appender.propose((tail, time) -> Optional.of(new TrimEntry(log.partition, time, 0)));

        assertThat(answer).isNotDone();
        log.applyAll();
        assertThat(answer).isCompletedWithValue(Proposal.Outcome.APPLIED);
        assertThat(log.committed()).extracting(AppendEntry::baseOffset).containsExactly(0L, 1L);
    }

    @Test
    void proposalThatNobodyNeedsIsNotSubmitted() {
        assertThat(appender.propose((tail, time) -> Optional.empty()))
                .isCompletedWithValue(Proposal.Outcome.NOT_NEEDED);
        assertThat(log.submits()).isZero();
    }

    @Test
    void needlessProposalWaitsForTheEntryThatMadeItSo() {
        appender = opened(new AppenderLimits(1 << 20, 1 << 20, 2));
        var first = appender.propose((tail, time) -> Optional.of(new TrimEntry(log.partition, time, 0)));
        var second = appender.propose((tail, time) -> Optional.empty());

        assertThat(second).isNotDone();
        log.applyAll();
        assertThat(first).isCompletedWithValue(Proposal.Outcome.APPLIED);
        assertThat(second).isCompletedWithValue(Proposal.Outcome.NOT_NEEDED);
    }

    @Test
    void needlessProposalIsUnknownWhereTheEntryThatMadeItSoIsLost() {
        appender = opened(new AppenderLimits(1 << 20, 1 << 20, 2));
        var unused = appender.propose((tail, time) -> Optional.of(new TrimEntry(log.partition, time, 0)));
        var second = appender.propose((tail, time) -> Optional.empty());

        log.loseAllBut(0, appender);

        assertThat(second).isCompletedWithValue(Proposal.Outcome.UNKNOWN);
    }

    @Test
    void proposalsOfADeposedLeaderAreRefusedOrUnknown() {
        Proposal trim = (tail, time) -> Optional.of(new TrimEntry(log.partition, time, 0));
        var inFlight = appender.propose(trim);
        var waiting = appender.propose(trim);

        log.loseAllBut(0, appender);

        assertThat(inFlight).isCompletedWithValue(Proposal.Outcome.UNKNOWN);
        assertThat(waiting).isCompletedWithValue(Proposal.Outcome.NOT_LEADER);
        assertThat(appender.propose(trim)).isCompletedWithValue(Proposal.Outcome.NOT_LEADER);
    }

    @Test
    void tooManyProposalsAreRefused() {
        Proposal trim = (tail, time) -> Optional.of(new TrimEntry(log.partition, time, 0));
        for (int i = 0; i < 65; i++) {
            assertThat(appender.propose(trim)).isNotDone();
        }

        assertThat(appender.propose(trim)).isCompletedWithValue(Proposal.Outcome.OVERLOADED);
        log.applyAll();
        assertThat(appender.propose(trim)).isNotDone();
    }

    @Test
    void batchesGatherWhileAnEntryIsInFlight() {
        var answers = send(6);

        log.applyOldest();
        log.applyOldest();

        assertThat(log.committed()).extracting(entry -> entry.batches().size()).containsExactly(1, 5);
        for (int i = 0; i < 6; i++) {
            assertThat(answers.get(i)).isCompletedWithValue(appended(i, false));
        }
    }

    @Test
    void batchThatWasDamagedInMemoryIsNotSubmitted() {
        assertThat(send(damaged())).isCompletedWithValue(new AppendOutcome.Damaged());

        assertThat(log.submits()).isZero();
        var next = send(batch("a"));
        log.applyAll();
        assertThat(next).isCompletedWithValue(appended(0, false));
    }

    private static RecordBatch damaged() {
        var sound = batch("damaged");
        var bytes = ByteBuffer.allocate(sound.sizeBytes()).put(sound.bytes());
        bytes.put(bytes.limit() - 2, (byte) (bytes.get(bytes.limit() - 2) ^ 4)).flip();
        return RecordBatch.of(bytes);
    }

    @Test
    void batchRefusedForTheEndThatADamagedOneWouldMakeIsNotDamaged() {
        var first = send(batchOf(9, 0, "a")); // in flight while the others wait
        var damaged = send(damaged());
        var refused = sendWhereTheLogEndsAt(0);
        var repeated = send(batchOf(9, 0, "a"));

        log.applyAll();

        assertThat(first).isCompletedWithValue(appended(0, false));
        assertThat(damaged).isCompletedWithValue(new AppendOutcome.Damaged());
        assertThat(refused).isCompletedWithValue(new TimedOut());
        assertThat(repeated).isCompletedWithValue(appended(0, true));
    }

    @Test
    void noMoreEntriesAreInFlightThanAllowed() {
        appender = opened(new AppenderLimits(1 << 20, BATCH_BYTES, 3));
        send(7);

        assertThat(log.inFlight()).isEqualTo(3);
        log.applyOldest();
        assertThat(log.inFlight()).isEqualTo(3);
        log.applyAll();
        assertThat(log.committed()).extracting(AppendEntry::baseOffset).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L);
    }

    @Test
    void entryStaysWithinItsPayload() {
        appender = opened(new AppenderLimits(1 << 20, 3 * BATCH_BYTES + 1, 1));
        send(8);

        log.applyAll();

        assertThat(log.committed()).extracting(entry -> entry.batches().size()).containsExactly(1, 3, 3, 1);
    }

    @Test
    void batchLargerThanAnEntryGoesAlone() {
        appender = opened(new AppenderLimits(1 << 20, 3 * BATCH_BYTES, 1));
        send(2);
        sendAll(batch("x".repeat(10_000)));
        send(1);

        log.applyAll();

        assertThat(log.committed()).extracting(entry -> entry.batches().size()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void fullQueueRefusesAndTakesAgainLater() {
        appender = opened(new AppenderLimits(2L * BATCH_BYTES, 1 << 20, 1));
        send(3); // one in flight, two waiting

        assertThat(send(batch("a")))
                .isCompletedWithValue(new Overloaded("appender.queue-max-bytes", 2L * BATCH_BYTES, 3L * BATCH_BYTES));
        assertThat(appender.queuedBytes()).isEqualTo(2L * BATCH_BYTES);
        log.applyOldest();
        assertThat(send(batch("a"))).isNotDone();
        log.applyAll();
        assertThat(appender.queuedBytes()).isZero();
        assertThat(log.highWatermark()).isEqualTo(4);
    }

    @Test
    void batchesThatWaitAreRefusedWhenThereIsNoRoomAndThoseInFlightAreNot() {
        var answers = send(3); // one in flight, two waiting

        appender.refuse(NO_ROOM);

        assertThat(answers.get(0)).isNotDone();
        log.applyAll();
        assertThat(answers.get(0)).isCompletedWithValue(appended(0, false));
        assertThat(answers.subList(1, 3))
                .allSatisfy(answer -> assertThat(answer).isCompletedWithValue(NO_ROOM));
        assertThat(send(batch("a"))).isCompletedWithValue(NO_ROOM);
        assertThat(appender.queuedBytes()).isZero();
        assertThat(log.submits()).isEqualTo(1);
    }

    @Test
    void trimsAreTakenWithoutRoomAndBatchesAgainWithIt() {
        appender.refuse(NO_ROOM);

        var trim = appender.propose((tail, time) -> Optional.of(new TrimEntry(log.partition, time, 0)));
        log.applyAll();
        appender.refuse(null);
        var answer = send(batch("a"));
        log.applyAll();

        assertThat(trim).isCompletedWithValue(Proposal.Outcome.APPLIED);
        assertThat(answer).isCompletedWithValue(appended(0, false));
    }

    @Test
    void whoDoesNotLeadSaysSoAlsoWithoutRoom() {
        appender.refuse(NO_ROOM);
        appender.stop();

        assertThat(send(batch("a"))).isCompletedWithValue(NOT_LEADER);
    }

    @Test
    void batchLargerThanTheQueueIsTakenByAnEmptyOne() {
        appender = opened(new AppenderLimits(10, 1 << 20, 1));

        var answer = send(batch("a"));
        log.applyAll();

        assertThat(answer.join()).isInstanceOf(Appended.class);
    }

    @Test
    void duplicateWaitsForTheFirstCopyInFlight() {
        appender = opened(new AppenderLimits(1 << 20, 1 << 20, 4));
        var first = send(batchOf(9, 0, "a"));
        var second = send(batchOf(9, 0, "a"));

        assertThat(second).isNotDone();
        log.applyOldest();

        assertThat(first.join())
                .isInstanceOfSatisfying(
                        Appended.class, it -> assertThat(it.baseOffset()).isZero());
        assertThat(second.join())
                .isInstanceOfSatisfying(
                        Appended.class, it -> assertThat(it.duplicate()).isTrue());
        assertThat(log.submits()).isEqualTo(1);
    }

    @Test
    void duplicateWaitsForTheFirstCopyInTheSameEntry() {
        sendAll(batch("a"));
        sendAll(batchOf(9, 0, "b"));
        var second = send(batchOf(9, 0, "b"));

        log.applyOldest();
        assertThat(second).isNotDone();
        log.applyOldest();

        assertThat(second).isCompletedWithValue(appended(1, true));
        assertThat(log.batches()).hasSize(2);
    }

    @Test
    void duplicateOfACommittedBatchIsAnsweredAtOnce() {
        sendAll(batchOf(9, 0, "a"));
        log.applyAll();

        assertThat(send(batchOf(9, 0, "a"))).isCompletedWithValue(appended(0, true));
        assertThat(log.submits()).isEqualTo(1);
    }

    @Test
    void duplicateOfAnEntryOfUnknownOutcomeIsNotAcknowledged() {
        log.next(Reaction.TAKE_AND_FAIL);
        assertThat(send(batchOf(9, 0, "a"))).isCompletedWithValue(new TimedOut());

        assertThat(send(batchOf(9, 0, "a"))).isCompletedWithValue(new TimedOut());
        log.applyAll();
        assertThat(send(batchOf(9, 0, "a"))).isCompletedWithValue(appended(0, true));
        assertThat(log.batches()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Reaction.class,
            names = {"REFUSE", "THROW"})
    void failedSubmitLeavesNoHole(Reaction reaction) {
        log.next(reaction);
        assertThat(send(batch("a"))).isCompletedWithValue(new TimedOut());

        var next = send(batch("b"));
        log.applyAll();

        assertThat(next).isCompletedWithValue(appended(0, false));
    }

    @ParameterizedTest
    @EnumSource(
            value = Reaction.class,
            names = {"REFUSE", "THROW"})
    void batchBehindAFailedSubmitIsAGap(Reaction reaction) {
        sendAll(batchOf(9, 0, "a"));
        log.next(reaction);
        var second = send(batchOf(9, 1, "b"));
        log.applyOldest();

        var third = send(batchOf(9, 2, "c"));

        assertThat(second).isCompletedWithValue(new TimedOut());
        assertThat(third).isCompletedWithValue(new AppendOutcome.OutOfOrderSequence(9, 1, 2));
    }

    @Test
    void stopRefusesTheQueueAndLeavesTheEntryInFlight() {
        var answers = send(4);

        appender.stop();

        assertThat(answers.get(0)).isNotDone();
        for (var waiting : answers.subList(1, 4)) {
            assertThat(waiting).isCompletedWithValue(NOT_LEADER);
        }
        assertThat(appender.queuedBytes()).isZero();
        assertThat(send(batch("a"))).isCompletedWithValue(NOT_LEADER);
        log.applyOldest();
        assertThat(answers.get(0)).isCompletedWithValue(appended(0, false));
        assertThat(log.submits()).isEqualTo(1);
    }

    @Test
    void entryLostWithTheLeadershipIsAnsweredNotLeader() {
        var answer = send(batch("a"));

        log.loseAllBut(0, appender);

        assertThat(answer).isCompletedWithValue(NOT_LEADER);
        assertThat(log.highWatermark()).isZero();
    }

    @Test
    void nextTermGoesOnWhereTheLogEnds() {
        appender = opened(new AppenderLimits(1 << 20, BATCH_BYTES, 4));
        send(3);
        log.loseAllBut(1, appender);
        log.lead();
        appender.open();

        var answer = send(batch("b"));
        log.applyAll();

        assertThat(answer.join()).isInstanceOfSatisfying(Appended.class, it -> {
            assertThat(it.baseOffset()).isEqualTo(1);
            assertThat(it.leaderEpoch()).isEqualTo(LogOfALeader.EPOCH_BASE + 3);
        });
    }

    @Test
    void retryInTheNextTermIsADuplicateOfWhatSurvived() {
        var lost = send(batchOf(9, 0, "a"));
        log.loseAllBut(1, appender);
        log.lead();
        appender.open();

        assertThat(lost).isCompletedWithValue(NOT_LEADER);
        assertThat(send(batchOf(9, 0, "a"))).isCompletedWithValue(appended(0, true));
        assertThat(log.batches()).hasSize(1);
    }

    @Test
    void duplicateOfATrimmedBatchNamesTheEpochOfTheLeaderThatAnswers() {
        sendAll(batchOf(9, 0, "a"));
        log.loseAllBut(1, appender);
        log.lead();
        appender.open();
        log.forgetEpochs();

        assertThat(send(batchOf(9, 0, "a")))
                .isCompletedWithValue(new Appended(0, 1, LogOfALeader.EPOCH_BASE + 2, true, OptionalLong.empty()));
    }

    @Test
    void refusalsAreAnsweredWithWhatWasFound() {
        sendAll(batchOf(9, 0, "a"));
        log.applyAll();

        assertThat(send(batchOf(9, 4, "b"))).isCompletedWithValue(new AppendOutcome.OutOfOrderSequence(9, 1, 4));
        assertThat(sendWhereTheLogEndsAt(7)).isCompletedWithValue(new AppendOutcome.EndOffsetMismatch(7, 1));
        assertThat(log.submits()).isEqualTo(1);
    }

    private CompletableFuture<AppendOutcome> sendWhereTheLogEndsAt(long offset) {
        return appender.append(new AppendRequest(batch("c"), TimestampType.CREATE_TIME, OptionalLong.of(offset)));
    }

    @Test
    void endThatIsInFlightIsNamedWhenItIsApplied() {
        appender = opened(new AppenderLimits(1 << 20, 1 << 20, 4));
        send(2);

        var refused = sendWhereTheLogEndsAt(0);

        assertThat(refused).isNotDone();
        log.applyOldest();
        assertThat(refused).isNotDone();
        log.applyOldest();
        assertThat(refused).isCompletedWithValue(new AppendOutcome.EndOffsetMismatch(0, 2));
        assertThat(log.submits()).isEqualTo(2);
    }

    @Test
    void endInTheSameEntryIsNamedWhenItIsApplied() {
        send(2); // one in flight, one waiting
        var refused = sendWhereTheLogEndsAt(0);
        send(1);

        log.applyOldest();
        assertThat(refused).isNotDone();
        log.applyOldest();

        assertThat(refused).isCompletedWithValue(new AppendOutcome.EndOffsetMismatch(0, 2));
        assertThat(log.batches()).hasSize(3);
    }

    @Test
    void endThatIsLostWithTheLeadershipIsNotNamed() {
        appender = opened(new AppenderLimits(1 << 20, 1 << 20, 4));
        send(1);
        var refused = sendWhereTheLogEndsAt(0);

        log.loseAllBut(0, appender);

        assertThat(refused).isCompletedWithValue(NOT_LEADER);
    }

    @Test
    void endIsNotNamedByALeaderThatNobodyConfirms() {
        send(1);
        log.applyAll();

        log.confirm(Confirmation.NOT_LEADER);
        assertThat(sendWhereTheLogEndsAt(3)).isCompletedWithValue(NOT_LEADER);
        log.confirm(Confirmation.UNANSWERED);
        assertThat(sendWhereTheLogEndsAt(3)).isCompletedWithValue(new TimedOut());
    }

    @Test
    void leaderTimeNeverFallsWithTheClock() {
        send(1);
        log.setClock(500);
        send(1);
        log.setClock(2_000);
        log.applyAll();
        send(1);
        log.applyAll();

        assertThat(log.committed()).extracting(AppendEntry::leaderTimeMs).isSorted();
        assertThat(log.committed().get(0).leaderTimeMs()).isEqualTo(1_000);
        assertThat(log.committed().get(2).leaderTimeMs()).isEqualTo(2_000);
    }

    @Test
    void clockThatJumpsADayAheadMakesNoProducerForgotten() {
        sendAll(batchOf(9, 0, "a"));
        log.applyAll();
        log.setClock(Duration.ofHours(25).toMillis());
        sendAll(batchOf(10, 0, "b"));
        log.applyAll();

        var retry = send(batchOf(9, 0, "a"));

        assertThat(retry).isCompletedWithValue(appended(0, true));
        assertThat(log.batches()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "GZIP"})
    void appendTimeIsStampedIntoACopy(Compression compression) {
        appender = log.appender(AppenderLimits.DEFAULT, Runnable::run, true);
        appender.open();
        var builder = new RecordBatchBuilder(compression, 1 << 10);
        builder.tryAppend(77_000, null, new byte[100], List.of());
        var batch = RecordBatch.of(builder.build());
        var before = copyOf(batch);

        var answer = send(batch);
        log.applyAll();

        assertThat(answer.join())
                .isInstanceOfSatisfying(
                        Appended.class, it -> assertThat(it.logAppendTimeMs()).hasValue(1_000));
        var stored = log.batches().get(0);
        assertThat(stored.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(stored.maxTimestamp()).isEqualTo(1_000);
        assertThat(stored.records().next().timestamp()).isEqualTo(1_000);
        assertThat(log.committed().get(0).batches().get(0).maxTimestampMs()).isEqualTo(1_000);
        assertThat(stored.crcMatches()).isTrue();
        assertThat(copyOf(batch)).isEqualTo(before);
    }

    @Test
    void batchWhoseTimesNobodyLookedAtIsStampedUntilTheSettingComesAndAfterItWent() {
        var request = new AppendRequest(batch("a"), TimestampType.LOG_APPEND_TIME, OptionalLong.empty());
        var early = appender.append(request);
        log.applyAll();
        log.change(Map.of("message.timestamp.type", "append"));
        var ownTimes = send(batch("b"));
        log.applyAll();
        log.change(Map.of());
        var late = appender.append(request);
        log.applyAll();

        for (var answer : List.of(early, ownTimes, late)) {
            assertThat(((Appended) answer.join()).logAppendTimeMs()).hasValue(1_000);
        }
        assertThat(log.batches())
                .hasSize(3)
                .allMatch(batch -> batch.timestampType() == TimestampType.LOG_APPEND_TIME && batch.crcMatches());
    }

    @Test
    void changedSettingsOfTheTopicHoldFromTheNextEntryOn() {
        var before = send(batch("x".repeat(2000)));
        log.applyAll();
        log.change(Map.of("segment.bytes", "1024", "message.timestamp.type", "append"));
        var after = send(batch("b"));
        log.applyAll();

        assertThat(log.committed()).extracting(AppendEntry::roll).containsExactly(false, true);
        assertThat(((Appended) before.join()).logAppendTimeMs()).isEmpty();
        assertThat(((Appended) after.join()).logAppendTimeMs()).hasValue(1_000);
    }

    private static ByteBuffer copyOf(RecordBatch batch) {
        return ByteBuffer.allocate(batch.sizeBytes()).put(batch.bytes()).flip();
    }

    @Test
    void turnsThatWaitForAThreadLoseNothing() {
        var turns = new ArrayList<Runnable>();
        appender = log.appender(AppenderLimits.DEFAULT, turns::add);
        appender.open();

        var answers = send(5);

        assertThat(turns).hasSize(1);
        turns.remove(0).run();
        log.applyAll();
        assertThat(answers).allMatch(CompletableFuture::isDone);
        assertThat(log.committed()).hasSize(1);
    }
}
