package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchRewriterTest {
    private static final long MAX_BYTES = 1L << 24;
    private static final long HORIZON_MS = 9_000_000_000_000L;

    @ParameterizedTest
    @EnumSource(Compression.class)
    void kafkaReadsTheRecordsThatAreLeftAtTheirOffsets(Compression compression) {
        for (long seed = 0; seed < 20; seed++) {
            var rows = Rows.random(seed);
            var batch = stamped(rows, compression, 700);
            var random = new Random(seed);
            var kept = IntStream.range(0, rows.size())
                    .filter(i -> i == 0 || random.nextBoolean())
                    .boxed()
                    .toList();

            var rewritten = rewrite(batch, kept).orElseThrow();

            var theirs = kafka(rewritten);
            theirs.ensureValid();
            assertThat(theirs.baseOffset()).isEqualTo(700);
            assertThat(theirs.nextOffset()).isEqualTo(700 + rows.size());
            assertThat(theirs.partitionLeaderEpoch()).isEqualTo(4);
            assertThat(theirs.baseSequence()).isEqualTo(5);
            assertThat(theirs.countOrNull()).isEqualTo(kept.size());
            var expected = kept.stream().map(rows::get).toList();
            assertThat(theirs.maxTimestamp()).isEqualTo(Rows.maxTimestamp(expected));
            assertThat(Rows.readWithKafka(theirs)).as("seed %d", seed).isEqualTo(expected);
            assertThat(offsets(theirs))
                    .isEqualTo(kept.stream().map(i -> 700L + i).toList());
            assertThat(Rows.read(RecordBatch.of(rewritten))).isEqualTo(expected);
        }
    }

    @Test
    void aBatchThatKeepsAllIsTheSame() {
        var rows = List.of(Rows.row(10, "a", "1"), Rows.row(11, "b", "2"));
        var batch = stamped(rows, Compression.ZSTD, 3);

        assertThat(rewrite(batch, List.of(0, 1))).contains(batch.bytes());
        assertThat(rewrite(batch, List.of())).isEmpty();
    }

    @Test
    void aTombstoneGetsItsHorizonOnceAndKeepsItsTime() {
        var rows = List.of(Rows.row(10, "a", null), Rows.row(-1, "b", "2"), Rows.row(12, "c", "3"));
        var batch = stamped(rows, Compression.NONE, 3);

        var first = RecordBatch.of(rewrite(batch, List.of(0, 1, 2)).orElseThrow());

        assertThat(first.hasDeleteHorizon()).isTrue();
        assertThat(kafka(first.bytes()).deleteHorizonMs()).hasValue(HORIZON_MS);
        assertThat(Rows.readWithKafka(kafka(first.bytes()))).isEqualTo(rows);
        assertThat(Rows.read(first)).isEqualTo(rows);
        var second = new BatchRewriter(first, MAX_BYTES).rewrite(record -> record.offset() != 4, HORIZON_MS + 5);
        assertThat(kafka(second.orElseThrow()).deleteHorizonMs()).hasValue(HORIZON_MS);
        assertThat(Rows.read(RecordBatch.of(second.orElseThrow()))).isEqualTo(List.of(rows.get(0), rows.get(2)));
    }

    @Test
    void theLeadersTimeStays() {
        var batch = Rows.encode(List.of(Rows.row(10, "a", "1"), Rows.row(99, "b", "2")), Compression.NONE);
        RecordBatch.stampLogAppendTime(batch, 0, 5_000);

        var rewritten =
                RecordBatch.of(rewrite(RecordBatch.of(batch), List.of(0)).orElseThrow());

        assertThat(rewritten.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(rewritten.records().next().timestamp()).isEqualTo(5_000);
        assertThat(kafka(rewritten.bytes()).iterator().next().timestamp()).isEqualTo(5_000);
    }

    @Test
    void placeholdersAndExtendedBatchesHoldOffsetsForKafkaToo() {
        var placeholder = BatchRewriter.placeholder(100, 3_000_000_000L - 1_000_000_000L, 7);
        var extended = BatchRewriter.extended(
                stamped(List.of(Rows.row(10, "a", "1")), Compression.GZIP, 50).bytes(), 90);

        var empty = kafka(placeholder);
        empty.ensureValid();
        assertThat(empty.iterator()).isExhausted();
        assertThat(empty.nextOffset()).isEqualTo(2_000_000_000L);
        assertThat(RecordBatch.of(placeholder).records()).isExhausted();
        var longer = kafka(extended);
        longer.ensureValid();
        assertThat(longer.nextOffset()).isEqualTo(90);
        assertThat(offsets(longer)).containsExactly(50L);
        assertThat(Rows.read(RecordBatch.of(extended))).hasSize(1);
    }

    private static Optional<ByteBuffer> rewrite(RecordBatch batch, List<Integer> kept) {
        return new BatchRewriter(batch, MAX_BYTES)
                .rewrite(record -> kept.contains((int) (record.offset() - batch.baseOffset())), HORIZON_MS);
    }

    private static RecordBatch stamped(List<Rows.Row> rows, Compression compression, long baseOffset) {
        var bytes = Rows.encode(rows, compression);
        RecordBatch.stamp(bytes, 0, baseOffset, 4);
        return RecordBatch.of(bytes);
    }

    private static MutableRecordBatch kafka(ByteBuffer bytes) {
        return MemoryRecords.readableRecords(bytes.duplicate()).batchIterator().next();
    }

    private static List<Long> offsets(MutableRecordBatch batch) {
        var offsets = new ArrayList<Long>();
        batch.forEach(record -> offsets.add(record.offset()));
        return offsets;
    }
}
