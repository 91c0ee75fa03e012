package io.cordwood.batch;

import static io.cordwood.batch.Rows.BASE_TIMESTAMP;
import static io.cordwood.batch.Rows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.cordwood.batch.BatchCheck.Accepted;
import io.cordwood.batch.BatchCheck.Reason;
import io.cordwood.batch.BatchCheck.Rejected;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchValidatorTest {
    private static final int MAX_BYTES = 1 << 20;
    private static final long HOUR_MS = 3_600_000;
    private static final BatchValidator VALIDATOR = new BatchValidator(BatchLimits.ofBatchMaxBytes(MAX_BYTES));
    private static final TimestampRules RULES =
            new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, HOUR_MS, false);
    private static final List<Rows.Row> ROWS = List.of(
            row(BASE_TIMESTAMP, "k", "v"),
            row(BASE_TIMESTAMP + 7, "k", null, new RecordHeader("h", new byte[] {1})),
            row(BASE_TIMESTAMP - 7, "k", "w"));

    @ParameterizedTest
    @EnumSource(Compression.class)
    void goodBatchesAreAcceptedAsTheyAre(Compression compression) {
        for (long seed = 0; seed < 30; seed++) {
            var bytes = Rows.encode(Rows.random(seed), compression);

            var batch = accepted(check(bytes, RULES));

            assertThat(batch.bytes()).isEqualTo(bytes);
            assertThat(batch.compression()).isEqualTo(compression);
        }
    }

    @Test
    void shapeIsCheckedFirst() {
        var bytes = valid();
        int size = bytes.remaining();

        assertRejected(check(ByteBuffer.allocate(0), RULES), Reason.EMPTY, "size", 61, 0);
        assertRejected(check(bytes.slice(0, 60), RULES), Reason.TOO_SMALL, "size", 61, 60);
        assertRejected(check(bytes.slice(0, size - 1), RULES), Reason.LENGTH_MISMATCH, "length", size - 1, size);
        var two = ByteBuffer.allocate(2 * size).put(bytes.duplicate()).put(bytes.duplicate());
        assertRejected(check(two.flip(), RULES), Reason.LENGTH_MISMATCH, "length", 2L * size, size);
        assertRejected(
                check(valid().put(RecordBatch.MAGIC_POSITION, (byte) 1), RULES), Reason.WRONG_MAGIC, "magic", 2, 1);
    }

    @Test
    void offsetsAreTheLeaders() {
        var bytes = valid();
        RecordBatch.stamp(bytes, 0, 5, -1);

        assertRejected(check(bytes, RULES), Reason.BASE_OFFSET_NOT_ZERO, "baseOffset", 0, 5);
    }

    @Test
    void sizeLimitHoldsToTheByte() {
        var bytes = valid();
        int size = bytes.remaining();
        var exact = new BatchValidator(BatchLimits.ofBatchMaxBytes(size));
        var less = new BatchValidator(BatchLimits.ofBatchMaxBytes(size - 1));

        accepted(exact.check(bytes, RULES, BASE_TIMESTAMP));
        assertRejected(less.check(bytes, RULES, BASE_TIMESTAMP), Reason.TOO_LARGE, "size", size - 1, size);
    }

    @Test
    void wrongCrcIsRefused() {
        var bytes = valid();
        long crc = Integer.toUnsignedLong(bytes.getInt(RecordBatch.CRC_POSITION));
        bytes.putInt(RecordBatch.CRC_POSITION, (int) (crc ^ 1));

        assertRejected(check(bytes, RULES), Reason.BAD_CRC, "crc", crc, crc ^ 1);
    }

    @Test
    void countMustMatchTheOffsets() {
        assertReason(Reason.EMPTY, bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_POSITION, 0));
        assertReason(Reason.COUNT_MISMATCH, bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_POSITION, 2));
        assertReason(Reason.COUNT_MISMATCH, bytes -> bytes.putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, 3));
        assertReason(
                Reason.COUNT_MISMATCH,
                bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_POSITION, -3)
                        .putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, -4));
        assertReason(
                Reason.COUNT_MISMATCH,
                bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_POSITION, Integer.MIN_VALUE)
                        .putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, Integer.MAX_VALUE));
        assertReason(
                Reason.BAD_RECORD,
                bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_POSITION, 4)
                        .putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, 3));
        assertReason(
                Reason.BAD_RECORD,
                bytes -> bytes.putInt(RecordBatch.RECORD_COUNT_POSITION, 2)
                        .putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, 1));
    }

    @Test
    void attributesThatAreNotAProducersAreRefused() {
        assertReason(Reason.CONTROL_BATCH, bytes -> putAttributes(bytes, RecordBatch.CONTROL_BIT));
        assertReason(Reason.BAD_ATTRIBUTES, bytes -> putAttributes(bytes, RecordBatch.LOG_APPEND_TIME_BIT));
        assertReason(Reason.BAD_ATTRIBUTES, bytes -> putAttributes(bytes, RecordBatch.DELETE_HORIZON_BIT));
        assertReason(Reason.BAD_ATTRIBUTES, bytes -> putAttributes(bytes, 0x80));
        assertReason(Reason.BAD_ATTRIBUTES, bytes -> putAttributes(bytes, 0x8000));
        for (int codec = 5; codec < 8; codec++) {
            int unknown = codec;
            assertReason(Reason.UNKNOWN_COMPRESSION, bytes -> putAttributes(bytes, unknown));
        }
        for (int codec = 1; codec < 5; codec++) {
            int wrong = codec;
            assertReason(Reason.BAD_RECORD, bytes -> putAttributes(bytes, wrong));
        }
    }

    @Test
    void producerFieldsMustGoTogether() {
        assertReason(Reason.BAD_SEQUENCE, bytes -> bytes.putInt(RecordBatch.BASE_SEQUENCE_POSITION, -1));
        assertReason(Reason.BAD_SEQUENCE, bytes -> bytes.putShort(RecordBatch.PRODUCER_EPOCH_POSITION, (short) -1));
        assertReason(Reason.BAD_SEQUENCE, bytes -> bytes.putLong(RecordBatch.PRODUCER_ID_POSITION, -2));
        assertReason(Reason.BAD_SEQUENCE, bytes -> {
            bytes.putLong(RecordBatch.PRODUCER_ID_POSITION, -1);
            putAttributes(bytes, RecordBatch.TRANSACTIONAL_BIT);
        });
        var transactional = valid();
        putAttributes(transactional, RecordBatch.TRANSACTIONAL_BIT);
        assertThat(accepted(check(repaired(transactional), RULES)).isTransactional())
                .isTrue();
    }

    @Test
    void compactedTopicsNeedKeys() {
        var rules = new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, HOUR_MS, true);
        var keyless =
                Rows.encode(List.of(row(BASE_TIMESTAMP, "", "v"), row(BASE_TIMESTAMP, null, "v")), Compression.NONE);

        accepted(check(valid(), rules));
        assertRejected(check(keyless, rules), Reason.KEY_MISSING, "key", -1, 1);
    }

    @Test
    void timestampsAreHeldToTheTopicsRange() {
        var rules = new TimestampRules(TimestampType.CREATE_TIME, 1000, 500, false);

        accepted(check(at(BASE_TIMESTAMP - 1000), rules));
        accepted(check(at(BASE_TIMESTAMP + 500), rules));
        accepted(check(at(RecordBatch.NO_TIMESTAMP), rules));
        long early = BASE_TIMESTAMP - 1001;
        assertRejected(
                check(at(early), rules), Reason.TIMESTAMP_OUT_OF_RANGE, "timestamp", BASE_TIMESTAMP - 1000, early);
        long late = BASE_TIMESTAMP + 501;
        assertRejected(check(at(late), rules), Reason.TIMESTAMP_OUT_OF_RANGE, "timestamp", BASE_TIMESTAMP + 500, late);
        assertThat(check(at(Long.MAX_VALUE), RULES)).isInstanceOf(Rejected.class);
        var before1970 = at(0).putLong(RecordBatch.BASE_TIMESTAMP_POSITION, -2);
        assertRejected(check(repaired(before1970), RULES), Reason.TIMESTAMP_OUT_OF_RANGE, "timestamp", 0, -2);
    }

    @Test
    void leadersTimeMakesTheRecordsOwnIrrelevant() {
        var rules = new TimestampRules(TimestampType.LOG_APPEND_TIME, 1, 1, false);
        var bytes = at(5);

        assertThat(accepted(check(bytes, rules)).bytes()).isEqualTo(bytes);
    }

    @Test
    void timestampThatOverflowsIsABadRecord() {
        var rules = new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE, false);
        var bytes = valid().putLong(RecordBatch.BASE_TIMESTAMP_POSITION, Long.MAX_VALUE - 3);

        assertRejected(check(repaired(bytes), rules), Reason.BAD_RECORD, "timestampDelta", -1, 1);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void wrongMaximumTimestampIsPutRightInACopy(Compression compression) {
        var rows = Rows.random(3);
        var bytes = Rows.encode(rows, compression);
        bytes.putLong(RecordBatch.MAX_TIMESTAMP_POSITION, -1);
        repaired(bytes);
        var sent = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();

        var batch = accepted(check(bytes.asReadOnlyBuffer(), RULES));

        assertThat(bytes).isEqualTo(sent);
        assertThat(batch.maxTimestamp()).isEqualTo(Rows.maxTimestamp(rows));
        var theirs =
                MemoryRecords.readableRecords(batch.bytes()).batchIterator().next();
        theirs.ensureValid();
        assertThat(Rows.readWithKafka(theirs)).isEqualTo(rows);
    }

    @Test
    void limitsThatContradictThemselvesCannotExist() {
        assertThatIllegalArgumentException().isThrownBy(() -> BatchLimits.ofBatchMaxBytes(61));
        assertThatIllegalArgumentException().isThrownBy(() -> new BatchLimits(1000, 999, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> new BatchLimits(1000, 1000, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TimestampRules(TimestampType.CREATE_TIME, -1, 0, false));
    }

    private static ByteBuffer valid() {
        return Rows.encode(ROWS, Compression.NONE);
    }

    private static ByteBuffer at(long timestamp) {
        return Rows.encode(List.of(row(timestamp, "k", "v")), Compression.NONE);
    }

    private static void putAttributes(ByteBuffer bytes, int attributes) {
        bytes.putShort(RecordBatch.ATTRIBUTES_POSITION, (short) attributes);
    }

    private static ByteBuffer repaired(ByteBuffer bytes) {
        RecordBatch.writeCrc(bytes, 0, bytes.limit());
        return bytes;
    }

    private static BatchCheck check(ByteBuffer bytes, TimestampRules rules) {
        return VALIDATOR.check(bytes, rules, BASE_TIMESTAMP);
    }

    private static RecordBatch accepted(BatchCheck check) {
        assertThat(check).isInstanceOf(Accepted.class);
        return ((Accepted) check).batch();
    }

    private static void assertReason(Reason reason, Consumer<ByteBuffer> damage) {
        var bytes = valid();
        damage.accept(bytes);

        var check = check(repaired(bytes), RULES);

        assertThat(check)
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(reason));
    }

    private static void assertRejected(BatchCheck check, Reason reason, String field, long limit, long value) {
        assertThat(check).isInstanceOfSatisfying(Rejected.class, rejected -> {
            assertThat(rejected).isEqualTo(new Rejected(reason, field, limit, value, rejected.detail()));
            assertThat(rejected.detail()).isNotBlank();
        });
    }
}
