package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeSearchTest {
    @TempDir
    Path temporary;

    @Test
    void firstRecordThatIsNotOlderIsFoundWithinItsBatch() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 100, 90, 300, 200);
            append(test, 250, 400);
            test.commit();

            assertThat(find(test, 0)).hasValue(0);
            assertThat(find(test, 100)).hasValue(0);
            assertThat(find(test, 101)).hasValue(2);
            assertThat(find(test, 300)).hasValue(2);
            assertThat(find(test, 301)).hasValue(5);
            assertThat(find(test, 401)).isEmpty();
        }
    }

    @Test
    void recordsOutsideTheLogAreNotFound() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 900, 100);
            append(test, 200, 300);
            test.commit();
            append(test, 800);
            test.trimTo(1);

            assertThat(find(test, 1)).hasValue(1);
            assertThat(find(test, 101)).hasValue(2);
            assertThat(find(test, 301)).isEmpty();
        }
    }

    @Test
    void recordsWithoutTimestampAreNotFound() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, RecordBatch.NO_TIMESTAMP, RecordBatch.NO_TIMESTAMP);
            test.commit();
            assertThat(find(test, 0)).isEmpty();

            append(test, RecordBatch.NO_TIMESTAMP, 5);
            test.commit();
            assertThat(find(test, 0)).hasValue(3);
        }
    }

    @Test
    void stampOfTheLeaderIsEveryRecordsTime() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            for (int i = 0; i < 3; i++) {
                var batch = Batches.batch(Compression.GZIP, 50, 9_000, 1, 2);
                RecordBatch.stampLogAppendTime(batch, 0, 1_000 + i);
                RecordBatch.stamp(batch, 0, 3L * i, 1);
                test.append(batch, false);
            }
            test.commit();

            assertThat(find(test, 1_001)).hasValue(3);
            assertThat(find(test, 1_003)).isEmpty();
        }
    }

    @Test
    void staleEntryIsNotBelieved() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            for (int i = 0; i < 40; i++) {
                append(test, 1_000 + i);
            }
            test.commit();
            var good = test.index().floor(TestLog.ID, 30).orElseThrow();
            var otherHistory = new IndexEntry(good.offset(), 0, good.position(), good.leaderEpoch() + 1, good.crc(), 5);
            test.index().add(TestLog.ID, List.of(otherHistory), OffsetIndex.UNKNOWN);

            assertThat(find(test, 1_002)).hasValue(2);
        }
    }

    @Test
    void searchReadsAboutAnIntervalOfTheFile() throws Exception {
        var counting = new CountedReads(new NioDisk());
        try (var test = new TestLog(counting, temporary)) {
            for (int i = 0; i < 500; i++) {
                append(test, 1_000 + i);
            }
            test.commit();
            for (long time = 1_000; time < 1_500; time += 7) {
                counting.forget();
                assertThat(find(test, time)).isEqualTo(OptionalLong.of(time - 1_000));
                assertThat(counting.bytes()).isLessThan(4L * TestLog.CONFIG.indexIntervalBytes());
            }
        }
    }

    @Test
    void damagedBatchIsReported() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 100);
            test.commit();
            test.overwrite(test.file(0), RecordBatch.HEADER_BYTES + 3, (byte) 77);

            assertThatThrownBy(() -> find(test, 5)).isInstanceOf(CorruptLogException.class);
        }
    }

    private static OptionalLong find(TestLog test, long timestampMs) throws IOException {
        return test.log().firstAtOrAfter(timestampMs, test.log().highWatermark());
    }

    /** One batch at the end of the log. */
    private static void append(TestLog test, long... timestamps) throws IOException {
        var batch = Batches.batch(Compression.NONE, 100, timestamps);
        RecordBatch.stamp(batch, 0, test.log().writtenEndOffset(), 1);
        test.append(batch, false);
    }
}
