package io.cordwood.batch;

import static io.cordwood.batch.Rows.BASE_TIMESTAMP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import io.cordwood.batch.BatchCheck.Accepted;
import io.cordwood.batch.BatchCheck.Reason;
import io.cordwood.batch.BatchCheck.Rejected;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What hostile or merely large batches cost: counted in bytes that the checking thread allocates. */
class BatchMemoryTest {
    private static final int BATCH_MAX_BYTES = 1 << 20;
    private static final TimestampRules RULES =
            new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE, false);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void bombIsRefusedAtTheLimitInLittleMemory(Compression compression) {
        var validator = new BatchValidator(new BatchLimits(BATCH_MAX_BYTES, 2 * BATCH_MAX_BYTES, 4));
        var bomb = zeros(compression, 20 * BATCH_MAX_BYTES);
        validator.check(bomb, RULES, BASE_TIMESTAMP);

        long before = THREADS.getCurrentThreadAllocatedBytes();
        var check = validator.check(bomb, RULES, BASE_TIMESTAMP);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

        assertThat(check).isInstanceOfSatisfying(Rejected.class, rejected -> {
            assertThat(rejected.reason()).isEqualTo(Reason.DECOMPRESSION_LIMIT);
            assertThat(rejected.limit()).isBetween((long) BATCH_MAX_BYTES, 2L * BATCH_MAX_BYTES);
        });
        assertThat(allocated).isLessThan(400_000);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void walkOverACompressedBatchDoesNotHoldItWhole(Compression compression) {
        var validator = new BatchValidator(BatchLimits.ofBatchMaxBytes(16 * BATCH_MAX_BYTES));
        var bytes = zeros(compression, 15 * BATCH_MAX_BYTES);
        validator.check(bytes, RULES, BASE_TIMESTAMP);

        long before = THREADS.getCurrentThreadAllocatedBytes();
        var check = validator.check(bytes, RULES, BASE_TIMESTAMP);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

        assertThat(check).isInstanceOf(Accepted.class);
        assertThat(allocated).isLessThan(400_000);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void whatFitsUncompressedFitsCompressed(Compression compression) {
        var validator = new BatchValidator(new BatchLimits(BATCH_MAX_BYTES, BATCH_MAX_BYTES, 1));

        var check = validator.check(zeros(compression, BATCH_MAX_BYTES - 100), RULES, BASE_TIMESTAMP);

        assertThat(check).isInstanceOf(Accepted.class);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void readerStopsAtItsOwnLimit(Compression compression) {
        var batch = RecordBatch.of(zeros(compression, 2 * BATCH_MAX_BYTES));

        try (var records = batch.records(BATCH_MAX_BYTES)) {
            assertThatExceptionOfType(DecompressionLimitException.class)
                    .isThrownBy(records::next)
                    .satisfies(e -> assertThat(e.limitBytes()).isEqualTo(BATCH_MAX_BYTES));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = Mode.EXCLUDE, names = "NONE")
    void lengthThatLiesCostsNoMemory(Compression compression) {
        var record = new EncodedBytes(100);
        record.writeVarint(200_000_000);
        record.write(new byte[3]);
        record.writeVarint(-1);
        record.writeVarint(199_000_000);
        record.write(new byte[1000]);
        var batch = RecordBatch.of(batchOf(compression, record));

        long before = THREADS.getCurrentThreadAllocatedBytes();
        try (var records = batch.records()) {
            assertThatExceptionOfType(MalformedBatchException.class).isThrownBy(records::next);
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000_000);
    }

    @Test
    void snappyBlockThatLiesCostsNoMemory() {
        var lying = new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x03, 0, 0, 0};
        var packed = new EncodedBytes(100);
        packed.write(lying);
        var batch = RecordBatch.of(batchOfPacked(Compression.SNAPPY, packed));

        long before = THREADS.getCurrentThreadAllocatedBytes();
        try (var records = batch.records()) {
            assertThatExceptionOfType(MalformedBatchException.class).isThrownBy(records::next);
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000_000);
    }

    @Test
    void uncompressedRecordsCostNoGarbageEach() {
        var validator = new BatchValidator(BatchLimits.ofBatchMaxBytes(BATCH_MAX_BYTES));
        var few = manyRecords(10);
        var many = manyRecords(10_000);
        allocatedBy(validator, few);
        allocatedBy(validator, many);

        assertThat(allocatedBy(validator, many)).isLessThan(allocatedBy(validator, few) + 2_000);
    }

    private static long allocatedBy(BatchValidator validator, ByteBuffer bytes) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        var check = validator.check(bytes, RULES, BASE_TIMESTAMP);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(check).isInstanceOf(Accepted.class);
        return allocated;
    }

    private static ByteBuffer manyRecords(int count) {
        var builder = new RecordBatchBuilder(Compression.NONE, BATCH_MAX_BYTES);
        var headers = List.of(new RecordHeader("name", new byte[] {1}));
        for (int i = 0; i < count; i++) {
            builder.tryAppend(BASE_TIMESTAMP + i, new byte[] {1}, new byte[20], headers);
        }
        assertThat(builder.recordCount()).isEqualTo(count);
        return builder.build();
    }

    private static ByteBuffer zeros(Compression compression, int valueBytes) {
        var builder = new RecordBatchBuilder(compression, valueBytes + 1000);
        builder.tryAppend(BASE_TIMESTAMP, null, new byte[valueBytes], List.of());
        var bytes = builder.build();
        assertThat(RecordBatch.of(bytes).compression()).isEqualTo(compression);
        return bytes;
    }

    private static ByteBuffer batchOf(Compression compression, EncodedBytes records) {
        var packed = new EncodedBytes(100);
        compression.encode(records.array(), 0, records.size(), packed);
        return batchOfPacked(compression, packed);
    }

    private static ByteBuffer batchOfPacked(Compression compression, EncodedBytes packed) {
        var bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + packed.size());
        bytes.putInt(RecordBatch.LENGTH_POSITION, bytes.limit() - RecordBatch.SIZE_PREFIX_BYTES)
                .put(RecordBatch.MAGIC_POSITION, RecordBatch.MAGIC)
                .putShort(RecordBatch.ATTRIBUTES_POSITION, (short) compression.id())
                .putInt(RecordBatch.RECORD_COUNT_POSITION, 1)
                .put(RecordBatch.RECORDS_POSITION, packed.array(), 0, packed.size());
        RecordBatch.writeCrc(bytes, 0, bytes.limit());
        return bytes;
    }
}
