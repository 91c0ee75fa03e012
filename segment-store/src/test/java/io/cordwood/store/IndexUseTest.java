package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.batch.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The index directory may be kept, emptied or an old copy: reads are the same. */
class IndexUseTest {
    private static final String KILOBYTE = "k".repeat(1024);

    private enum IndexFate {
        KEPT,
        EMPTIED,
        /** A copy from before the last cut, so that it holds entries for batches that are gone. */
        AGED
    }

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource
    void readsAreIdenticalWhateverBecameOfTheIndex(IndexFate fate) throws Exception {
        var old = temporary.resolve("old");
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 40, KILOBYTE);
            test.commit();
            append(test, 40, KILOBYTE + "stale");
            test.index().flush();
            OffsetIndexTest.copyDirectory(test.indexDirectory(), old);
            test.epoch(2);
            test.append(40, 1, "another size", false);
            append(test, 30, KILOBYTE);
            test.roll(1, KILOBYTE);
            append(test, 30, KILOBYTE);
            test.commit();
            var checkpoint = test.checkpoint();
            append(test, 10, KILOBYTE);
            var expected = everyRead(test);

            applyFate(fate, test, old);
            test.reopen(RecoveryPoint.of(checkpoint));

            assertThat(everyRead(test)).isEqualTo(expected);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(test.index().indexedThrough(TestLog.ID))
                            .isGreaterThanOrEqualTo(checkpoint.highWatermark() - 2));
            assertThat(everyRead(test)).isEqualTo(expected);
        }
    }

    @Test
    void staleEntryIsDroppedAndAnEarlierOneUsed() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 20, KILOBYTE);
            var good = test.index().floor(TestLog.ID, 10).orElseThrow();
            var wrongCrc = new IndexEntry(12, 0, good.position(), 1, good.crc() + 1, 0);
            var wrongPlace = new IndexEntry(13, 0, good.position() + 5, 1, good.crc(), 0);
            var behindTheEnd = new IndexEntry(14, 0, 1L << 40, 1, 0, 0);
            var negative = new IndexEntry(15, 0, -1, 1, 0, 0);
            for (long offset = 11; offset < 20; offset++) {
                test.index().remove(TestLog.ID, offset);
            }
            test.index().add(TestLog.ID, List.of(wrongCrc, wrongPlace, behindTheEnd, negative), OffsetIndex.UNKNOWN);

            assertThat(test.log().read(17, 20, 1).baseOffset()).isEqualTo(17);
            assertThat(test.index().floor(TestLog.ID, 19)).contains(good);
        }
    }

    @Test
    void entryOfAnotherSegmentIsNotUsed() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 20, KILOBYTE);
            test.roll(1, "b");
            test.append(1, "c");

            assertThat(test.index().floor(TestLog.ID, 21))
                    .hasValueSatisfying(entry -> assertThat(entry.segmentBase()).isZero());
            assertThat(test.log().read(21, 22, 1).baseOffset()).isEqualTo(21);
        }
    }

    @Test
    void cutAndTrimRemoveTheirEntries() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 20, KILOBYTE);
            test.roll(1, KILOBYTE);
            append(test, 20, KILOBYTE);
            test.log().truncateTo(30);
            assertThat(test.index().floor(TestLog.ID, 99))
                    .hasValueSatisfying(entry -> assertThat(entry.offset()).isLessThan(30));

            test.commit();
            test.trimTo(25);
            assertThat(test.index().floor(TestLog.ID, 20)).isEmpty();
            assertThat(test.log().read(25, 30, 1).baseOffset()).isEqualTo(25);
        }
    }

    @Test
    void compactedFileIsIndexedAnew() throws Exception {
        try (var log = new CompactedLog(new NioDisk(), temporary)) {
            for (int i = 0; i < 40; i++) {
                log.append(Compression.NONE, i == 30, List.of(new String[] {"a", "old"}, new String[] {"k" + i, KILOBYTE
                }));
            }

            assertThat(log.compact(100)).isTrue();

            Awaitility.await()
                    .untilAsserted(() -> assertThat(log.test().index().floor(TestLog.ID, 59))
                            .hasValueSatisfying(
                                    entry -> assertThat(entry.offset()).isGreaterThan(50)));
            log.check("indexed anew");
        }
    }

    @Test
    void readerInsideAReplacedFileLeavesTheEntriesOfTheNewOne() throws Exception {
        try (var log = new CompactedLog(new NioDisk(), temporary)) {
            for (int i = 0; i < 40; i++) {
                log.append(Compression.NONE, i == 30, List.of(new String[] {"a", "old"}, new String[] {"k" + i, KILOBYTE
                }));
            }
            var test = log.test();
            var info = test.log().segments().get(0);
            var old = new Segment(test.directory(), 0, new Segment.End(info.endOffset(), info.sizeBytes(), -1));
            assertThat(log.compact(100)).isTrue();
            Awaitility.await()
                    .until(() -> test.index().floor(TestLog.ID, 59).stream().anyMatch(entry -> entry.offset() > 50));
            var entry = test.index().floor(TestLog.ID, 59);
            old.retire();

            try (var files = new ReadFiles(test.disk(), 3)) {
                var reader = test.reader(files);
                assertThat(reader.batchAt(old, 59).endOffset()).isEqualTo(60);
            }

            assertThat(test.index().floor(TestLog.ID, 59)).isEqualTo(entry);
        }
    }

    @Test
    void failedIndexNeverFailsTheLog() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            append(test, 20, KILOBYTE);
            test.index().close();
            append(test, 20, KILOBYTE);
            test.commit();

            assertThat(everyRead(test)).hasSize(40);
            test.trimTo(3);
            test.reopen();
            assertThat(test.log().writtenEndOffset()).isEqualTo(40);
        }
    }

    private static void append(TestLog test, int count, String value) {
        for (int i = 0; i < count; i++) {
            test.append(1, value);
        }
    }

    private static List<String> everyRead(TestLog test) throws IOException {
        var all = new ArrayList<String>();
        for (long offset = test.log().writtenEndOffset(); offset-- > 0; ) {
            var read = test.log().read(offset, test.log().writtenEndOffset(), 1);
            all.add(read.baseOffset() + " " + read.endOffset() + " "
                    + read.batches().hashCode());
        }
        return all;
    }

    private static void applyFate(IndexFate fate, TestLog test, Path old) throws IOException {
        test.log().close();
        test.index().close();
        if (fate != IndexFate.KEPT) {
            DirectoryTree.delete(test.indexDirectory());
        }
        if (fate == IndexFate.AGED) {
            OffsetIndexTest.copyDirectory(old, test.indexDirectory());
        }
        test.reopenIndex();
    }
}
