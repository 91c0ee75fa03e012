package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

class RecordBatchTest {
    private static final List<Rows.Row> ROWS = List.of(
            Rows.row(Rows.BASE_TIMESTAMP + 5, "a", "first"),
            Rows.row(Rows.BASE_TIMESTAMP, null, null),
            Rows.row(Rows.BASE_TIMESTAMP + 9, "", "", new RecordHeader("h", null)));

    @Test
    void viewStartsAtPositionAndNeverMovesIt() {
        var bytes = encode();
        var around = ByteBuffer.allocateDirect(bytes.remaining() + 20).position(7);
        around.put(bytes.duplicate()).flip().position(7);

        var batch = RecordBatch.of(around);

        assertThat(batch.bytes()).isEqualTo(bytes);
        assertThat(batch.crcMatches()).isTrue();
        assertThat(Rows.read(batch)).isEqualTo(ROWS);
        assertThat(around.position()).isEqualTo(7);
        assertThat(RecordBatch.sizeAt(around, 7)).isEqualTo(batch.sizeBytes());
    }

    @Test
    void bytesAndValuesCannotBeWritten() {
        var batch = RecordBatch.of(encode());
        var value = batch.records().next().value();

        assertThatExceptionOfType(ReadOnlyBufferException.class)
                .isThrownBy(() -> batch.bytes().put(0, (byte) 1));
        assertThat(value).isNotNull().matches(ByteBuffer::isReadOnly);
    }

    @Test
    void stampChangesOffsetAndEpochAndKeepsTheCrc() {
        var bytes = encode();

        RecordBatch.stamp(bytes, 0, 42_000, 17);

        var batch = RecordBatch.of(bytes);
        assertThat(batch.baseOffset()).isEqualTo(42_000);
        assertThat(batch.endOffset()).isEqualTo(42_003);
        assertThat(batch.leaderEpoch()).isEqualTo(17);
        assertThat(batch.crcMatches()).isTrue();
        assertThat(batch.records().next().offset()).isEqualTo(42_000);
    }

    @Test
    void leadersTimeIsTheTimestampOfEveryRecordForKafkaToo() {
        var one = encode();
        var two = ByteBuffer.allocate(2 * one.remaining()).put(one.duplicate()).put(one.duplicate());

        RecordBatch.stampLogAppendTime(two, one.remaining(), 1234);

        assertThat(two.slice(0, one.remaining())).isEqualTo(one);
        var stamped = two.slice(one.remaining(), one.remaining());
        var batch = RecordBatch.of(stamped);
        assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(Rows.read(batch)).extracting(Rows.Row::timestamp).containsOnly(1234L);
        var theirs = MemoryRecords.readableRecords(stamped).batchIterator().next();
        assertThat(theirs.isValid()).isTrue();
        assertThat(Rows.readWithKafka(theirs)).extracting(Rows.Row::timestamp).containsOnly(1234L);
    }

