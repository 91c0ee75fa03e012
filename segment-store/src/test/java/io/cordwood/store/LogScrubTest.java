package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage in the files of a log, how it is found, and how sound files take the place of damaged ones. */
class LogScrubTest {
    private static final CompactionPace FAST = bytes -> {};

    @TempDir
    Path temporary;

    private final SimulatedDisk disk = new SimulatedDisk(1);
    private final Refusing between = new Refusing(disk);
    private TestLog test;
    private List<SealedSegment> sealed;

    /** Opens nothing for reading while there is a failure. */
    private static final class Refusing extends ForwardingDisk {
        private @Nullable IOException failure;

        Refusing(Disk inner) {
            super(inner);
        }

        @Override
        public DiskFile open(Path file, OpenMode mode) throws IOException {
            if (failure != null && mode == OpenMode.READ) {
                throw failure;
            }
            return super.open(file, mode);
        }
    }

    /** Three sealed segments of three batches, the second of two epochs, and an active one. */
    @BeforeEach
    void fill() throws IOException {
        test = new TestLog(between, temporary);
        for (int i = 0; i < 11; i++) {
            test.epoch(i < 4 ? 1 : 3);
            test.append(test.log().writtenEndOffset(), 2, "value " + i, i % 3 == 0);
        }
        test.commit();
        sealed = scrub().sealed();
        assertThat(sealed).hasSize(3);
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private LogScrub scrub() {
        return test.log().scrub();
    }

    private FileCheck check(SealedSegment listed) throws IOException {
        return scrub().check(listed, FAST).orElseThrow();
    }

    private SealedSegment second() {
        return sealed.get(1);
    }

    private Path file(SealedSegment listed) {
        return test.file(listed.baseOffset());
    }

    private void flip(Path file, int position, int bit) throws IOException {
        test.overwrite(file, position, (byte) (test.fileBytes(file)[position] ^ 1 << bit));
    }

    /** The listed segment with the hash of its file as it is now. */
    private SealedSegment hashed(SealedSegment listed) throws IOException {
        return new SealedSegment(
                listed.baseOffset(),
                listed.endOffset(),
                listed.sizeBytes(),
                listed.maxTimestamp(),
                check(listed).hash(),
                listed.compactionGeneration());
    }

    private static SegmentTransfer.Source source(byte[] bytes) {
        return position -> ByteBuffer.wrap(bytes, (int) position, Math.min(50, bytes.length - (int) position))
                .slice();
    }

    private Path quarantine() {
        return temporary.resolve("kept");
    }

    @Test
    void soundFilesAreSoundAndHashedAsAWhole() throws Exception {
        for (var listed : sealed) {
            var digest = SegmentHash.digest();
            digest.update(test.fileBytes(file(listed)));

            assertThat(check(listed).isSound()).isTrue();
            assertThat(check(listed).hash()).isEqualTo(SegmentHash.of(digest));
        }
        assertThat(scrub().checkActive(FAST).orElseThrow().isSound()).isTrue();
    }

    @Test
    void everyFlippedBitIsFoundWithoutTheOtherReplicas() throws Exception {
        var file = file(second());
        int size = test.fileBytes(file).length;
        for (int bit = 0; bit < 8 * size; bit++) {
            flip(file, bit / 8, bit % 8);

            assertThat(check(second()).isSound()).as("bit %s", bit).isFalse();

            flip(file, bit / 8, bit % 8);
        }
        assertThat(check(second()).isSound()).isTrue();
    }

    @Test
    void cutLongerAndMissingFilesAreFound() throws Exception {
        var file = file(second());
        var bytes = test.fileBytes(file);
        test.overwrite(file, bytes.length, (byte) 0);
        assertThat(check(second()).reason()).contains("file size");
        for (int size = bytes.length - 1; size >= 0; size--) {
            test.shorten(file, size);
            assertThat(check(second()).isSound()).as("size %s", size).isFalse();
        }
        disk.delete(file);

        assertThat(check(second()).isSound()).isFalse();
        assertThat(check(second()).damagedOffsets()).isEqualTo(second().offsets());
    }

    @Test
    void soundBatchThatDoesNotBelongThereChangesTheHash() throws Exception {
        var before = check(second()).hash();
        var other = Batches.batch(second().baseOffset(), 1, 2, "value X");
        test.overwrite(file(second()), 0, TestLog.bytes(other));

        assertThat(check(second()).isSound()).isTrue();
        assertThat(check(second()).hash()).isNotEqualTo(before);
    }

    @Test
    void swappedFilesAreFound() throws Exception {
        var first = test.fileBytes(file(sealed.get(0)));
        test.overwrite(file(sealed.get(0)), 0, test.fileBytes(file(second())));
        test.overwrite(file(second()), 0, first);

        assertThat(check(sealed.get(0)).isSound()).isFalse();
        assertThat(check(second()).isSound()).isFalse();
    }

    @Test
    void activeFileIsLookedAtUpToTheHighWatermark() throws Exception {
        long applied = test.log().highWatermark();
        var file = test.file(sealed.get(2).endOffset());
        int size = test.fileBytes(file).length;
        test.append(2, "not applied");
        flip(file, size + 70, 3);
        assertThat(scrub().checkActive(FAST).orElseThrow().isSound()).isTrue();

        flip(file, size - 1, 3);

        var found = scrub().checkActive(FAST).orElseThrow();
        assertThat(found.damagedOffsets()).isEqualTo(new OffsetRange(applied - 2, applied));
        assertThat(scrub().sealed(found)).isEmpty();
        scrub().refuse(found);
        assertThat(test.log().read(applied - 4, applied, 1 << 20).endOffset()).isEqualTo(applied - 2);
        assertThatThrownBy(() -> test.log().read(applied - 1, applied, 1 << 20))
                .isInstanceOf(DamagedRangeException.class);
    }

    @Test
    void damageInASegmentThatIsSealedLaterCanBeRepairedThen() throws Exception {
        long base = sealed.get(2).endOffset();
        flip(test.file(base), 70, 1);
        var found = scrub().checkActive(FAST).orElseThrow();
        assertThat(scrub().sealed(found)).isEmpty();

        test.roll(1, "next");
        assertThat(scrub().sealed(found)).isEmpty(); // all of it was applied before, and the next one may be taken back
        test.commit();

        assertThat(scrub().sealed(found))
                .hasValueSatisfying(listed -> assertThat(listed.baseOffset()).isEqualTo(base));
    }

    @Test
    void whatIsNotAppliedIsNotSealed() throws Exception {
        long end = test.log().highWatermark();
        test.append(2, "a");
        test.roll(2, "b");

        assertThat(scrub().sealed()).isEqualTo(sealed);

        test.commit();
        assertThat(scrub().sealed()).hasSize(4);
        assertThat(scrub().sealed().get(3).endOffset()).isEqualTo(end + 2);
    }

    /** The entry that began it was a deposed leader's: the next one may go into the file before it. */
    @Test
    void fileBehindAllThatIsAppliedSealsNothing() throws Exception {
        long base = sealed.get(2).endOffset();
        test.append(2, "a");
        test.commit();
        test.roll(2, "b");

        assertThat(scrub().activeBaseOffset()).isEqualTo(base);
        assertThat(scrub().sealed()).isEqualTo(sealed);
        flip(test.file(base), 70, 1);
        assertThat(scrub().checkActive(FAST).orElseThrow().baseOffset()).isEqualTo(base);
    }

    @Test
    void trimmedFileIsNoFinding() throws Exception {
        var first = sealed.get(0);
        var meanwhile = new AtomicLong();
        flip(file(first), test.fileBytes(file(first)).length - 1, 0);

        var found = scrub().check(first, bytes -> {
            if (meanwhile.getAndIncrement() == 0) {
                trim(first.endOffset());
            }
        });

        assertThat(found).isEmpty();
        assertThat(scrub().check(first, FAST)).isEmpty();
    }

    private void trim(long newStart) throws InterruptedIOException {
        try {
            test.trimTo(newStart);
        } catch (IOException e) {
            throw new InterruptedIOException(String.valueOf(e));
        }
    }

    @Test
    void epochsOfTrimmedBatchesAreNotAskedFor() throws Exception {
        test.log().raiseLogStart(second().endOffset() - 1);
        test.trimTo(second().endOffset() - 1);

        assertThat(scrub().sealed()).isEqualTo(sealed.subList(1, 3));
        assertThat(check(second()).isSound()).isTrue();
    }

    @Test
    void repairedFileIsServedAndTheDamagedOneKept() throws Exception {
        var original = test.contents();
        var sound = hashed(second());
        var bytes = test.fileBytes(file(second()));
        int middle = bytes.length / 2;
        flip(file(second()), middle, 5);
        var damaged = test.fileBytes(file(second()));
        var found = check(second());
        scrub().refuse(found);
        long start = found.damagedOffsets().start();
        assertThat(test.log()
                        .read(second().baseOffset(), second().endOffset(), 1 << 20)
                        .endOffset())
                .isEqualTo(start);
        assertThatThrownBy(() -> test.log().read(start, second().endOffset(), 1 << 20))
                .isInstanceOf(DamagedRangeException.class)
                .hasMessageContaining(file(second()).getFileName().toString());

        var repair = test.log().transfer().receive(found, sound, source(bytes), quarantine());
        test.log().repair(repair);

        assertThat(test.contents()).isEqualTo(original);
        assertThat(test.fileBytes(repair.kept())).isEqualTo(damaged);
        assertThat(check(second()).hash()).isEqualTo(sound.hash());
        assertThat(scrub().isPart(found)).isFalse();
        assertThat(test.fileNames()).allMatch(name -> name.endsWith(".log") || name.equals(LogStartFile.NAME));
        test.reopen(RecoveryPoint.of(test.checkpoint()));
        assertThat(test.contents()).isEqualTo(original);
    }

    @Test
    void missingFileIsPutBack() throws Exception {
        var sound = hashed(second());
        var bytes = test.fileBytes(file(second()));
        disk.delete(file(second()));

        test.log().repair(test.log().transfer().receive(check(second()), sound, source(bytes), quarantine()));

        assertThat(test.fileBytes(file(second()))).isEqualTo(bytes);
    }

    @Test
    void eachDamagedFileIsKeptUnderANameOfItsOwn() throws Exception {
        var sound = hashed(second());
        var bytes = test.fileBytes(file(second()));
        for (int i = 0; i < 2; i++) {
            flip(file(second()), 100, i);
            test.log().repair(test.log().transfer().receive(check(second()), sound, source(bytes), quarantine()));
        }

        assertThat(disk.list(quarantine())).hasSize(2);
    }

    @Test
    void whatIsNotTheSoundFileLeavesEverythingAsItWas() throws Exception {
        var sound = hashed(second());
        var bytes = test.fileBytes(file(second()));
        flip(file(second()), 100, 1);
        var damaged = test.fileBytes(file(second()));
        var found = check(second());
        var before = test.fileNames();

        assertThatThrownBy(() -> test.log().transfer().receive(found, sound, source(damaged), quarantine()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not");
        disk.setUsableBytes(LogFiles.RESERVE_BYTES);
        assertThatThrownBy(() -> test.log().transfer().receive(found, sound, source(bytes), quarantine()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("are needed");

        assertThat(test.fileNames()).isEqualTo(before);
        assertThat(test.fileBytes(file(second()))).isEqualTo(damaged);
    }

    @Test
    void repairOfAFileThatWentMeanwhileLeavesNothing() throws Exception {
        var sound = hashed(second());
        var bytes = test.fileBytes(file(second()));
        flip(file(second()), 100, 1);
        var repair = test.log().transfer().receive(check(second()), sound, source(bytes), quarantine());
        test.trimTo(second().endOffset());

        test.log().repair(repair);

        assertThat(repair.isInPlace()).isFalse();
        assertThat(scrub().sealed()).isEqualTo(sealed.subList(2, 3));
        assertThat(disk.exists(repair.kept())).isFalse();
        assertThat(test.fileNames()).noneMatch(name -> name.endsWith(".repair"));
    }

    @Test
    void powerLossInARepairLeavesOneOfTheTwoFiles() throws Exception {
        var sound = hashed(second());
        var bytes = test.fileBytes(file(second()));
        var checkpoint = test.checkpoint();
        flip(file(second()), 100, 1);
        var damaged = test.fileBytes(file(second()));
        boolean isRepaired = false;
        for (int operation = 1; !isRepaired; operation++) {
            var image = disk.crash(CrashMode.EVERYTHING);
            image.powerOffAt(operation);
            isRepaired = repairAndCrash(image, sound, bytes, checkpoint, damaged);
        }
    }

    /** On an image of the disk that loses power in the repair. Returns whether it did not. */
    private boolean repairAndCrash(
            SimulatedDisk image, SealedSegment sound, byte[] bytes, Checkpoint checkpoint, byte[] damaged)
            throws Exception {
        boolean isRepaired = false;
        try (var log = open(image, checkpoint)) {
            var found = log.scrub().check(second(), FAST).orElseThrow();
            log.repair(log.transfer().receive(found, sound, source(bytes), quarantine()));
            isRepaired = true;
        } catch (IOException e) {
            assertThat(image.isOff()).as(e.toString()).isTrue();
        }
        for (var mode : CrashMode.values()) {
            var after = image.crash(mode);
            open(after, checkpoint).close();
            var left = bytesOf(after, file(second()));
            assertThat(Arrays.equals(left, bytes) || Arrays.equals(left, damaged))
                    .isTrue();
            if (Arrays.equals(left, bytes)) {
                assertThat(after.list(quarantine())).hasSize(1);
            }
            assertThat(after.list(test.directory())).noneMatch(Segment::isTemporary);
        }
        return isRepaired;
    }

    private PartitionLog open(Disk image, Checkpoint checkpoint) throws IOException {
        return PartitionLog.open(
                test.directory(),
                TestLog.ID,
                TestLog.CONFIG,
                new Storage(image, test.index()),
                RecoveryPoint.of(checkpoint).withDurableEndOffset(checkpoint.highWatermark()));
    }

    private static byte[] bytesOf(Disk disk, Path file) throws IOException {
        try (var open = disk.open(file, OpenMode.READ)) {
            var bytes = ByteBuffer.allocate((int) open.sizeBytes());
            open.read(bytes, 0);
            return bytes.array();
        }
    }

    @Test
    void bytesBehindTheLastBatchAreFoundAndReadersAreRefusedNotLeftWaiting() throws Exception {
        var file = file(second());
        var bytes = test.fileBytes(file);
        test.overwrite(file, bytes.length, new byte[70]);

        var found = check(second());

        assertThat(found.damagedOffsets()).isEqualTo(second().offsets());
        scrub().refuse(found);
        assertThatThrownBy(() -> test.log().read(second().endOffset() - 1, second().endOffset(), 1 << 20))
                .isInstanceOf(DamagedRangeException.class);
    }

    @Test
    void fileThatCannotBeOpenedForWantOfDescriptorsIsNoFinding() throws Exception {
        between.failure = new FileSystemException(file(second()).toString(), null, "Too many open files");
        assertThatThrownBy(() -> scrub().check(second(), FAST)).isSameAs(between.failure);
        assertThatThrownBy(() -> scrub().checkActive(FAST)).isSameAs(between.failure);

        between.failure = new IOException("Input/output error");
        assertThat(check(second()).damagedOffsets()).isEqualTo(second().offsets());

        between.failure = null;
        assertThat(check(second()).isSound()).isTrue();
    }

    @Test
    void whatAReaderFindsWrongIsToldOnce() throws Exception {
        long active = sealed.get(2).endOffset();
        assertThat(scrub().doubted()).isEmpty();
        flip(file(second()), 7, 1); // base offset
        assertThatThrownBy(() -> test.log().read(second().baseOffset(), second().endOffset(), 1 << 20))
                .isInstanceOf(CorruptLogException.class);
        scrub().doubt(test.log().highWatermark() - 1); // as whoever computes CRCs does

        assertThat(scrub().doubted()).containsExactly(second().baseOffset(), active);
        scrub().dropDoubt(second().baseOffset());
        assertThat(scrub().doubted()).containsExactly(active);
    }

    @Test
    void whatIsKnownToBeDamagedOrIsNotAppliedIsNotDoubted() throws Exception {
        flip(file(second()), 7, 1);
        scrub().doubt(second().baseOffset());
        scrub().refuse(check(second()));
        scrub().doubt(second().baseOffset());
        scrub().doubt(test.log().highWatermark());

        assertThat(scrub().doubted()).isEmpty();
    }

    @Test
    void checkEndsWhereItIsNotWantedAnyMore() {
        int open = disk.openFiles();

        assertThatThrownBy(() -> scrub().check(second(), bytes -> {
                    throw new InterruptedIOException("the node stops");
                }))
                .isInstanceOf(InterruptedIOException.class);

        assertThat(disk.openFiles()).isEqualTo(open);
    }
}
