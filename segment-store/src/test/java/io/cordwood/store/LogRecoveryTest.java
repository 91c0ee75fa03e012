package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LogRecoveryTest {
    private static final String FIRST = "00000000000000000000.log";

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource
    void reopenedLogIsTheSame(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(3, "a");
            test.roll(3, "b");
            test.epoch(4);
            test.append(3, "c");
            var contents = test.contents();
            var segments = test.log().segments();
            var epochs = test.log().leaderEpochs();
            test.reopen();

            assertThat(test.contents()).isEqualTo(contents);
            assertThat(test.log().segments()).isEqualTo(segments);
            assertThat(test.log().leaderEpochs()).isEqualTo(epochs).hasSize(2);
            assertThat(test.log().highWatermark()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void tornTailIsCutWhereverItTears(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            long first = test.log().sizeBytes();
            test.append(1, "b");
            var full = test.fileBytes(test.file(0));
            test.log().close();

            for (long size = full.length; size-- > 0; ) {
                test.shorten(test.file(0), 0);
                test.overwrite(test.file(0), 0, full);
                test.shorten(test.file(0), size);
                var log = test.reopen();

                assertThat(log.writtenEndOffset()).isEqualTo(size < first ? 0 : 1);
                assertThat(test.fileBytes(test.file(0))).hasSize(size < first ? 0 : (int) first);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyFlippedBitOfTheLastBatchCutsItSaveInItsLeaderEpoch(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            int first = (int) test.log().sizeBytes();
            test.append(1, "b");
            var full = test.fileBytes(test.file(0));
            test.log().close();

            for (int bit = first * 8; bit < full.length * 8; bit++) {
                var damaged = full.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                test.overwrite(test.file(0), 0, damaged);
                int field = bit / 8 - first;
                boolean isEpoch = field >= RecordBatch.SIZE_PREFIX_BYTES && field < RecordBatch.SIZE_PREFIX_BYTES + 4;
                // A higher epoch is a right one as far as the file can tell; the entry's header knows better.
                boolean isCut = !isEpoch || damaged[first + 12] < 0 || damaged[first + 15] == 0;

                assertThat(test.reopen().writtenEndOffset()).as("bit %d", bit).isEqualTo(isCut ? 1 : 2);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void firstBadBatchCutsTheGoodOnesBehindIt(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            long bad = test.log().sizeBytes();
            test.append(1, "bad");
            test.append(1, "good");
            test.roll(1, "good file");
            test.roll(1, "another");
            test.overwrite(test.file(0), bad + 70, (byte) 1);
            test.reopen();

            assertThat(test.log().writtenEndOffset()).isEqualTo(1);
            assertThat(test.fileNames()).containsExactly(FIRST);
            assertThat(test.fileBytes(test.file(0))).hasSize((int) bad);
        }
    }

    @ParameterizedTest
    @EnumSource
    void lowerLeaderEpochCutsWhatANewerLeaderOverwrote(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.epoch(3);
            test.append(1, "a");
            long second = test.log().sizeBytes();
            test.append(1, "b");
            test.append(1, "c");
            // What a power loss leaves when the new bytes reached the disk and the truncation before them did not.
            test.overwrite(test.file(0), second, TestLog.bytes(Batches.batch(1, 4, 1, "B")));
            test.reopen();

            assertThat(test.log().writtenEndOffset()).isEqualTo(2);
            assertThat(test.log().leaderEpochs()).containsExactly(new LeaderEpoch(3, 0), new LeaderEpoch(4, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void filesBehindAHoleAreRemoved(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            test.roll(1, "b");
            test.roll(1, "c");
            test.log().close();
            test.disk().delete(test.file(1));
            test.reopen();

            assertThat(test.log().writtenEndOffset()).isEqualTo(1);
            assertThat(test.fileNames()).containsExactly(FIRST);
        }
    }

    @ParameterizedTest
    @EnumSource
    void recoveredLogTakesBatchesAgain(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            test.append(1, "torn");
            test.shorten(test.file(0), test.log().sizeBytes() - 1);
            test.reopen();
            test.epoch(2);
            test.append(1, "b");
            test.reopen();

            assertThat(test.log().writtenEndOffset()).isEqualTo(2);
            assertThat(test.log().leaderEpochs()).containsExactly(new LeaderEpoch(1, 0), new LeaderEpoch(2, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void checkpointSparesTheScanOfWhatLiesBelow(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            var checkpoint = test.checkpoint();
            test.append(5, "c");
            test.roll(5, "d");
            // Not looked at: a record in the sealed file, and one of the active file below the high watermark.
            test.overwrite(test.file(0), 75, (byte) 1);
            test.overwrite(test.file(5), 75, (byte) 1);
            test.reopen(RecoveryPoint.of(checkpoint));

            assertThat(test.log().highWatermark()).isEqualTo(10);
            assertThat(test.log().writtenEndOffset()).isEqualTo(20);
            assertThat(test.log().segments()).hasSize(3);
            assertThat(test.log().read(14, 20, 1 << 20).baseOffset()).isEqualTo(10);
            assertThat(test.log().leaderEpochs()).containsExactly(new LeaderEpoch(1, 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void tornTailBehindACheckpointIsCutToIt(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.commit();
            var checkpoint = test.checkpoint();
            test.append(5, "b");
            test.shorten(test.file(0), test.log().sizeBytes() - 3);
            test.reopen(RecoveryPoint.of(checkpoint));

            assertThat(test.log().writtenEndOffset()).isEqualTo(5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bytesMissingBelowTheCheckpointAreCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            var point = RecoveryPoint.of(test.checkpoint());
            long size = test.log().segments().get(1).sizeBytes();
            test.shorten(test.file(5), size - 1);

            assertThatThrownBy(() -> test.reopen(point)).isInstanceOfSatisfying(CorruptLogException.class, e -> {
                assertThat(e.file()).isEqualTo(test.file(5));
                assertThat(e.position()).isEqualTo(size - 1);
                assertThat(e.field()).isEqualTo("file size");
            });
            assertThat(test.fileBytes(test.file(5))).hasSize((int) size - 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void sealedFileOfAnotherSizeIsCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            long size = test.log().sizeBytes();
            test.roll(5, "b");
            test.commit();
            var point = RecoveryPoint.of(test.checkpoint());

            test.overwrite(test.file(0), size, (byte) 1);
            assertThatThrownBy(() -> test.reopen(point)).hasMessageContaining("file size expected " + size);
            test.shorten(test.file(0), size - 1);
            assertThatThrownBy(() -> test.reopen(point)).hasMessageContaining("file size expected " + size);
            test.disk().delete(test.file(0));
            assertThatThrownBy(() -> test.reopen(point)).hasMessageContaining("no such file");
        }
    }

    @ParameterizedTest
    @EnumSource
    void missingActiveFileIsCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            var point = RecoveryPoint.of(test.checkpoint());
            test.log().close();
            test.disk().delete(test.file(5));

            assertThatThrownBy(() -> test.reopen(point)).isInstanceOf(CorruptLogException.class);
            test.disk().delete(test.file(0));
            assertThatThrownBy(() -> test.reopen(point)).isInstanceOf(CorruptLogException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void badBytesBelowTheDurableEndAreCorruptionAndStayAsTheyAre(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            long bad = test.log().sizeBytes();
            test.append(5, "b");
            test.roll(5, "c");
            test.overwrite(test.file(0), bad + 70, (byte) 1);
            var names = test.fileNames();
            var bytes = test.fileBytes(test.file(0));

            assertThatThrownBy(() -> test.reopen(RecoveryPoint.none().withDurableEndOffset(6)))
                    .isInstanceOfSatisfying(
                            CorruptLogException.class,
                            e -> assertThat(e.position()).isEqualTo(bad));
            assertThat(test.fileNames()).isEqualTo(names);
            assertThat(test.fileBytes(test.file(0))).isEqualTo(bytes);
            assertThat(test.reopen(RecoveryPoint.none().withDurableEndOffset(5)).writtenEndOffset())
                    .isEqualTo(5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shortLogBelowTheDurableEndIsCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");

            assertThatThrownBy(() -> test.reopen(RecoveryPoint.none().withDurableEndOffset(6)))
                    .hasMessageContaining("end offset expected 6, found 5");
            test.disk().delete(test.file(0));
            assertThatThrownBy(() -> test.reopen(RecoveryPoint.none().withDurableEndOffset(1)))
                    .isInstanceOf(CorruptLogException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void trimBehindTheCheckpointIsNotTakenForDamage(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            var point = RecoveryPoint.of(test.checkpoint());
            test.roll(5, "c");
            test.append(5, "d");
            test.commit();
            test.trimTo(12);
            var contents = test.fileBytes(test.file(10));
            test.reopen(point);

            assertThat(test.log().logStartOffset()).isEqualTo(12);
            assertThat(test.log().highWatermark()).isEqualTo(10);
            assertThat(test.log().writtenEndOffset()).isEqualTo(20);
            assertThat(test.fileNames()).containsExactly("00000000000000000010.log", LogStartFile.NAME);
            assertThat(test.fileBytes(test.file(10))).isEqualTo(contents);
            assertThatThrownBy(() -> test.append(11, 1, "below", false)).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void filesThatATrimLeftBelowTheCheckpointStayHiddenUntilTheyAreDeleted(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            var old = test.fileBytes(test.file(0));
            test.trimTo(5);
            var point = RecoveryPoint.of(test.checkpoint());
            test.disk().open(test.file(0), OpenMode.CREATE).close();
            test.overwrite(test.file(0), 0, old);
            test.reopen(point);

            assertThat(test.log().logStartOffset()).isEqualTo(5);
            assertThat(test.log().readExactly(0, 5, old.length)).hasValue(ByteBuffer.wrap(old));
            assertThat(test.log().deleteTrimmed(4)).isFalse();
            assertThat(test.fileNames()).contains("00000000000000000000.log");
            assertThat(test.log().deleteTrimmed(5)).isFalse();
            assertThat(test.fileNames()).containsExactly("00000000000000000005.log", LogStartFile.NAME);
        }
    }

    @ParameterizedTest
    @EnumSource
    void unknownFileBetweenSealedOnesIsCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            var point = RecoveryPoint.of(test.checkpoint());
            test.disk().open(test.file(3), OpenMode.CREATE).close();

            assertThatThrownBy(() -> test.reopen(point)).hasMessageContaining("one in the checkpoint");
        }
    }

    @ParameterizedTest
    @EnumSource
    void checkpointOfAnotherPartitionIsRefused(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            var own = test.checkpoint();
            var foreign = new Checkpoint(
                    new PartitionId(TestLog.ID.topicId(), 8),
                    own.term(),
                    own.index(),
                    own.highWatermark(),
                    own.logStartOffset(),
                    own.lastLeaderTimeMs(),
                    own.leaderEpochs(),
                    own.producers(),
                    own.segments());

            assertThatThrownBy(() -> test.reopen(RecoveryPoint.of(foreign)))
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("partition");
        }
    }

    @ParameterizedTest
    @EnumSource
    void filesThatAreNoSegmentsAreLeftAlone(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(1, "a");
            for (var name : new String[] {"1.log", "notes.txt", "99999999999999999999.log"}) {
                test.disk()
                        .open(test.directory().resolve(name), OpenMode.CREATE)
                        .close();
            }
            test.reopen();

            assertThat(test.fileNames()).hasSize(4);
        }
    }

    @Test
    void recoveryMakesDurableWhatAKilledProcessLeft() throws Exception {
        var disk = new SimulatedDisk(3);
        try (var test = new TestLog(disk, temporary)) {
            test.append(1, "a");
            test.roll(1, "b");
            test.reopen();
            var image = disk.crash(CrashMode.NOTHING_UNFORCED);

            assertThat(image.list(test.directory())).hasSize(2);
            try (var file = image.open(test.file(1), OpenMode.READ)) {
                assertThat(file.sizeBytes()).isEqualTo(test.fileBytes(test.file(1)).length);
            }
        }
    }

    @Test
    void logWithoutFilesBeginsAtTheCheckpoint() throws Exception {
        try (var test = new TestLog(DiskKind.NIO, temporary)) {
            var empty = new Checkpoint(TestLog.ID, 1, 1, 100, 100, 1, List.of(), List.of(), SegmentTable.empty(100));
            test.log().close();
            test.disk().delete(test.file(0));
            test.reopen(RecoveryPoint.of(Optional.of(empty)));

            assertThat(test.log().writtenEndOffset()).isEqualTo(100);
            assertThat(test.log().logStartOffset()).isEqualTo(100);
            assertThat(test.fileNames()).containsExactly("00000000000000000100.log");
        }
    }

    @ParameterizedTest
    @EnumSource
    void logStartOnDiskSaysThatBytesBelowItWereDurable(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.append(5, "c");
            test.commit();
            test.trimTo(12);
            test.shorten(test.file(5), 10);
            assertThatThrownBy(() -> test.reopen()).isInstanceOf(CorruptLogException.class);

            test.disk().delete(test.file(5));
            assertThatThrownBy(() -> test.reopen()).hasMessageContaining("no such file");
        }
    }

    @ParameterizedTest
    @EnumSource
    void damagedLogStartIsCorruption(DiskKind kind) throws Exception {
        try (var test = new TestLog(kind, temporary)) {
            test.append(5, "a");
            test.roll(5, "b");
            test.commit();
            test.trimTo(7);
            var file = test.directory().resolve(LogStartFile.NAME);
            test.overwrite(file, test.fileBytes(file).length - 6, (byte) 9);

            assertThatThrownBy(() -> test.reopen()).hasMessageContaining("body crc");
        }
    }

    /** Of a log with hidden files, of which the first is the last one to go. */
    @Test
    void logThatIsGivenUpOpensWhereverItsRestartBreaksOff() throws Exception {
        int crashes = 0;
        boolean finished = false;
        for (int operation = 1; !finished; operation++) {
            var disk = new SimulatedDisk(operation);
            try (var test = trimmedWithHiddenFiles(disk, temporary.resolve("log" + operation))) {
                disk.powerOffAt(disk.operations() + operation);
                finished = restartAt(test.log(), 100) && !disk.isOff();
                crashes += finished ? 0 : 1;
                for (var mode : CrashMode.values()) {
                    requireOpensTwice(disk.crash(mode), test, finished);
                }
            }
        }
        assertThat(crashes).isGreaterThan(5);
    }

    private static TestLog trimmedWithHiddenFiles(SimulatedDisk disk, Path root) throws Exception {
        var test = new TestLog(disk, root);
        test.append(3, "a");
        for (var value : List.of("b", "c", "d", "e")) {
            test.roll(3, value);
        }
        test.commit();
        test.log().raiseLogStart(10);
        assertThat(test.log().deleteTrimmed(3)).isFalse(); // log-start is written, and two of three hidden files stay
        return test;
    }

    private static boolean restartAt(PartitionLog log, long newStart) {
        try {
            log.restartAt(newStart);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void requireOpensTwice(SimulatedDisk disk, TestLog test, boolean restarted) throws Exception {
        for (int i = 0; i < 2; i++) {
            try (var log = PartitionLog.open(
                    test.directory(),
                    TestLog.ID,
                    TestLog.CONFIG,
                    new Storage(disk, test.index()),
                    RecoveryPoint.givenUp())) {
                assertThat(log.logStartOffset()).isGreaterThanOrEqualTo(10);
                assertThat(log.writtenEndOffset()).isGreaterThanOrEqualTo(log.logStartOffset());
                assertThat(log.logStartOffset() == 100).isEqualTo(log.writtenEndOffset() == 100);
                assertThat(!restarted || log.logStartOffset() == 100).isTrue();
                TestLog.contents(log);
            }
        }
    }
}
