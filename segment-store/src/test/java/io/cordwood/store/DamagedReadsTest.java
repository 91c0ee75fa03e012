package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What nobody concludes from a batch that became damaged after it was checked. */
class DamagedReadsTest {
    private static final int LEADER_EPOCH_POSITION = 12;
    private static final int LAST_OFFSET_DELTA_POSITION = 23;
    private static final int MAX_TIMESTAMP_POSITION = 35;

    @TempDir
    Path temporary;

    private int logs;

    @ParameterizedTest
    @EnumSource
    void damagedEndOfABatchIsToldAndNotWaitedFor(DiskKind kind) throws Exception {
        try (var test = filled(kind)) {
            damage(test, 2, LAST_OFFSET_DELTA_POSITION, (byte) 0x40);

            assertThatThrownBy(() -> test.log().read(2, 4, 1))
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("crc");
        }
    }

    @ParameterizedTest
    @EnumSource
    void damagedLeaderEpochIsTold(DiskKind kind) throws Exception {
        try (var test = filled(kind)) {
            damage(test, 3, LEADER_EPOCH_POSITION, (byte) 1);

            assertThatThrownBy(() -> test.log().read(0, 4, 1 << 20))
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("leader epoch expected 1");
            assertThat(test.log().read(0, 3, 1 << 20).endOffset()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void damagedTimeIsNotPassedOver(DiskKind kind) throws Exception {
        try (var test = filled(kind)) {
            damage(test, 2, MAX_TIMESTAMP_POSITION, (byte) 0x80);

            assertThatThrownBy(() -> test.log().firstAtOrAfter(1_200, 4)).isInstanceOf(CorruptLogException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void damagedBatchMakesRetentionTrimNothingThatItNeedNot(DiskKind kind) throws Exception {
        try (var test = filled(kind)) {
            damage(test, 2, MAX_TIMESTAMP_POSITION, (byte) 0x80);
            assertThat(test.log().startKeeping(1_200, -1)).isLessThanOrEqualTo(2);
        }
        try (var test = filled(kind)) {
            long kept = batchBytes(test) * 3 / 2;
            damage(test, 2, LAST_OFFSET_DELTA_POSITION, (byte) 0x40);
            assertThat(test.log().startKeeping(-1, kept)).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void damagedLeaderEpochIsNotCompactedIntoANewFile() throws Exception {
        try (var log = new CompactedLog(new SimulatedDisk(1), temporary)) {
            for (int i = 0; i < 4; i++) {
                log.append(Compression.NONE, i % 2 == 0, List.<String[]>of(new String[] {"a", "value"}));
            }
            damage(log.test(), 1, LEADER_EPOCH_POSITION, (byte) 1);

            assertThatThrownBy(() -> log.compact(100))
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("leader epoch");
        }
    }

    /** Four batches of a record each, 100 ms apart, in one segment. */
    private TestLog filled(DiskKind kind) throws IOException {
        var test = new TestLog(kind, temporary.resolve("log" + logs++));
        for (int i = 0; i < 4; i++) {
            var batch = Batches.batch(Compression.NONE, 10, 1_000 + 100 * i);
            RecordBatch.stamp(batch, 0, i, 1);
            test.append(batch, false);
        }
        test.commit();
        return test;
    }

    private static long batchBytes(TestLog test) {
        return test.log().sizeBytes() / 4;
    }

    /** Sets bits of a field of the batch at this offset; all batches in front of it have its size. */
    private static void damage(TestLog test, int offset, int position, byte bits) throws IOException {
        var bytes = ByteBuffer.wrap(test.fileBytes(test.file(0)));
        int at = RecordBatch.sizeAt(bytes, 0) * offset + position;
        test.overwrite(test.file(0), at, (byte) (bytes.get(at) ^ bits));
    }
}
