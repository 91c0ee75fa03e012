package io.cordwood.partition;

import static io.cordwood.partition.Entries.PARTITION;
import static io.cordwood.partition.Entries.batch;
import static io.cordwood.partition.Entries.batchOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.RecordBatch;
import io.cordwood.partition.AppendDraft.Verdict;
import io.cordwood.partition.AppendDraft.Verdict.Accepted;
import io.cordwood.partition.AppendDraft.Verdict.Duplicate;
import io.cordwood.partition.AppendDraft.Verdict.EndOffsetMismatch;
import io.cordwood.partition.AppendDraft.Verdict.Fenced;
import io.cordwood.partition.AppendDraft.Verdict.OutOfOrder;
import io.cordwood.partition.AppendDraft.Verdict.TooManyProducers;
import io.cordwood.store.ActiveSegmentInfo;
import io.cordwood.store.LogConfig;
import io.cordwood.store.ProducerEntry;
import io.cordwood.store.ProducerState;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class AppendDraftTest {
    private static final long NOW = 1_000_000;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentMaxBytes(1_024);

    private final ProducerState producers = new ProducerState();
    private final AppendDraft draft = draftOn(producers, ActiveSegmentInfo.empty(0));

    private static AppendDraft draftOn(ProducerState producers, ActiveSegmentInfo active) {
        return new AppendDraft(PARTITION, 5, new AppendDraft.Place(100, 0, active), producers);
    }

    private Verdict offer(RecordBatch batch) {
        return draft.offer(batch, OptionalLong.empty(), NOW);
    }

    private void inTail(long producerId, int epoch, int firstSequence, int recordCount, long baseOffset) {
        producers.append(
                producerId, (short) epoch, new ProducerEntry.Batch(firstSequence, recordCount, baseOffset), NOW);
    }

    @Test
    void batchesFollowEachOtherFromTheTailOn() {
        assertThat(offer(batch("a", "b"))).isEqualTo(new Accepted(100, 102));
        assertThat(offer(batch("c"))).isEqualTo(new Accepted(102, 103));

        var entry = draft.entry(CONFIG, NOW);
        assertThat(entry.baseOffset()).isEqualTo(100);
        assertThat(entry.endOffset()).isEqualTo(103);
        assertThat(entry.leaderTimeMs()).isEqualTo(NOW);
        assertThat(entry.partition()).isEqualTo(PARTITION);
    }

    @Test
    void headerSaysWhatTheBatchIs() {
        var batch = batchOf(9, 2, 40, "a", "b", "c");

        offer(batch);

        assertThat(draft.entry(CONFIG, NOW).batches())
                .containsExactly(new BatchHeader(
                        100,
                        3,
                        batch.sizeBytes(),
                        batch.crc(),
                        batch.attributes(),
                        batch.maxTimestamp(),
                        9,
                        (short) 2,
                        40));
        assertThat(draft.payloadBytes()).isEqualTo(batch.sizeBytes());
        assertThat(draft.batches()).containsExactly(batch);
    }

    @Test
    void sameBatchTwiceInOneDraftHasOnePlace() {
        assertThat(offer(batchOf(9, 0, 0, "a", "b"))).isEqualTo(new Accepted(100, 102));
        assertThat(offer(batchOf(9, 0, 0, "a", "b"))).isEqualTo(new Duplicate(100, 102));
        assertThat(offer(batchOf(9, 0, 2, "c"))).isEqualTo(new Accepted(102, 103));
        assertThat(offer(batchOf(9, 0, 0, "a", "b"))).isEqualTo(new Duplicate(100, 102));
        assertThat(draft.batches()).hasSize(2);
    }

    @Test
    void batchOfTheTailIsADuplicate() {
        inTail(9, 0, 7, 3, 50);

        assertThat(offer(batchOf(9, 0, 7, "a", "b", "c"))).isEqualTo(new Duplicate(50, 53));
        assertThat(draft.isEmpty()).isTrue();
    }

    @Test
    void duplicateIsFoundInTheTailAlsoBehindABatchOfTheDraft() {
        inTail(9, 0, 0, 1, 50);
        inTail(9, 0, 1, 1, 51);

        assertThat(offer(batchOf(9, 0, 2, "c"))).isEqualTo(new Accepted(100, 101));
        assertThat(offer(batchOf(9, 0, 0, "a"))).isEqualTo(new Duplicate(50, 51));
        assertThat(offer(batchOf(9, 0, 1, "b"))).isEqualTo(new Duplicate(51, 52));
    }

    @Test
    void otherSizeAtTheSameSequenceIsNoDuplicate() {
        inTail(9, 0, 0, 2, 50);

        assertThat(offer(batchOf(9, 0, 0, "a"))).isEqualTo(new OutOfOrder(2));
    }

    @Test
    void gapIsRefusedAgainstTheTailAndInsideTheDraft() {
        inTail(9, 0, 0, 1, 50);

        assertThat(offer(batchOf(9, 0, 2, "c"))).isEqualTo(new OutOfOrder(1));
        assertThat(offer(batchOf(9, 0, 1, "b"))).isEqualTo(new Accepted(100, 101));
        assertThat(offer(batchOf(9, 0, 3, "d"))).isEqualTo(new OutOfOrder(2));
        assertThat(draft.batches()).hasSize(1);
    }

    @Test
    void unknownProducerMayBeginAnywhere() {
        assertThat(offer(batchOf(9, 3, 77, "a"))).isEqualTo(new Accepted(100, 101));
        assertThat(offer(batchOf(9, 3, 78, "b"))).isEqualTo(new Accepted(101, 102));
    }

    @Test
    void olderEpochIsFencedByTheTailAndByTheDraft() {
        inTail(9, 4, 0, 1, 50);

        assertThat(offer(batchOf(9, 3, 1, "a"))).isEqualTo(new Fenced((short) 4));
        assertThat(offer(batchOf(9, 5, 0, "a"))).isEqualTo(new Accepted(100, 101));
        assertThat(offer(batchOf(9, 4, 1, "b"))).isEqualTo(new Fenced((short) 5));
    }

    @Test
    void newerEpochBeginsAtZero() {
        inTail(9, 4, 0, 1, 50);

        assertThat(offer(batchOf(9, 5, 1, "a"))).isEqualTo(new OutOfOrder(0));
    }

    @Test
    void sequenceWrapsBehindTheLargest() {
        inTail(9, 0, Integer.MAX_VALUE - 2, 2, 50);

        assertThat(offer(batchOf(9, 0, Integer.MAX_VALUE, "a", "b"))).isEqualTo(new Accepted(100, 102));
        assertThat(offer(batchOf(9, 0, 0, "c"))).isEqualTo(new OutOfOrder(1));
        assertThat(offer(batchOf(9, 0, 1, "c"))).isEqualTo(new Accepted(102, 103));
        assertThat(offer(batchOf(9, 0, Integer.MAX_VALUE, "a", "b"))).isEqualTo(new Duplicate(100, 102));
    }

    @Test
    void duplicateOlderThanTheBatchesKeptIsOutOfOrder() {
        for (int i = 0; i <= ProducerState.BATCHES_KEPT; i++) {
            offer(batchOf(9, 0, i, "a"));
        }

        assertThat(offer(batchOf(9, 0, 1, "a"))).isEqualTo(new Duplicate(101, 102));
        assertThat(offer(batchOf(9, 0, 0, "a"))).isEqualTo(new OutOfOrder(ProducerState.BATCHES_KEPT + 1));
    }

    @Test
    void producersDoNotMix() {
        assertThat(offer(batchOf(9, 0, 0, "a"))).isEqualTo(new Accepted(100, 101));
        assertThat(offer(batchOf(8, 0, 0, "a"))).isEqualTo(new Accepted(101, 102));
        assertThat(offer(batch("a"))).isEqualTo(new Accepted(102, 103));
        assertThat(offer(batchOf(8, 0, 0, "a"))).isEqualTo(new Duplicate(101, 102));
    }

    @Test
    void expectedEndOffsetIsThatOfTheDraft() {
        offer(batch("a", "b"));

        assertThat(draft.offer(batch("c"), OptionalLong.of(100), NOW)).isEqualTo(new EndOffsetMismatch(102));
        assertThat(draft.offer(batch("c"), OptionalLong.of(103), NOW)).isEqualTo(new EndOffsetMismatch(102));
        assertThat(draft.offer(batch("c"), OptionalLong.of(102), NOW)).isEqualTo(new Accepted(102, 103));
    }

    @Test
    void retryOfAConditionalAppendIsADuplicateNotAMismatch() {
        draft.offer(batchOf(9, 0, 0, "a"), OptionalLong.of(100), NOW);

        assertThat(draft.offer(batchOf(9, 0, 0, "a"), OptionalLong.of(100), NOW))
                .isEqualTo(new Duplicate(100, 101));
    }

    @Test
    void refusedConditionalBatchLeavesNoTrace() {
        draft.offer(batchOf(9, 0, 0, "a"), OptionalLong.of(7), NOW);

        assertThat(draft.isEmpty()).isTrue();
        assertThat(offer(batchOf(9, 0, 4, "e"))).isEqualTo(new Accepted(100, 101));
    }

    @Test
    void newProducerBeyondTheLimitIsRefusedAndOthersGoOn() {
        var few = new ProducerState(2, Duration.ofHours(1));
        few.append(1, (short) 0, new ProducerEntry.Batch(0, 1, 0), NOW);
        few.append(2, (short) 0, new ProducerEntry.Batch(0, 1, 1), NOW);
        var crowded = draftOn(few, ActiveSegmentInfo.empty(0));

        assertThat(crowded.offer(batchOf(3, 0, 0, "a"), OptionalLong.empty(), NOW))
                .isEqualTo(new TooManyProducers(2));
        assertThat(crowded.offer(batchOf(2, 0, 1, "a"), OptionalLong.empty(), NOW))
                .isEqualTo(new Accepted(100, 101));
        assertThat(crowded.offer(batch("a"), OptionalLong.empty(), NOW)).isEqualTo(new Accepted(101, 102));
    }

    @Test
    void expiredProducersMakeRoomForANewOne() {
        var few = new ProducerState(1, Duration.ofHours(1));
        few.append(1, (short) 0, new ProducerEntry.Batch(0, 1, 0), NOW);
        var crowded = draftOn(few, ActiveSegmentInfo.empty(0));
        long hourLater = NOW + Duration.ofHours(1).toMillis();

        assertThat(crowded.offer(batchOf(3, 0, 0, "a"), OptionalLong.empty(), hourLater - 1))
                .isEqualTo(new TooManyProducers(1));
        assertThat(crowded.offer(batchOf(3, 0, 0, "a"), OptionalLong.empty(), hourLater))
                .isEqualTo(new Accepted(100, 101));
    }

    @Test
    void segmentThatWouldOutgrowItsLimitIsRolled() {
        var batch = batch("x".repeat(100));
        long almostFull = 1_024L - batch.sizeBytes();

        assertThat(rollsOn(almostFull, batch)).isFalse();
        assertThat(rollsOn(almostFull + 1, batch)).isTrue();
    }

    private boolean rollsOn(long activeBytes, RecordBatch batch) {
        var onto = draftOn(producers, new ActiveSegmentInfo(0, NOW, activeBytes, 0));
        onto.offer(batch, OptionalLong.empty(), NOW);
        return onto.entry(CONFIG, NOW).roll();
    }

    @Test
    void emptySegmentIsNeverRolled() {
        offer(batch("x".repeat(5_000)));

        assertThat(draft.entry(CONFIG, NOW).roll()).isFalse();
    }

    @Test
    void oldSegmentIsRolled() {
        var onto = draftOn(producers, new ActiveSegmentInfo(0, NOW, 10, 0));
        onto.offer(batch("a"), OptionalLong.empty(), NOW);
        var aged = CONFIG.withSegmentMaxAge(Duration.ofMillis(50));

        assertThat(onto.entry(aged, NOW + 49).roll()).isFalse();
        assertThat(onto.entry(aged, NOW + 50).roll()).isTrue();
    }

    @Test
    void firstBatchHasRoomWhateverItsSize() {
        assertThat(draft.hasRoom(1 << 30, 10)).isTrue();
    }

    @Test
    void roomEndsAtThePayloadLimit() {
        var batch = batch("a");
        offer(batch);

        assertThat(draft.hasRoom(10, batch.sizeBytes() + 10)).isTrue();
        assertThat(draft.hasRoom(11, batch.sizeBytes() + 10)).isFalse();
    }

    @Test
    void roomEndsAtTheLargestHeader() {
        for (int i = 0; i < EntryCodec.MAX_BATCHES; i++) {
            assertThat(draft.hasRoom(1, 1 << 20)).isTrue();
            offer(batch("a"));
        }

        assertThat(draft.hasRoom(1, 1 << 20)).isFalse();
        assertThat(EntryCodec.encode(draft.entry(CONFIG, NOW))).hasSize(EntryCodec.maxHeaderBytes());
    }

    @Test
    void draftLeavesTheTailAsItWas() {
        inTail(9, 0, 0, 1, 50);
        var before = producers.entries();

        offer(batchOf(9, 0, 1, "b"));
        offer(batchOf(8, 0, 0, "b"));

        assertThat(producers.entries()).isEqualTo(before);
    }
}
