package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PartitionLogTest {
    private static final String KILOBYTE = "k".repeat(1024);

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource
    void appendedBatchesAreReadBackByteForByte(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            var entry = Batches.concat(Batches.batch(0, 1, 2, "a"), Batches.batch(2, 1, 1, "b"));
            test.log().append(0, 3, entry, false);

            var read = test.log().read(0, 3, 1 << 20);

            assertThat(read.batches()).isEqualTo(entry);
            assertThat(read.baseOffset()).isZero();
            assertThat(read.endOffset()).isEqualTo(3);
            assertThat(entry.position()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void readBeginsAtTheBatchThatHoldsTheOffset(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.append(5, "b");
            test.append(5, "c");

            var read = test.log().read(7, 15, 1 << 20);

            assertThat(read.baseOffset()).isEqualTo(5);
            assertThat(read.endOffset()).isEqualTo(15);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyOffsetIsFoundWithAndWithoutTheIndex(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            for (int i = 0; i < 50; i++) {
                test.append(3, i % 2 == 0 ? KILOBYTE : "small");
            }
            assertThat(test.index().floor(TestLog.ID, 149)).isPresent();

            for (long offset = 149; offset >= 0; offset--) {
                var read = test.log().read(offset, 150, 1);
                assertThat(read.baseOffset()).isEqualTo(offset / 3 * 3);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void readReturnsWholeBatchesWithinMaxBytesButAlwaysTheFirst(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            int size = Batches.batch(0, 1, 1, KILOBYTE).remaining();
            test.append(1, KILOBYTE);
            test.append(1, KILOBYTE);
            test.append(1, KILOBYTE);

            assertThat(test.log().read(0, 3, 0).endOffset()).isEqualTo(1);
            assertThat(test.log().read(0, 3, 2 * size - 1).endOffset()).isEqualTo(1);
            assertThat(test.log().read(0, 3, 2 * size).endOffset()).isEqualTo(2);
            assertThat(test.log().read(0, 3, 2 * size).batches().remaining()).isEqualTo(2 * size);
        }
    }

    @ParameterizedTest
    @EnumSource
    void readStopsAtTheLimit(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(4, "a");
            test.append(4, "b");

            assertThat(test.log().read(0, 4, 1 << 20).endOffset()).isEqualTo(4);
            assertThat(test.log().read(0, 7, 1 << 20).endOffset()).isEqualTo(4);
            assertThat(test.log().read(0, 3, 1 << 20).isEmpty()).isTrue();
            assertThat(test.log().read(4, 4, 1 << 20).isEmpty()).isTrue();
            assertThat(test.log().read(9, 4, 1 << 20).isEmpty()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void readBeyondTheBytesBelowItsLimitIsCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(4, "a");

            assertThatThrownBy(() -> test.log().read(4, 9, 1 << 20))
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("end offset expected beyond 4, found 4");
        }
    }

    @ParameterizedTest
    @EnumSource
    void damagedBytesAreFoundByAReader(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            int size = (int) test.log().sizeBytes();
            test.append(1, "b");
            test.overwrite(test.file(0), size + 16, (byte) 9);

            assertThatThrownBy(() -> test.log().read(0, 2, 1 << 20))
                    .isInstanceOfSatisfying(CorruptLogException.class, e -> {
                        assertThat(e.position()).isEqualTo(size);
                        assertThat(e.field()).isEqualTo("magic");
                        assertThat(e.expected()).isEqualTo("2");
                        assertThat(e.found()).isEqualTo("9");
                    });
        }
    }

    @ParameterizedTest
    @EnumSource
    void rollStartsAFileNamedByItsBaseOffset(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(42_000, "");
            test.roll(1, "b");

            assertThat(test.fileNames()).containsExactly("00000000000000000000.log", "00000000000000042000.log");
            assertThat(test.log().segments()).hasSize(2);
            assertThat(test.log().read(0, 42_001, 1 << 20).endOffset()).isEqualTo(42_000);
            assertThat(test.log().read(42_000, 42_001, 1 << 20).endOffset()).isEqualTo(42_001);
        }
    }

    @ParameterizedTest
    @EnumSource
    void logBeginsAnewAlsoBelowItsHighWatermarkAndInItsFirstFile(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();

            for (long start : new long[] {20, 7, 7}) {
                test.log().restartAt(start);

                assertThat(test.log().segments()).hasSize(1);
                assertThat(test.log().logStartOffset()).isEqualTo(start);
                assertThat(test.log().writtenEndOffset()).isEqualTo(start);
                assertThat(test.log().highWatermark()).isEqualTo(start);
                var batch = Batches.batch(start, 1, 3, "c" + start);
                test.log().append(start, start + 3, batch, false);
                assertThat(test.log().read(start, start + 3, 1 << 20).batches()).isEqualTo(batch);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void rollOfAnEmptyLogKeepsItsFile(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.roll(1, "a");

            assertThat(test.log().segments()).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void appendCutsWhatLiesAtOrBeyondItsBaseOffset(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "kept");
            test.append(2, "lost");
            test.append(2, "lost too");
            test.epoch(2);
            test.append(2, 1, "new", false);

            assertThat(test.log().writtenEndOffset()).isEqualTo(3);
            assertThat(test.contents())
                    .isEqualTo(TestLog.bytes(
                            Batches.concat(Batches.batch(0, 1, 2, "kept"), Batches.batch(2, 2, 1, "new"))));
            assertThat(test.fileBytes(test.file(0))).isEqualTo(test.contents());
            assertThat(test.log().leaderEpochs()).containsExactly(new LeaderEpoch(1, 0), new LeaderEpoch(2, 2));
        }
    }

    @ParameterizedTest
    @EnumSource
    void cutTakesRolledFilesWithIt(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "kept");
            test.roll(2, "lost");
            test.roll(2, "lost too");
            test.epoch(2);
            test.append(2, 3, "in the first file", false);

            assertThat(test.fileNames()).containsExactly("00000000000000000000.log");
            assertThat(test.log().segments()).hasSize(1);
            assertThat(test.log().writtenEndOffset()).isEqualTo(5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void rolledFileIsReplacedByOneOfTheSameName(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "kept");
            test.roll(4, "lost");
            test.log().readExactly(2, 6, Batches.batch(2, 1, 4, "lost").remaining());
            test.epoch(2);
            test.append(2, 1, "new", true);

            assertThat(test.fileBytes(test.file(2))).isEqualTo(TestLog.bytes(Batches.batch(2, 2, 1, "new")));
            assertThat(test.log().read(2, 3, 1 << 20).batches()).isEqualTo(Batches.batch(2, 2, 1, "new"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void emptyRolledFileGoesWithTheEntryThatMadeIt(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "kept");
            test.disk().open(test.file(2), OpenMode.CREATE).close();
            test.reopen();
            assertThat(test.log().segments()).hasSize(2);

            test.append(2, 1, "in the first file", false);

            assertThat(test.fileNames()).containsExactly("00000000000000000000.log");
        }
    }

    @ParameterizedTest
    @EnumSource
    void truncateKeepsBatchesBeforeOffset(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "a");
            test.append(2, "b");
            test.roll(2, "c");
            test.log().truncateTo(2);

            assertThat(test.log().writtenEndOffset()).isEqualTo(2);
            assertThat(test.contents()).isEqualTo(TestLog.bytes(Batches.batch(0, 1, 2, "a")));
            assertThat(test.fileNames()).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void truncateInsideABatchIsRefused(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(4, "a");

            assertThatThrownBy(() -> test.log().truncateTo(3)).isInstanceOf(IllegalStateException.class);
            assertThat(test.log().writtenEndOffset()).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingBelowTheHighWatermarkIsCut(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(2, "a");
            test.append(2, "b");
            test.log().advanceHighWatermark(4);

            assertThatThrownBy(() -> test.append(2, 1, "x", false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("offset 2")
                    .hasMessageContaining("high watermark 4");
            assertThatThrownBy(() -> test.log().truncateTo(2)).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void holesAndForeignBytesAreRefused(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.epoch(5);
            test.append(2, "a");
            var log = test.log();
            var right = Batches.batch(2, 5, 1, "b");
            var shortened = right.duplicate().limit(right.limit() - 1);

            assertThatThrownBy(() -> test.append(3, 1, "hole", false)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> log.append(2, 4, right, false)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(2, 3, shortened, false)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(2, 2, ByteBuffer.allocate(0), false))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(2, 3, Batches.batch(1, 5, 1, "b"), false))
                    .hasMessageContaining("base offset expected 2, found 1");
            assertThatThrownBy(() -> log.append(2, 3, Batches.batch(2, 4, 1, "b"), false))
                    .hasMessageContaining("leader epoch expected >= 5, found 4");
            log.append(2, 3, right, false);
            assertThat(log.writtenEndOffset()).isEqualTo(3);
        }
    }

    @Test
    void highWatermarkNeverFalls() throws Exception {
        try (var test = new TestLog(DiskKind.SIMULATED, temporary)) {
            test.append(2, "a");
            test.log().advanceHighWatermark(2);
            test.log().advanceHighWatermark(2);

            assertThatThrownBy(() -> test.log().advanceHighWatermark(1)).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void readExactlyFindsAnEntryAndNothingElse(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            var entry = Batches.concat(Batches.batch(1, 1, 2, "b"), Batches.batch(3, 1, 2, "c"));
            test.append(1, "a");
            test.log().append(1, 5, entry, false);
            test.append(1, "d");
            int size = entry.remaining();

            assertThat(test.log().readExactly(1, 5, size)).contains(entry);
            assertThat(test.log().readExactly(1, 5, size - 1)).isEmpty();
            assertThat(test.log().readExactly(1, 5, size + 1)).isEmpty();
            assertThat(test.log().readExactly(1, 4, size)).isEmpty();
            assertThat(test.log().readExactly(2, 5, size)).isEmpty();
            assertThat(test.log().readExactly(1, 7, size)).isEmpty();
            assertThat(test.log().readExactly(9, 10, size)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void readExactlyLeavesTheCrcToTheCaller(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            int size = (int) test.log().sizeBytes();
            test.overwrite(test.file(0), size - 1, (byte) 77);

            var found = test.log().readExactly(0, 1, size).orElseThrow();
            assertThat(RecordBatch.of(found).crcMatches()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void trimHidesOffsetsAndDeletesWholeSegments(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(10, "a");
            test.roll(10, "b");
            test.roll(10, "c");
            test.commit();
            int[] sizes = test.log().segments().stream()
                    .mapToInt(segment -> (int) segment.sizeBytes())
                    .toArray();
            test.trimTo(15);

            assertThat(test.log().logStartOffset()).isEqualTo(15);
            assertThat(test.log().segments()).hasSize(2);
            assertThat(test.fileNames())
                    .containsExactly("00000000000000000010.log", "00000000000000000020.log", LogStartFile.NAME);
            assertThatThrownBy(() -> test.log().read(14, 30, 1 << 20))
                    .isInstanceOfSatisfying(
                            OffsetTrimmedException.class,
                            e -> assertThat(e.logStartOffset()).isEqualTo(15));
            assertThat(test.log().read(15, 30, 1 << 20).baseOffset()).isEqualTo(10);
            assertThat(test.log().readExactly(0, 10, sizes[0])).isEmpty();
            assertThat(test.log().readExactly(10, 20, sizes[1])).isPresent();
        }
    }

    @ParameterizedTest
    @EnumSource
    void readersFindNothingBelowARaisedLogStartBeforeTheFilesAreGone(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(10, "a");
            test.roll(10, "b");
            test.commit();
            test.log().raiseLogStart(12);

            assertThatThrownBy(() -> test.log().read(11, 20, 1 << 20)).isInstanceOf(OffsetTrimmedException.class);
            assertThat(test.fileNames()).containsExactly("00000000000000000000.log", "00000000000000000010.log");
            test.log().deleteTrimmed(Long.MAX_VALUE);
            assertThat(test.fileNames()).containsExactly("00000000000000000010.log", LogStartFile.NAME);
        }
    }

    @ParameterizedTest
    @EnumSource
    void trimKeepsTheFileBeforeARollThatMayBeUndone(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(10, "a");
            test.commit();
            test.roll(10, "not committed");
            test.trimTo(10);
            assertThat(test.log().segments()).hasSize(2);

            test.epoch(2);
            test.append(10, 1, "in the first file", false);
            assertThat(test.fileNames()).containsExactly("00000000000000000000.log");
            test.commit();
            assertThat(test.log().read(10, 11, 1 << 20).endOffset()).isEqualTo(11);
        }
    }

    @ParameterizedTest
    @EnumSource
    void trimBeyondTheHighWatermarkIsRefusedAndBelowTheStartHasNoEffect(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(10, "a");
            test.log().advanceHighWatermark(5);

            assertThatThrownBy(() -> test.trimTo(6)).isInstanceOf(IllegalStateException.class);
            test.trimTo(4);
            test.trimTo(3);
            assertThat(test.log().logStartOffset()).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @EnumSource
    void segmentsShowFilesAsTheyAre(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(10, "a");
            long size = test.log().sizeBytes();
            test.roll(1, "b");

            assertThat(test.log().segments().get(0)).isEqualTo(new SegmentInfo(0, 10, size));
            assertThat(test.log().segments().get(1).endOffset()).isEqualTo(11);
            assertThat(test.log().sizeBytes())
                    .isEqualTo(size + test.log().segments().get(1).sizeBytes());
        }
    }

    @Test
    void forceMakesBytesAndNewNamesDurable() throws Exception {
        var disk = new SimulatedDisk(5);
        try (var test = new TestLog(disk, temporary)) {
            test.append(1, "a");
            test.roll(1, "b");
            test.log().force();
            test.append(1, "c");
            var image = disk.crash(CrashMode.NOTHING_UNFORCED);

            try (var after = new TestLog(image, temporary.resolve("after"))) {
                assertThat(image.list(test.directory())).hasSize(2);
                assertThat(after.fileBytes(test.file(0))).isEqualTo(TestLog.bytes(Batches.batch(0, 1, 1, "a")));
                assertThat(after.fileBytes(test.file(1))).isEqualTo(TestLog.bytes(Batches.batch(1, 1, 1, "b")));
            }
        }
    }

    @Test
    void unsafeFlushLosesWhatWasForced() throws Exception {
        var disk = new SimulatedDisk(5);
        try (var test = new TestLog(disk, temporary)) {
            test.config(TestLog.CONFIG.withUnsafeFlush(true));
            test.reopen();
            test.append(1, "a");
            test.log().force();
            var image = disk.crash(CrashMode.NOTHING_UNFORCED);

            try (var file = image.open(test.file(0), OpenMode.READ)) {
                assertThat(file.sizeBytes()).isZero();
            }
        }
    }

    @Test
    void failedForceClosesTheLog() throws Exception {
        var disk = new SimulatedDisk(5);
        try (var test = new TestLog(disk, temporary)) {
            test.append(1, "a");
            disk.failNext();
            assertThatThrownBy(() -> test.log().force()).hasMessageContaining("simulated failure: force");

            assertThatThrownBy(() -> test.log().force())
                    .isInstanceOf(IOException.class)
                    .hasRootCauseMessage("simulated failure: force " + test.file(0));
            assertThatThrownBy(() -> test.log().append(1, 2, Batches.batch(1, 1, 1, "b"), false))
                    .hasMessageContaining("simulated failure: force");
            assertThatThrownBy(() -> test.log().read(0, 1, 1)).hasMessageContaining("simulated failure: force");
            assertThat(disk.openFiles()).isZero();
        }
    }

    /** The kernel reads bytes that it failed to write from its memory, and believes them to be written. */
    @Test
    void bytesWhoseForceFailedAreWrittenAgainByTheNextStart() throws Exception {
        var disk = new SimulatedDisk(5);
        try (var test = new TestLog(disk, temporary)) {
            test.append(1, "a");
            disk.failFrom(disk.operations() + 1, IoFault.INPUT_OUTPUT, Long.MAX_VALUE);
            assertThatThrownBy(() -> test.log().force())
                    .isInstanceOf(ForceFailedException.class)
                    .hasMessageContaining("Input/output error");
            disk.failNoMore();
            test.reopen();

            assertThat(test.log().writtenEndOffset()).isEqualTo(1);
            var image = disk.crash(CrashMode.NOTHING_UNFORCED);
            assertThat(WholeFile.read(image, test.file(0))).contains(ByteBuffer.wrap(test.contents()));
        }
    }

    @Test
    void failedWriteClosesTheLog() throws Exception {
        var disk = new SimulatedDisk(5);
        try (var test = new TestLog(disk, temporary)) {
            disk.failNext();
            assertThatThrownBy(() -> test.append(1, "a")).hasMessageContaining("simulated failure: write");
            assertThatThrownBy(() -> test.log().force()).hasMessageContaining("simulated failure: write");
        }
    }

    @Test
    void closedLogRefusesEverything() throws Exception {
        try (var test = new TestLog(DiskKind.SIMULATED, temporary)) {
            test.append(1, "a");
            test.log().close();
            test.log().close();

            assertThatThrownBy(() -> test.log().read(0, 1, 1)).hasMessageContaining("is closed");
            assertThatThrownBy(() -> test.log().force()).hasMessageContaining("is closed");
        }
    }

    @Test
    void readersKeepFewFilesOpen() throws Exception {
        var disk = new SimulatedDisk(5);
        try (var test = new TestLog(disk, temporary)) {
            for (int i = 0; i < 40; i++) {
                test.roll(1, "a");
            }
            test.contents();
            test.contents();

            assertThat(disk.openFiles()).isLessThanOrEqualTo(TestLog.CONFIG.readFilesMax() + 1);
            assertThat(test.contents()).hasSize((int) test.log().sizeBytes());
        }
        assertThat(disk.openFiles()).isZero();
    }

    @Test
    void batchesLargerThanTheWindowAreReadAndRecovered() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            test.append(1, "x".repeat(3 << 20));
            test.append(1, "small");
            test.append(1, "y".repeat(3 << 20));
            var before = test.contents();
            test.reopen();

            assertThat(test.log().writtenEndOffset()).isEqualTo(3);
            assertThat(test.contents()).isEqualTo(before);
            assertThat(RecordBatch.of(test.log().read(2, 3, 10).batches()).crcMatches())
                    .isTrue();
        }
    }
}
