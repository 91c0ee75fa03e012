package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.RecordBatch;
import io.cordwood.raft.AppendRequest;
import java.io.IOException;
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
        assertThat(decoded.chunk().endOffset()).isEqualTo(2);
        assertThat(decoded.chunk().sizeBytes()).isEqualTo(batchBytes);
        assertThat(decoded.chunk().recordCount()).isEqualTo(2);
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

    private Chunk chunk(long bytes, long records) throws IOException {
        return Chunk.within(replica.read(0, 1 << 20), bytes, records);
    }
}
