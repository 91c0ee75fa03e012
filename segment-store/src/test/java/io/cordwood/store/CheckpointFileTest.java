package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointFileTest {
    private static final PartitionId ID = new PartitionId(new UUID(0x0102030405060708L, 0x090A0B0C0D0E0F10L), 17);

    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void nameDirectory() {
        directory = temporary.resolve("p");
    }

    @ParameterizedTest
    @EnumSource
    void isReadAsItWasWritten(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        assertThat(CheckpointFile.read(disk, directory)).isEmpty();

        CheckpointFile.write(disk, directory, full(100));
        assertThat(CheckpointFile.read(disk, directory)).contains(full(100));
        CheckpointFile.write(disk, directory, small(200));
        assertThat(CheckpointFile.read(disk, directory)).contains(small(200));
        assertThat(disk.list(directory)).containsExactly(directory.resolve("checkpoint"));
    }

    @ParameterizedTest
    @EnumSource
    void asManyBatchesOfAProducerAsAreKeptComeBack(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        var producer = new ProducerEntry(4, (short) 2, 99, batches(ProducerState.BATCHES_KEPT));
        var segments = SegmentTable.of(List.of(), new ActiveSegmentInfo(0, 1_600, 90, 1_650));
        var checkpoint = new Checkpoint(ID, 3, 42, 1000, 0, 1_700, List.of(), List.of(producer), segments);

        CheckpointFile.write(disk, directory, checkpoint);

        assertThat(CheckpointFile.read(disk, directory)).contains(checkpoint);
        assertThatThrownBy(() -> new ProducerEntry(4, (short) 2, 99, batches(ProducerState.BATCHES_KEPT + 1)))
                .hasMessageContaining("33 batches");
    }

    @ParameterizedTest
    @EnumSource
    void everyFlippedBitIsDetected(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        CheckpointFile.write(disk, directory, full(100));
        var bytes = contents(disk);

        for (int bit = 0; bit < bytes.length * 8; bit++) {
            var damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            replace(disk, damaged);

            assertThatThrownBy(() -> CheckpointFile.read(disk, directory))
                    .as("bit %d", bit)
                    .isInstanceOf(CorruptLogException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyMissingOrExtraByteIsDetected(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        CheckpointFile.write(disk, directory, full(100));
        var bytes = contents(disk);

        for (int size = 0; size <= bytes.length + 3; size++) {
            if (size != bytes.length) {
                replace(disk, Arrays.copyOf(bytes, size));
                assertThatThrownBy(() -> CheckpointFile.read(disk, directory)).isInstanceOf(CorruptLogException.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void unknownVersionIsNotTakenForDamage(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        writeAsVersion(CheckpointCodec.VERSION + 1, disk);

        assertThatThrownBy(() -> CheckpointFile.read(disk, directory))
                .isInstanceOfSatisfying(
                        UnknownFormatException.class,
                        e -> assertThat(e.version()).isEqualTo(CheckpointCodec.VERSION + 1))
                .hasMessageContaining("this build knows up to " + CheckpointCodec.VERSION);
    }

    @ParameterizedTest
    @EnumSource
    void firstVersionIsRead(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        writeAsVersion(1, disk);

        assertThat(CheckpointFile.read(disk, directory)).contains(full(100));
    }

    private void writeAsVersion(int version, Disk disk) throws IOException {
        CheckpointFile.write(disk, directory, full(100));
        var bytes = ByteBuffer.wrap(contents(disk)).putInt(4, version);
        var crc = new CRC32C();
        crc.update(bytes.array(), 0, 12);
        bytes.putInt(12, (int) crc.getValue());
        replace(disk, bytes.array());
    }

    @Test
    void crashWhileWritingLeavesTheOldOrTheNewOne() throws Exception {
        long last = lastOperation();
        for (long operation = 1; operation <= last + 1; operation++) {
            for (CrashMode mode : CrashMode.values()) {
                var disk = new SimulatedDisk(operation);
                disk.createDirectories(directory);
                CheckpointFile.write(disk, directory, full(100));
                long before = disk.operations();
                disk.powerOffAt(before + operation);
                boolean written = tryWrite(disk, full(200));
                var image = disk.crash(mode);

                var found = CheckpointFile.read(image, directory).orElseThrow();
                assertThat(written).isEqualTo(operation > last);
                assertThat(List.of(full(100), full(200))).contains(found);
                if (written) {
                    assertThat(found).isEqualTo(full(200));
                }
                CheckpointFile.write(image, directory, full(300));
                assertThat(CheckpointFile.read(image, directory)).contains(full(300));
            }
        }
    }

    @Test
    void bytesOfTheFormatDoNotChange() {
        var bytes = CheckpointCodec.encode(small(5));

        assertThat(bytes.remaining()).isEqualTo(112);
        assertThat(bytes.getLong(0)).isEqualTo(0x0102030405060708L);
        assertThat(bytes.getInt(16)).isEqualTo(17);
        assertThat(bytes.getLong(20)).isEqualTo(3);
        assertThat(bytes.getLong(28)).isEqualTo(42);
        assertThat(bytes.getLong(36)).isEqualTo(5);
        assertThat(bytes.getLong(44)).isEqualTo(0);
        assertThat(bytes.getLong(52)).isEqualTo(1_700);
        assertThat(bytes.getInt(60)).isZero();
        assertThat(bytes.getInt(64)).isZero();
        assertThat(bytes.getLong(68)).isZero();
        assertThat(bytes.getLong(76)).isEqualTo(1_600);
        assertThat(bytes.getLong(84)).isEqualTo(90);
        assertThat(bytes.getLong(92)).isEqualTo(1_650);
        assertThat(bytes.getInt(100)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void bodyOfAnotherSizeInARightFrameIsRefusedByName(DiskKind kind) throws Exception {
        var disk = diskWithDirectory(kind);
        var body = TestLog.bytes(CheckpointCodec.encode(full(100)));

        for (int size = 0; size <= body.length; size++) {
            var other = ByteBuffer.wrap(Arrays.copyOf(body, size == body.length ? size + 1 : size));
            assertThatThrownBy(() -> CheckpointCodec.decode(other))
                    .as("size %d", other.limit())
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (int size : new int[] {0, 7, 9}) {
            new FramedFile(LogStartFile.NAME, 0x43574C53, 1).write(disk, directory, ByteBuffer.allocate(size));
            assertThatThrownBy(() -> LogStartFile.read(disk, directory))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no log start offset in " + size + " bytes");
        }
    }

    @Test
    void impossibleStatesAreRefused() {
        var segments = SegmentTable.empty(0);
        var rising = List.of(new LeaderEpoch(2, 0), new LeaderEpoch(1, 5));

        assertThatThrownBy(() -> new Checkpoint(ID, 1, 1, 4, 5, 0, List.of(), List.of(), segments))
                .hasMessageContaining("log start offset");
        assertThatThrownBy(() -> new Checkpoint(ID, 1, 1, 4, 0, 0, rising, List.of(), segments))
                .hasMessageContaining("cannot follow");
        assertThatThrownBy(() -> new Checkpoint(ID, 1, 1, 4, 0, 0, List.of(), List.of(), SegmentTable.empty(5)))
                .hasMessageContaining("active segment");
    }

    private long lastOperation() throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(directory);
        CheckpointFile.write(disk, directory, full(100));
        return disk.operations();
    }

    private boolean tryWrite(Disk disk, Checkpoint checkpoint) {
        try {
            CheckpointFile.write(disk, directory, checkpoint);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Disk diskWithDirectory(DiskKind kind) throws IOException {
        var disk = kind.create();
        disk.createDirectories(directory);
        return disk;
    }

    private byte[] contents(Disk disk) throws IOException {
        try (var file = disk.open(directory.resolve("checkpoint"), OpenMode.READ)) {
            var bytes = ByteBuffer.allocate((int) file.sizeBytes());
            file.read(bytes, 0);
            return bytes.array();
        }
    }

    private void replace(Disk disk, byte[] bytes) throws IOException {
        try (var file = disk.open(directory.resolve("checkpoint"), OpenMode.WRITE)) {
            file.truncate(0);
            file.write(ByteBuffer.wrap(bytes), 0);
        }
    }

    private static Checkpoint small(long highWatermark) {
        var segments = SegmentTable.of(List.of(), new ActiveSegmentInfo(0, 1_600, 90, 1_650));
        return new Checkpoint(ID, 3, 42, highWatermark, 0, 1_700, List.of(), List.of(), segments);
    }

    private static List<ProducerEntry.Batch> batches(int count) {
        var batches = new ArrayList<ProducerEntry.Batch>();
        for (int i = 0; i < count; i++) {
            batches.add(new ProducerEntry.Batch(10 * i, 10, 7 + 10 * i));
        }
        return batches;
    }

    private static Checkpoint full(long highWatermark) {
        var batches = batches(5);
        var hash = new SegmentHash(1, -2, 3, Long.MIN_VALUE);
        return new Checkpoint(
                ID,
                3,
                42,
                highWatermark,
                11,
                1_700,
                List.of(new LeaderEpoch(1, 0), new LeaderEpoch(9, 30)),
                List.of(
                        new ProducerEntry(5, (short) 0, 90, batches.subList(0, 1)),
                        new ProducerEntry(4, (short) 2, 99, batches)),
                SegmentTable.of(
                        List.of(
                                new SealedSegment(10, 20, 300, -1, SegmentHash.NONE, 0),
                                new SealedSegment(20, 60, 900, 1_234, hash, 2)),
                        new ActiveSegmentInfo(60, 1_600, 90, 1_650)),
                60);
    }
}
