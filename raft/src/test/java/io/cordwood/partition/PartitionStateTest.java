package io.cordwood.partition;

import static io.cordwood.partition.Entries.PARTITION;
import static io.cordwood.partition.Entries.entry;
import static io.cordwood.partition.Entries.entryOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.cordwood.batch.RecordBatch;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.LeaderEpoch;
import io.cordwood.store.PartitionId;
import io.cordwood.store.ProducerEntry;
import io.cordwood.store.ProducerState;
import io.cordwood.store.SealedSegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionStateTest {
    private static final int EPOCH_BASE = 7;
    private static final long DAY_MS = ProducerState.DEFAULT_EXPIRY.toMillis();

    private final PartitionState state = PartitionState.empty(PARTITION, EPOCH_BASE);

    @Test
    void emptyStateIsBeforeTheFirstEntry() {
        assertThat(state.highWatermark()).isZero();
        assertThat(state.index()).isEqualTo(-1);
        assertThat(state.segments().active().isEmpty()).isTrue();
    }

    @Test
    void applyMovesEverythingThatACheckpointSays() {
        state.skip(1, 0);
        state.apply(entryOf(9, 4, 0, 700), 1, 1);

        assertThat(state.checkpoint().partition()).isEqualTo(PARTITION);
        assertThat(state.checkpoint().term()).isEqualTo(1);
        assertThat(state.checkpoint().index()).isEqualTo(1);
        assertThat(state.checkpoint().highWatermark()).isEqualTo(1);
        assertThat(state.checkpoint().lastLeaderTimeMs()).isEqualTo(700);
        assertThat(state.checkpoint().leaderEpochs()).containsExactly(new LeaderEpoch(8, 0));
        assertThat(state.checkpoint().producers())
                .containsExactly(new ProducerEntry(9, (short) 0, 700, List.of(new ProducerEntry.Batch(4, 1, 0))));
    }

    @Test
    void skippedEntryMovesTheIndexAlone() {
        state.apply(entry(0, 2, 700), 1, 1);

        state.skip(3, 9);

        assertThat(state.index()).isEqualTo(9);
        assertThat(state.term()).isEqualTo(3);
        assertThat(state.highWatermark()).isEqualTo(2);
        assertThat(state.checkpoint().leaderEpochs()).hasSize(1);
    }

    @Test
    void leaderEpochIsNotedWhereItsFirstEntryBegins() {
        state.apply(entry(0, 2, 700), 1, 1);
        state.apply(entry(2, 2, 700), 1, 2);
        state.skip(4, 3);
        state.apply(entry(4, 1, 700), 4, 4);

        assertThat(state.checkpoint().leaderEpochs()).containsExactly(new LeaderEpoch(8, 0), new LeaderEpoch(11, 4));
    }

    @Test
    void rollSealsTheActiveSegment() {
        state.apply(entry(0, 2, 700), 1, 1);
        state.apply(new AppendEntry(PARTITION, 800, true, List.of(Entries.header(2, 3))), 1, 2);

        assertThat(state.segments().sealed())
                .extracting(SealedSegment::endOffset)
                .containsExactly(2L);
        assertThat(state.segments().active().baseOffset()).isEqualTo(2);
        assertThat(state.segments().active().openedAtMs()).isEqualTo(800);
        assertThat(state.segments().active().sizeBytes()).isEqualTo(100);
    }

    @Test
    void producerIsForgottenByLeaderTimeAlone() {
        state.apply(entryOf(9, 0, 0, 1_000), 1, 1);

        state.apply(entry(1, 1, 1_000 + DAY_MS - 1), 1, 2);
        assertThat(state.copyProducers().contains(9)).isTrue();
        state.apply(entry(2, 1, 1_000 + DAY_MS), 1, 3);
        assertThat(state.copyProducers().contains(9)).isFalse();
    }

    @Test
    void producerThatGoesOnIsNotForgotten() {
        state.apply(entryOf(9, 0, 0, 1_000), 1, 1);
        state.apply(entryOf(9, 1, 1, DAY_MS), 1, 2);
        state.apply(entry(2, 1, DAY_MS + 1_000), 1, 3);

        assertThat(state.copyProducers().contains(9)).isTrue();
    }

    @Test
    void copyOfProducersIsPrivate() {
        state.apply(entryOf(9, 0, 0, 1_000), 1, 1);

        state.copyProducers().append(5, (short) 0, new ProducerEntry.Batch(0, 1, 9), 1_000);

        assertThat(state.copyProducers().contains(5)).isFalse();
    }

    @Test
    void contradictionsAreRefusedAndChangeNothing() {
        state.apply(entry(0, 2, 700), 5, 10);
        var before = state.checkpoint();
        var stranger = new PartitionId(PARTITION.topicId(), 4);

        refuses("base offset", entry(1, 1, 700), 5, 11);
        refuses("base offset", entry(3, 1, 700), 5, 11);
        refuses("leader time", entry(2, 1, 699), 5, 11);
        refuses("term", entry(2, 1, 700), 4, 11);
        refuses("raft index", entry(2, 1, 700), 5, 10);
        refuses("partition", new AppendEntry(stranger, 700, false, List.of(Entries.header(2, 1))), 5, 11);
        assertThat(state.checkpoint()).isEqualTo(before);
    }

    private void refuses(String field, AppendEntry entry, long term, long index) {
        assertThatIllegalStateException()
                .isThrownBy(() -> state.apply(entry, term, index))
                .withMessageContaining(field);
    }

    private record Logged(AppendEntry entry, long term, long index) {
        void applyTo(PartitionState state) {
            state.apply(entry, term, index);
        }
    }

    /** A log of several terms with rolls, producers that come, wrap and expire, and holes for configuration entries. */
    private static List<Logged> randomLog(long seed, int entries) {
        var random = new Random(seed);
        var log = new ArrayList<Logged>();
        var sequences = new int[8];
        long offset = 0;
        long time = 1_000;
        long term = 1;
        long index = 0;
        for (int i = 0; i < entries; i++) {
            var batches = new ArrayList<BatchHeader>();
            for (int b = 1 + random.nextInt(4); b > 0; b--) {
                var batch = randomBatch(random, offset, sequences);
                batches.add(batch);
                offset = batch.endOffset();
            }
            time += i % 40 == 39 ? DAY_MS : random.nextInt(100);
            term += i % 13 == 12 ? 1 + random.nextInt(3) : 0;
            index += 1 + random.nextInt(2);
            log.add(new Logged(new AppendEntry(PARTITION, time, i % 11 == 10, batches), term, index));
        }
        return log;
    }

    private static BatchHeader randomBatch(Random random, long offset, int[] sequences) {
        int count = 1 + random.nextInt(3);
        int producer = random.nextInt(sequences.length + 2);
        if (producer >= sequences.length) {
            return Entries.header(offset, count);
        }
        int sequence = sequences[producer];
        sequences[producer] = (sequence + count) & Integer.MAX_VALUE;
        return new BatchHeader(
                offset, count, 61 + random.nextInt(500), 1, (short) 0, offset, producer, (short) 1, sequence);
    }

    private static Checkpoint replay(List<Logged> log) {
        var replayed = PartitionState.empty(PARTITION, EPOCH_BASE);
        log.forEach(each -> each.applyTo(replayed));
        return replayed.checkpoint();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void stateRestoredAtAnyIndexGoesOnLikeTheLiveOne(long seed) {
        var log = randomLog(seed, 150);
        var expected = replay(log);
        var live = PartitionState.empty(PARTITION, EPOCH_BASE);
        for (int i = 0; i < log.size(); i++) {
            var restored = PartitionState.of(live.checkpoint(), EPOCH_BASE);

            assertThat(restored.checkpoint()).isEqualTo(live.checkpoint());
            log.subList(i, log.size()).forEach(each -> each.applyTo(restored));
            assertThat(restored.checkpoint()).as("restored before entry %d", i).isEqualTo(expected);
            log.get(i).applyTo(live);
        }
    }

    @Test
    void logsOfTheTestHoldWhatTheySay() {
        var end = replay(randomLog(1, 150));

        assertThat(end.leaderEpochs().size()).isGreaterThan(3);
        assertThat(end.segments().sealed().size()).isGreaterThan(5);
        assertThat(end.producers()).isNotEmpty();
    }

    @Test
    void checkpointDoesNotMoveWithTheLiveState() {
        var log = randomLog(4, 60);
        state.skip(1, 0);
        log.subList(0, 30).forEach(each -> each.applyTo(state));
        var taken = state.checkpoint();
        var copy = PartitionState.of(taken, EPOCH_BASE).checkpoint();

        log.subList(30, 60).forEach(each -> each.applyTo(state));

        assertThat(taken).isEqualTo(copy).isNotEqualTo(state.checkpoint());
    }

    @Test
    void tailOfALeaderRemembersTheSameAsTheState() {
        var log = randomLog(5, 100);
        var tail = new PartitionTail(PARTITION, 0, 0, 0, 0);
        tail.lead(99, new ProducerState(), state.segments().active());
        for (Logged each : log) {
            tail.append(each.entry(), 99, each.index());
            each.applyTo(state);
        }
        var leading = new PartitionTail(
                PARTITION, state.logStartOffset(), state.highWatermark(), state.lastLeaderTimeMs(), 0);
        leading.lead(99, state.copyProducers(), state.segments().active());

        for (long producer = 0; producer < 8; producer++) {
            var batch = Entries.batchOf(producer, 1, 1 << 30, "a");
            assertThat(verdict(tail, batch)).isEqualTo(verdict(leading, batch));
        }
    }

    @Test
    void trimMovesTheLogStartAndDropsWhatLiesBelow() {
        state.apply(rolling(0, 10, 1), 1, 1);
        state.apply(rolling(10, 10, 2), 2, 2);
        state.apply(rolling(20, 10, 3), 3, 3);

        state.apply(new TrimEntry(PARTITION, 4, 15), 3, 4);

        assertThat(state.logStartOffset()).isEqualTo(15);
        assertThat(state.highWatermark()).isEqualTo(30);
        assertThat(state.segments().sealed())
                .extracting(SealedSegment::baseOffset)
                .containsExactly(10L);
        assertThat(state.checkpoint().leaderEpochs())
                .extracting(LeaderEpoch::startOffset)
                .containsExactly(10L, 20L);
        assertThat(state.checkpoint().lastLeaderTimeMs()).isEqualTo(4);
    }

    @Test
    void segmentThatWasAllTrimmedGoesWithTheRoll() {
        state.apply(rolling(0, 10, 1), 1, 1);
        state.apply(new TrimEntry(PARTITION, 2, 10), 1, 2);
        assertThat(state.segments().active().baseOffset()).isZero();

        state.apply(rolling(10, 1, 3), 1, 3);

        assertThat(state.segments().sealed()).isEmpty();
        assertThat(state.segments().active().baseOffset()).isEqualTo(10);
    }

    @Test
    void logStartNeverFallsNorPassesTheHighWatermark() {
        state.apply(rolling(0, 10, 1), 1, 1);
        state.apply(new TrimEntry(PARTITION, 2, 5), 1, 2);

        assertThatIllegalStateException().isThrownBy(() -> state.apply(new TrimEntry(PARTITION, 2, 4), 1, 3));
        assertThatIllegalStateException().isThrownBy(() -> state.apply(new TrimEntry(PARTITION, 2, 11), 1, 3));
        assertThatIllegalStateException().isThrownBy(() -> state.apply(new TrimEntry(PARTITION, 1, 6), 1, 3));
        assertThat(state.logStartOffset()).isEqualTo(5);
    }

    private static AppendEntry rolling(long baseOffset, int recordCount, long leaderTimeMs) {
        return new AppendEntry(PARTITION, leaderTimeMs, true, List.of(Entries.header(baseOffset, recordCount)));
    }

    private static AppendDraft.Verdict verdict(PartitionTail tail, RecordBatch batch) {
        return tail.draft().orElseThrow().offer(batch, OptionalLong.empty(), Long.MAX_VALUE);
    }

    @Test
    void localeAndTimeZoneChangeNothing() {
        var log = randomLog(6, 150);
        var expected = replay(log);
        var locale = Locale.getDefault();
        var zone = TimeZone.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati"));

            assertThat(replay(log)).isEqualTo(expected);
            assertThat(replay(log).toString()).isEqualTo(expected.toString());
        } finally {
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
    }
}