    @Test
    void littleEndianBufferIsRefused() {
        var bytes = encode().order(ByteOrder.LITTLE_ENDIAN);

        assertThatIllegalArgumentException().isThrownBy(() -> RecordBatch.sizeAt(bytes, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> RecordBatch.stamp(bytes, 0, 1, 1));
        assertThat(RecordBatch.of(bytes).crcMatches()).isTrue();
    }

    @Test
    void anythingButExactlyOneBatchIsMalformed() {
        var bytes = encode();
        int size = bytes.remaining();

        assertMalformed(ByteBuffer.allocate(0), "size");
        assertMalformed(bytes.slice(0, RecordBatch.HEADER_BYTES - 1), "size");
        assertMalformed(bytes.slice(0, size - 1), "length");
        assertMalformed(ByteBuffer.allocate(size + 1).put(bytes.duplicate()).rewind(), "length");
        assertMalformed(copy(bytes).put(RecordBatch.MAGIC_POSITION, (byte) 1), "magic");
    }

    @Test
    void unknownCompressionIsMalformed() {
        var bytes = copy(encode()).putShort(RecordBatch.ATTRIBUTES_POSITION, (short) 5);

        var batch = RecordBatch.of(bytes);

        assertThatExceptionOfType(MalformedBatchException.class).isThrownBy(batch::compression);
        assertThatExceptionOfType(MalformedBatchException.class).isThrownBy(batch::records);
    }

    @Test
    void iteratorEndsAfterTheLastRecord() {
        var records = RecordBatch.of(encode()).records();
        records.next();
        records.next();
        records.next();

        assertThat(records.hasNext()).isFalse();
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(records::next);
    }

    @Test
    void closedIteratorGivesNothingMore() {
        for (var compression : Compression.values()) {
            var records =
                    RecordBatch.of(Rows.encode(Rows.random(1), compression)).records();
            records.next();

            records.close();
            records.close();

            assertThat(records.hasNext()).isFalse();
        }
    }

    @Test
    void batchEmptiedByCompactionHasNoRecords() {
        var bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
        DefaultRecordBatch.writeEmptyHeader(
                bytes,
                (byte) 2,
                7,
                (short) 1,
                10,
                100,
                109,
                3,
                org.apache.kafka.common.record.TimestampType.CREATE_TIME,
                99,
                false,
                false);

        var batch = RecordBatch.of(bytes.rewind());

        assertThat(batch.baseOffset()).isEqualTo(100);
        assertThat(batch.endOffset()).isEqualTo(110);
        assertThat(batch.lastSequence()).isEqualTo(19);
        assertThat(batch.records().hasNext()).isFalse();
    }

    @Test
    void controlBatchOfKafkaIsRecognised() {
        var bytes = MemoryRecords.withEndTransactionMarker(
                        0, 5, 1, 9, (short) 2, new EndTransactionMarker(ControlRecordType.COMMIT, 3))
                .buffer();

        var batch = RecordBatch.of(bytes);

        assertThat(batch.isControl()).isTrue();
        assertThat(batch.isTransactional()).isTrue();
        assertThat(batch.producerId()).isEqualTo(9);
        assertThat(batch.baseSequence()).isEqualTo(RecordBatch.NO_SEQUENCE);
        assertThat(batch.lastSequence()).isEqualTo(RecordBatch.NO_SEQUENCE);
        assertThat(Rows.read(batch)).hasSize(1);
    }

    @Test
    void sequenceWrapsLikeKafkas() {
        var random = new Random(7);
        assertThat(RecordBatch.sequenceAfter(Integer.MAX_VALUE, 1)).isZero();
        assertThat(RecordBatch.sequenceAfter(Integer.MAX_VALUE, 0)).isEqualTo(Integer.MAX_VALUE);
        for (int i = 0; i < 10_000; i++) {
            int sequence = random.nextInt(3) == 0 ? Integer.MAX_VALUE - random.nextInt(10) : random.nextInt() >>> 1;
            int count = random.nextInt(3) == 0 ? random.nextInt(20) : random.nextInt() >>> 1;

            assertThat(RecordBatch.sequenceAfter(sequence, count))
                    .isEqualTo(DefaultRecordBatch.incrementSequence(sequence, count));
        }
    }

    @Test
    void lastSequenceOfABatchWraps() {
        var builder = new RecordBatchBuilder(Compression.NONE, 1000);
        for (int i = 0; i < 3; i++) {
            builder.tryAppend(1, null, null, List.of());
        }

        var batch = RecordBatch.of(builder.build(1, (short) 0, Integer.MAX_VALUE - 1));

        assertThat(batch.lastSequence()).isZero();
    }

    private static ByteBuffer encode() {
        return Rows.encode(ROWS, Compression.NONE);
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).rewind();
    }

    private static void assertMalformed(ByteBuffer bytes, String field) {
        assertThatExceptionOfType(MalformedBatchException.class)
                .isThrownBy(() -> RecordBatch.of(bytes))
                .satisfies(e -> assertThat(e.field()).isEqualTo(field));
    }
}
