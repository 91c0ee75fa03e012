package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ChunkTest {
    private final FakeReplica replica = new FakeReplica();
    private int batchBytes;

    @BeforeEach
    void storeThreeBatchesOfTwoRecords() {
        for (int i = 0; i < 3; i++) {
            var batch = RecordBatch.of(Batches.of("a" + i, "b" + i));
            batchBytes = batch.sizeBytes();
            replica.append(AppendRequest.of(batch)).join();
        }
    }

    @Test
    void creditInBytesIsExceededByLessThanOneBatch() throws IOException {
        assertThat(chunk(1, 100).endOffset()).isEqualTo(2);
        assertThat(chunk(batchBytes, 100).endOffset()).isEqualTo(2);
        assertThat(chunk(batchBytes + 1, 100).endOffset()).isEqualTo(4);
        assertThat(chunk(Long.MAX_VALUE, 100).sizeBytes()).isEqualTo(3 * batchBytes);
    }

    @Test
    void creditInRecordsIsExceededByLessThanOneBatch() throws IOException {
        assertThat(chunk(1 << 20, 1).recordCount()).isEqualTo(2);
        assertThat(chunk(1 << 20, 2).recordCount()).isEqualTo(2);
        assertThat(chunk(1 << 20, 3).recordCount()).isEqualTo(4);
    }

    @Test
    void recordsBeforeTheStartAreSkippedAndTheCountIsBounded() throws IOException {
        var chunk = chunk(1 << 20, 100).from(3);

        assertThat(chunk.decoded(2).records()).extracting(BatchRecord::offset).containsExactly(3L, 4L);
        assertThat(chunk.decoded(100).records()).extracting(BatchRecord::offset).containsExactly(3L, 4L, 5L);
    }

    @Test
    void recordsEndInFrontOfABatchThatDoesNotDecode() throws IOException {
        replica.damageValue(1);

        var decoded = chunk(1 << 20, 100).decoded(100);

        assertThat(decoded.records()).extracting(BatchRecord::offset).containsExactly(0L, 1L);
        assertThat(decoded.endOffset()).isEqualTo(2);
        assertThat(decoded.endedBytes()).isEqualTo(batchBytes);
    }

    @Test
    void batchThatIsLeftInsideCountsWithItsLastPart() throws IOException {
        var first = chunk(1 << 20, 100).decoded(3);
        var second = chunk(1 << 20, 100).from(first.endOffset()).decoded(1);

        assertThat(first.endOffset()).isEqualTo(3);
        assertThat(first.endedBytes()).isEqualTo(batchBytes);
        assertThat(second.records()).extracting(BatchRecord::offset).containsExactly(3L);
        assertThat(second.endOffset()).isEqualTo(4);
    }

    private static FakeReplica holding(ByteBuffer... batches) {
        var replica = new FakeReplica();
        for (var batch : batches) {
            replica.append(AppendRequest.of(RecordBatch.of(batch))).join();
        }
        return replica;
    }

    @Test
    void recordsOfPackedBatchesAreBoundedByWhatTheyUnpackTo() throws IOException {
        var batches = new ByteBuffer[20];
        Arrays.setAll(batches, place -> Batches.packed(1, 1_000_000));

        var decoded = chunk(holding(batches), 0).decoded(100);

        int count = decoded.records().size();
        assertThat(unpackedBytes(decoded)).isBetween(1L, Chunk.DECODED_MAX_BYTES);
        assertThat(decoded.endOffset()).isEqualTo(count);
        assertThat(decoded.endedBytes()).isEqualTo(count * batches[0].limit());
    }

    @Test
    void packedBatchComesInPartsAndEachRecordOnce() throws IOException {
        var batch = Batches.packed(12, 1_000_000);
        var packed = holding(batch);
        var offsets = new ArrayList<Long>();
        int endedBytes = 0;

        while (endedBytes == 0) {
            var decoded = chunk(packed, offsets.size()).decoded(100);
            decoded.records().forEach(record -> offsets.add(record.offset()));
            assertThat(unpackedBytes(decoded)).isBetween(1L, Chunk.DECODED_MAX_BYTES);
            assertThat(decoded.endOffset()).isEqualTo(offsets.size());
            endedBytes = decoded.endedBytes();
        }

        assertThat(offsets).hasSize(12).isSorted().doesNotHaveDuplicates();
        assertThat(endedBytes).isEqualTo(batch.limit());
    }

    @Test
    void emptyRecordsAreBoundedToo() throws IOException {
        var decoded = chunk(holding(Batches.packed(200_000, 0)), 0).decoded(Long.MAX_VALUE);

        assertThat(decoded.records()).hasSizeBetween(10_000, 100_000);
        assertThat(decoded.endedBytes()).isZero();
    }

    @Test
    void recordThatIsLargerThanTheBoundComesAlone() throws IOException {
        var packed = holding(Batches.packed(2, (int) Chunk.DECODED_MAX_BYTES + 1));

        assertThat(chunk(packed, 0).decoded(100).endOffset()).isEqualTo(1);
        assertThat(chunk(packed, 1).decoded(100).records())
                .extracting(BatchRecord::offset)
                .containsExactly(1L);
    }

    private static long unpackedBytes(Chunk.Decoded decoded) {
        return decoded.records().stream()
                .mapToLong(record -> Objects.requireNonNull(record.value()).remaining())
                .sum();
    }

    @Test
    void firstBatchThatDoesNotDecodeIsNamed() throws IOException {
        replica.damageValue(1);

        var chunk = Chunk.within(replica.read(3, 1 << 20), 1 << 20, 100).from(3);

        assertThatThrownBy(() -> chunk.decoded(100)).isInstanceOfSatisfying(UndecodableBatchException.class, e -> {
            assertThat(e.baseOffset()).isEqualTo(2);
            assertThat(e.endOffset()).isEqualTo(4);
        });
    }

    private static Chunk chunk(FakeReplica replica, long from) throws IOException {
        return Chunk.within(replica.read(from, 1 << 20), 1 << 20, 1 << 20).from(from);
    }

    private Chunk chunk(long bytes, long records) throws IOException {
        return Chunk.within(replica.read(0, 1 << 20), bytes, records);
    }
}
