package io.cordwood.batch;

import static io.cordwood.batch.Rows.BASE_TIMESTAMP;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.cordwood.batch.BatchCheck.Accepted;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.BeforeAll;

/**
 * Any bytes as a batch, in three forms: as they are, under a right length and CRC, and packed with the codec that the
 * attributes name, so that both the codecs and the records behind them meet what nobody wrote.
 *
 * <p>The validator answers, the iterator throws nothing but its own exception, neither takes more memory than the limits
 * allow, nor seconds of time; what is accepted reads the same here and with Kafka's library, and survives being written again.
 */
class BatchFuzzTest {
    private static final int MAX_BYTES = 1 << 16;
    private static final int DECOMPRESSED_MAX_BYTES = 1 << 18;
    /** A header of two bytes becomes a name and a value that are objects each. */
    private static final int ALLOCATED_PER_UNPACKED_BYTE = 256;

    private static final Duration CPU_MAX = Duration.ofSeconds(5);

    private static final BatchValidator VALIDATOR =
            new BatchValidator(new BatchLimits(MAX_BYTES, DECOMPRESSED_MAX_BYTES, 100));
    private static final TimestampRules RULES =
            new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE, false);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @BeforeAll
    static void loadWhatCostsMemoryOnce() {
        for (var compression : Compression.values()) {
            check(Rows.encode(Rows.random(1), compression));
        }
    }

    @FuzzTest
    void anyBytesAreAnswered(byte[] bytes) {
        check(ByteBuffer.wrap(bytes));
        if (bytes.length >= RecordBatch.HEADER_BYTES) {
            check(repaired(ByteBuffer.wrap(bytes.clone())));
            packed(bytes).ifPresent(BatchFuzzTest::check);
        }
    }

    private static void check(ByteBuffer bytes) {
        long cpuBefore = THREADS.getCurrentThreadCpuTime();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        var check = VALIDATOR.check(bytes, RULES, BASE_TIMESTAMP);
        boolean readable = readToTheEnd(bytes);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated).isLessThan((long) DECOMPRESSED_MAX_BYTES * ALLOCATED_PER_UNPACKED_BYTE);
        assertThat(THREADS.getCurrentThreadCpuTime() - cpuBefore).isLessThan(CPU_MAX.toNanos());
        if (check instanceof Accepted accepted) {
            assertThat(readable).isTrue();
            assertReadsTheSameEverywhere(accepted.batch());
        }
    }

    private static boolean readToTheEnd(ByteBuffer bytes) {
        try (var records = RecordBatch.of(bytes).records(DECOMPRESSED_MAX_BYTES)) {
            while (records.hasNext()) {
                records.next();
            }
            return true;
        } catch (MalformedBatchException e) {
            return false;
        }
    }

    private static void assertReadsTheSameEverywhere(RecordBatch batch) {
        var rows = Rows.read(batch);
        var theirs =
                MemoryRecords.readableRecords(batch.bytes()).batchIterator().next();

        assertThat(rows).hasSize(batch.recordCount());
        assertThat(Rows.maxTimestamp(rows)).isEqualTo(batch.maxTimestamp());
        assertThat(Rows.readWithKafka(theirs)).isEqualTo(rows);
        assertThat(Rows.read(RecordBatch.of(Rows.encode(rows, batch.compression()))))
                .isEqualTo(rows);
    }

    /** The same with everything that a lucky guess would have to hit. */
    private static ByteBuffer repaired(ByteBuffer bytes) {
        bytes.putLong(RecordBatch.BASE_OFFSET_POSITION, 0)
                .putInt(RecordBatch.LENGTH_POSITION, bytes.limit() - RecordBatch.SIZE_PREFIX_BYTES)
                .put(RecordBatch.MAGIC_POSITION, RecordBatch.MAGIC);
        RecordBatch.writeCrc(bytes, 0, bytes.limit());
        return bytes;
    }

    private static Optional<ByteBuffer> packed(byte[] bytes) {
        int codec = bytes[RecordBatch.ATTRIBUTES_POSITION + 1] & RecordBatch.COMPRESSION_MASK;
        return Compression.ofId(codec)
                .filter(compression -> compression != Compression.NONE)
                .map(compression -> {
                    var packed = new EncodedBytes(MAX_BYTES);
                    packed.write(bytes, 0, RecordBatch.HEADER_BYTES);
                    compression.encode(bytes, RecordBatch.HEADER_BYTES, bytes.length, packed);
                    return repaired(
                            ByteBuffer.wrap(packed.array(), 0, packed.size()).slice());
                });
    }
}
