package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The power goes at every single operation of a pass: writing, installing, the checkpoint, and the deletion of old files. */
class CompactionCrashTest {
    @TempDir
    Path temporary;

    @Test
    void aCrashAtAnyOperationLeavesTheOldOrTheNewFiles() throws Exception {
        int crashes = 0;
        boolean finished = false;
        // One index for all images: it is a cache, and may be of another file.
        try (var index = OffsetIndex.open(temporary.resolve("index"))) {
            for (int operation = 1; !finished; operation++) {
                var disk = new SimulatedDisk(operation);
                try (var log = filled(disk, temporary.resolve("log" + operation))) {
                    log.takeCheckpoint();
                    var before = log.test().contents();
                    disk.powerOffAt(disk.operations() + operation);
                    finished = compactAndCheckpoint(log) && !disk.isOff();
                    crashes += finished ? 0 : 1;
                    for (var mode : CrashMode.values()) {
                        check(disk.crash(mode), log.test().directory(), index, before);
                    }
                }
            }
        }
        assertThat(crashes).isGreaterThan(20);
    }

    @Test
    void noPassBeginsThatWouldFillTheDisk() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary.resolve("log"))) {
            var before = log.test().fileNames();
            disk.setUsableBytes(LogFiles.RESERVE_BYTES);

            assertThatThrownBy(() -> log.compact(100))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("are needed");

            assertThat(log.test().fileNames()).isEqualTo(before);
            disk.setUsableBytes(2 * LogFiles.RESERVE_BYTES);
            assertThat(log.compact(100)).isTrue();
        }
    }

    @Test
    void passEndsWhereOthersFillTheDiskMeanwhile() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary.resolve("log"))) {
            var before = log.test().fileNames();
            var compactor = log.test().log().compactor(read -> disk.setUsableBytes(LogFiles.RESERVE_BYTES));
            var plan = CompactionPlan.of(
                    log.table(), log.compactedEnd(), log.test().log().highWatermark(), CompactedLog.RULES, 2_000_000);

            assertThatThrownBy(() -> compactor.compact(
                            plan.orElseThrow(), CompactionTimes.of(2_000_000, CompactedLog.RULES), 1 << 20))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("are needed");

            assertThat(log.test().fileNames()).isEqualTo(before);
        }
    }

    private static boolean compactAndCheckpoint(CompactedLog log) {
        try {
            log.compact(100);
            log.takeCheckpoint();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static CompactedLog filled(Disk disk, Path root) throws IOException {
        var log = new CompactedLog(disk, root);
        for (int i = 0; i < 16; i++) {
            log.append(
                    Compression.NONE,
                    i % 3 == 0,
                    List.of(new String[] {"a", "1" + "x".repeat(100)}, new String[] {"b" + i % 2, null}, new String[] {
                        "c" + i, "2"
                    }));
        }
        return log;
    }

    /** As a node starts: from the checkpoint that is on the disk. Where it is the old one, the pass is made again. */
    private static void check(SimulatedDisk disk, Path directory, OffsetIndex index, byte[] before) throws IOException {
        var checkpoint = CheckpointFile.read(disk, directory).orElseThrow();
        boolean isNew = checkpoint.segments().sealed().stream().anyMatch(segment -> segment.compactionGeneration() > 0);
        try (var log = PartitionLog.open(
                directory, TestLog.ID, TestLog.CONFIG, new Storage(disk, index), RecoveryPoint.of(checkpoint))) {
            assertThat(names(disk, directory)).noneMatch(name -> name.endsWith(".log.tmp"));
            if (!isNew) {
                assertThat(TestLog.contents(log)).isEqualTo(before);
                for (var segment : pass(log, checkpoint.segments()).segments()) {
                    log.install(segment);
                }
            }
            assertThat(TestLog.contents(log)).hasSizeLessThan(before.length);
            assertThat(log.writtenEndOffset()).isEqualTo(48);
        }
    }

    /** What came of a pass that no checkpoint lists: an entry behind it may name these files, and nobody may be able to make them. */
    @Test
    void aFileThatAnEntryNamesOutlivesACrashAndIsTakenAgain() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary.resolve("log"));
                var index = OffsetIndex.open(temporary.resolve("index"))) {
            log.takeCheckpoint();
            var before = log.test().contents();
            log.compact(100);
            var named = log.passes().get(0).results();
            for (var mode : CrashMode.values()) {
                var crashed = disk.crash(mode);
                var storage = new Storage(crashed, index);
                try (var found = reopened(log, storage, named)) {
                    assertThat(TestLog.contents(found)).isEqualTo(before);
                    for (var segment : named) {
                        found.install(
                                found.transfer().look(segment, bytes -> {}).orElseThrow());
                    }
                    assertThat(found.compactor(bytes -> {}).discardUnused()).isFalse();
                    assertThat(TestLog.contents(found)).hasSizeLessThan(before.length);
                }
                try (var found = reopened(log, storage, named)) {
                    for (int i = 0; i < named.size(); i++) {
                        assertThat(found.compactor(bytes -> {}).discardUnused()).isTrue();
                    }
                    assertThat(found.compactor(bytes -> {}).discardUnused()).isFalse();
                    assertThat(found.transfer().look(named.get(0), bytes -> {})).isEmpty();
                    assertThat(TestLog.contents(found)).isEqualTo(before);
                }
            }
        }
    }

    private static PartitionLog reopened(CompactedLog log, Storage storage, List<SealedSegment> named)
            throws IOException {
        var directory = log.test().directory();
        var checkpoint = CheckpointFile.read(storage.disk(), directory).orElseThrow();
        var point = RecoveryPoint.of(checkpoint).withCompacted(named);
        return PartitionLog.open(directory, TestLog.ID, TestLog.CONFIG, storage, point);
    }

    @Test
    void aFileThatIsNotWhatAnEntryNamesIsNotTaken() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary.resolve("log"))) {
            log.takeCheckpoint();
            log.compact(100);
            var named = log.passes().get(0).results().get(0);
            var file = log.test().directory().resolve(Segment.fileName(named.baseOffset(), 1));
            log.test().overwrite(file, 70, new byte[] {1, 2, 3});

            assertThat(log.test().log().transfer().look(named, bytes -> {})).isEmpty();
        }
    }

    private static CompactionPass pass(PartitionLog log, SegmentTable table) throws IOException {
        var plan = CompactionPlan.of(table, 0, log.highWatermark(), CompactedLog.RULES, Long.MAX_VALUE)
                .orElseThrow();
        return log.compactor(bytes -> {}).compact(plan, CompactionTimes.of(1_000_000, CompactedLog.RULES), 1 << 20);
    }

    private static List<String> names(Disk disk, Path directory) throws IOException {
        return disk.list(directory).stream()
                .map(path -> path.getFileName().toString())
                .toList();
    }

    @Test
    void oldFilesGoWhenACheckpointListsTheNewOnesAndNotBefore() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary)) {
            log.takeCheckpoint();
            var old = new ArrayList<>(log.test().fileNames());
            log.compact(100);

            assertThat(log.test().fileNames()).containsAll(old);
            log.takeCheckpoint();

            var sealed = log.table().sealed();
            assertThat(sealed).allMatch(segment -> segment.compactionGeneration() == 1);
            assertThat(log.test().fileNames())
                    .filteredOn(name -> name.endsWith(".log"))
                    .hasSize(sealed.size() + 1)
                    .contains(Segment.fileName(0, 1))
                    .doesNotContain(Segment.fileName(0));
        }
    }

    /**
     * The old files go with those that came in their place: else they would be found in front of a hole.
     */
    @Test
    void trimBehindAPassThatNoCheckpointListsLeavesNoHole() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary)) {
            log.takeCheckpoint();
            log.compact(3);
            var sealed = log.table().sealed();
            assertThat(sealed.get(0).compactionGeneration()).isOne();
            assertThat(sealed.get(sealed.size() - 1).compactionGeneration()).isZero();
            log.test().trimTo(log.test().log().highWatermark());
            var checkpoint = CheckpointFile.read(disk, log.test().directory()).orElseThrow();

            var reopened = log.test().reopen(RecoveryPoint.of(checkpoint));

            assertThat(reopened.writtenEndOffset()).isEqualTo(48);
            assertThat(reopened.logStartOffset()).isEqualTo(48);
        }
    }

    @Test
    void aRewrittenFileThatIsMissingOrOfAnotherSizeIsDamage() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary)) {
            log.compact(100);
            log.takeCheckpoint();
            var file = log.test().directory().resolve(Segment.fileName(0, 1));

            log.test().shorten(file, 90);
            assertThatThrownBy(log::restart).isInstanceOf(CorruptLogException.class);
            disk.delete(file);
            assertThatThrownBy(log::restart)
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("no such file");
        }
    }

    @Test
    void aRewrittenFileThatReplacesNothingIsDamageWhereItsSourceIsGone() throws Exception {
        var disk = new SimulatedDisk(1);
        try (var log = filled(disk, temporary)) {
            log.takeCheckpoint();
            var sealed = log.table().sealed().get(1);
            var file = log.test().file(sealed.baseOffset());
            disk.rename(file, log.test().directory().resolve(Segment.fileName(sealed.baseOffset(), 1)));

            assertThatThrownBy(log::restart).isInstanceOf(CorruptLogException.class);
            assertThat(log.test().fileNames()).contains(Segment.fileName(sealed.baseOffset(), 1));
        }
    }

    @Test
    void aLargeBatchIsNotBelievedWhereItsCrcIsWrong() throws Exception {
        try (var log = filled(new NioDisk(), temporary)) {
            var bytes = ByteBuffer.allocate(9 << 20);
            bytes.putLong(0)
                    .putInt(bytes.limit() - RecordBatch.SIZE_PREFIX_BYTES)
                    .putInt(1)
                    .put(RecordBatch.MAGIC);
            var file = log.test().directory().resolve(Segment.fileName(0, 7));
            log.test().disk().open(file, OpenMode.CREATE).close();
            log.test().overwrite(file, 0, bytes.array());
            var listed = new SealedSegment(0, 1, bytes.limit(), 1, SegmentHash.NONE, 7);

            try (var reader =
                    new SegmentBatches(log.test().disk(), Segment.of(log.test().directory(), listed))) {
                assertThatThrownBy(reader::next)
                        .isInstanceOf(CorruptLogException.class)
                        .hasMessageContaining("crc");
            }
        }
    }

    @Test
    void aReaderInsideAnOldFileFinishes() throws Exception {
        try (var log = filled(new NioDisk(), temporary)) {
            log.takeCheckpoint();
            var table = log.table();
            try (var reader = new SegmentBatches(
                    log.test().disk(),
                    Segment.of(log.test().directory(), table.sealed().get(0)))) {
                reader.next();
                log.compact(100);
                log.takeCheckpoint();
                int left = 0;
                while (reader.hasNext()) {
                    left += reader.next().recordCount();
                }
                assertThat(left).isEqualTo(6);
            }
        }
    }

    @Test
    void aReaderWhoseFileGoesBeforeItOpensItReadsTheNewOne() throws Exception {
        var disk = new HookDisk(new SimulatedDisk(1));
        try (var log = filled(disk, temporary)) {
            log.takeCheckpoint();
            disk.beforeOpening(log.test().file(0), () -> {
                log.compact(100);
                log.takeCheckpoint();
            });

            var read = log.test().log().read(0, 48, 1 << 20);

            assertThat(disk.exists(log.test().file(0))).isFalse();
            assertThat(Batches.split(read.batches())).allMatch(RecordBatch::crcMatches);
            assertThat(read.baseOffset()).isZero();
            assertThat(read.endOffset()).isEqualTo(log.table().sealed().get(0).endOffset());
        }
    }

    private interface Hook {
        void run() throws IOException;
    }

    /** Does something once, just before a file is opened to be read. */
    private static final class HookDisk extends ForwardingDisk {
        private @Nullable Path hooked;
        private @Nullable Hook hook;

        HookDisk(Disk inner) {
            super(inner);
        }

        void beforeOpening(Path file, Hook newHook) {
            hooked = file;
            hook = newHook;
        }

        @Override
        public DiskFile open(Path file, OpenMode mode) throws IOException {
            var due = hook;
            if (due != null && file.equals(hooked) && mode == OpenMode.READ) {
                hook = null;
                due.run();
            }
            return super.open(file, mode);
        }
    }
}
