package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sound file takes the place of a damaged one while others read, compact, trim or take a checkpoint. */
class LogRepairTest {
    private static final CompactionPace FAST = bytes -> {};
    private static final int SEGMENTS = 3;

    @TempDir
    Path temporary;

    private final SimulatedDisk disk = new SimulatedDisk(1);
    private final Between between = new Between(disk);
    private CompactedLog compacted;
    private TestLog test;
    private SealedSegment second;
    private byte[] soundBytes;

    /** Runs a step once, at the next call of its kind. */
    private static final class Between extends ForwardingDisk {
        private CompactedLog.@Nullable Step beforeRead;
        private CompactedLog.@Nullable Step beforeForceOfDirectory;

        Between(Disk inner) {
            super(inner);
        }

        @Override
        public DiskFile open(Path file, OpenMode mode) throws IOException {
            return new ForwardingFile(super.open(file, mode)) {
                @Override
                public int read(ByteBuffer dst, long position) throws IOException {
                    var step = beforeRead;
                    beforeRead = null;
                    if (step != null) {
                        step.run();
                    }
                    return super.read(dst, position);
                }
            };
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            var step = beforeForceOfDirectory;
            beforeForceOfDirectory = null;
            if (step != null) {
                step.run();
            }
            super.forceDirectory(directory);
        }
    }

    /** Sealed segments of three batches with keys that come again, the middle one damaged, and an active one. */
    @BeforeEach
    void fill() throws IOException {
        compacted = new CompactedLog(between, temporary);
        test = compacted.test();
        for (int i = 0; i <= 3 * SEGMENTS; i++) {
            var pairs = List.of(new String[] {"key " + i % 2, "value " + i}, new String[] {"only " + i, "value"});
            compacted.append(Compression.NONE, i > 0 && i % 3 == 0, pairs);
        }
        assertThat(scrub().sealed()).hasSize(SEGMENTS);
        var listed = scrub().sealed().get(1);
        second = new SealedSegment(
                listed.baseOffset(),
                listed.endOffset(),
                listed.sizeBytes(),
                listed.maxTimestamp(),
                scrub().check(listed, FAST).orElseThrow().hash(),
                0);
        soundBytes = test.fileBytes(file());
        int last = soundBytes.length - 1;
        test.overwrite(file(), last, (byte) (soundBytes[last] ^ 1));
    }

    @AfterEach
    void close() throws IOException {
        test.close();
    }

    private LogScrub scrub() {
        return test.log().scrub();
    }

    private Path file() {
        return test.file(second.baseOffset());
    }

    private Path quarantine() {
        return temporary.resolve("kept");
    }

    private FileCheck found() throws IOException {
        return scrub().check(second, FAST).orElseThrow();
    }

    private SegmentRepair received() throws Exception {
        SegmentTransfer.Source source =
                position -> ByteBuffer.wrap(soundBytes).position((int) position).slice();
        return test.log().transfer().receive(found(), second, source, quarantine());
    }

    private LogRead read(long offset, int maxBytes) throws IOException {
        return test.log().read(offset, second.endOffset(), maxBytes);
    }

    @Test
    void readerThatIsInsideFinishesAndTheNextOneFindsTheSoundFile() throws Exception {
        var repair = received();
        between.beforeRead = () -> test.log().repair(repair);

        var inside = read(second.baseOffset(), 1);

        assertThat(repair.isInPlace()).isTrue();
        assertThat(TestLog.bytes(inside.batches()))
                .isEqualTo(Arrays.copyOf(soundBytes, inside.batches().remaining()));
        var rest = read(inside.endOffset(), 1 << 20);
        assertThat(rest.endOffset()).isEqualTo(second.endOffset());
        assertThat(TestLog.bytes(rest.batches()))
                .isEqualTo(Arrays.copyOfRange(soundBytes, inside.batches().remaining(), soundBytes.length));
    }

    @Test
    void fileThatCompactionReplacedMeanwhileIsNotPutBack() throws Exception {
        var repair = received();
        test.overwrite(file(), 0, soundBytes); // a disk may give it again; compaction takes nothing that is damaged
        assertThat(compacted.compact(100)).isTrue();
        var before = test.contents();

        test.log().repair(repair);

        assertThat(repair.isInPlace()).isFalse();
        assertThat(test.contents()).isEqualTo(before);
        assertThat(disk.exists(repair.kept())).isFalse();
        assertThat(test.fileNames()).noneMatch(name -> name.endsWith(".repair"));
    }

    @Test
    void compactionMakesNothingOfWhatIsRefused() throws Exception {
        test.overwrite(file(), 0, soundBytes);
        scrub().refuse(found().contradicted("others have another"));
        var before = test.fileNames();

        assertThatThrownBy(() -> compacted.compact(100)).isInstanceOf(DamagedRangeException.class);

        assertThat(test.fileNames()).isEqualTo(before);
        scrub().admit(found());
        assertThat(compacted.compact(100)).isTrue();
    }

    @Test
    void checkpointBeforeTheNameIsDurableStandsWithEitherFile() throws Exception {
        var repair = received();
        var checkpoints = new ArrayList<Checkpoint>();
        var images = new ArrayList<SimulatedDisk>();
        between.beforeForceOfDirectory = () -> {
            checkpoints.add(test.checkpoint());
            for (var mode : CrashMode.values()) {
                images.add(disk.crash(mode));
            }
        };

        test.log().repair(repair);

        assertThat(checkpoints).hasSize(1);
        var damaged = soundBytes.clone();
        damaged[damaged.length - 1] ^= 1;
        for (var image : images) {
            open(image, checkpoints.get(0)).close();
            var left = bytesOf(image);
            assertThat(Arrays.equals(left, soundBytes) || Arrays.equals(left, damaged))
                    .isTrue();
        }
    }

    private PartitionLog open(Disk image, Checkpoint checkpoint) throws IOException {
        return PartitionLog.open(
                test.directory(),
                TestLog.ID,
                TestLog.CONFIG,
                new Storage(image, test.index()),
                RecoveryPoint.of(checkpoint).withDurableEndOffset(checkpoint.highWatermark()));
    }

    private byte[] bytesOf(Disk image) throws IOException {
        try (var open = image.open(file(), OpenMode.READ)) {
            var bytes = ByteBuffer.allocate((int) open.sizeBytes());
            open.read(bytes, 0);
            return bytes.array();
        }
    }
}
