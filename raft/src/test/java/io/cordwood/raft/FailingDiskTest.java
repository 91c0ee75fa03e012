package io.cordwood.raft;

import static io.cordwood.raft.PartitionCluster.PATIENCE;
import static io.cordwood.raft.PartitionCluster.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.PartitionState;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.CrashMode;
import io.cordwood.store.Disk;
import io.cordwood.store.IoFault;
import io.cordwood.store.LogConfig;
import io.cordwood.store.OffsetIndex;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.RecoveryPoint;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A disk of which one operation fails, and all later ones succeed: the kernel may have dropped what a
 * failed force should have brought to the disk, so whoever goes on would acknowledge what is not there.
 */
class FailingDiskTest {
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 0);
    private static final Path DATA = Path.of("/data");
    private static final int BATCHES = 24;

    private final List<String> halts = new CopyOnWriteArrayList<>();
    private final NodeHalt halt = new RecordedHalts(halts);

    /** The writer of one partition's segments, over a disk that fails. */
    private final class Writing {
        private final SimulatedDisk disk;
        private long operationsAtTheFailure = -1;
        private long acknowledged;

        Writing(SimulatedDisk disk) {
            this.disk = disk;
        }

        /** Appends and forces, and goes on after a failure as if it had not noticed. */
        void run(OffsetIndex index, long failing, IoFault fault) throws Exception {
            var threads = new WriterThreads(1);
            var log = PartitionLog.open(
                    Path.of("/p"), PARTITION, LogConfig.defaults(), new Storage(disk, index), RecoveryPoint.none());
            var writer = new SegmentWriter(PARTITION, log, threads.next(), halt, new StoreMeters(NodeMeters.unseen()));
            disk.failAt(disk.operations() + failing, fault);
            for (int i = 0; i < BATCHES; i++) {
                append(writer, i);
                if (isForced(writer)) {
                    assertThat(halts).as("acknowledged after a failure").isEmpty();
                    acknowledged = i + 1L;
                } else if (operationsAtTheFailure < 0) {
                    operationsAtTheFailure = disk.operations();
                }
            }
            threads.close();
            log.close();
        }

        private void append(SegmentWriter writer, int number) {
            var bytes = batch("a" + number).bytes();
            var payload = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
            RecordBatch.stamp(payload, 0, number, 1);
            var found = RecordBatch.of(payload.duplicate());
            var header = new BatchHeader(
                    number,
                    1,
                    found.sizeBytes(),
                    found.crc(),
                    found.attributes(),
                    found.maxTimestamp(),
                    -1,
                    (short) -1,
                    -1);
            writer.append(new AppendEntry(PARTITION, 0, number % 5 == 4, List.of(header)), 1, payload);
        }

        private boolean isForced(SegmentWriter writer) throws InterruptedException {
            try {
                writer.force().get();
                return true;
            } catch (ExecutionException e) {
                return false;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IoFault.class)
    void eachFailureOfTheSegmentWriterStopsTheNodeAndNothingIsTriedAgain(IoFault fault, @TempDir Path directory)
            throws Exception {
        int cases = 0;
        try (var index = OffsetIndex.open(directory.resolve("index"))) {
            for (long failing = 1; failing <= 200; failing++) {
                halts.clear();
                var writing = new Writing(new SimulatedDisk(failing));
                writing.run(index, failing, fault);
                if (writing.acknowledged == BATCHES) {
                    break; // nothing is left that could fail
                }
                cases++;
                assertThat(halts).as("operation %d", failing).hasSize(1);
                assertThat(halts.get(0)).doesNotContain("damaged");
                assertThat(writing.disk.operations())
                        .as("operation %d", failing)
                        .isEqualTo(writing.operationsAtTheFailure);
                for (CrashMode mode : CrashMode.values()) {
                    assertHolds(writing.disk.crash(mode), index, writing.acknowledged);
                }
            }
        }
        System.out.printf(
                "failing disk, segment writer: %d cases of %s, each with %d crashes%n",
                cases, fault, CrashMode.values().length);
        assertThat(cases).isGreaterThan(40);
    }

    private static void assertHolds(Disk image, OffsetIndex index, long endOffset) throws IOException {
        image.createDirectories(Path.of("/p"));
        try (var log = PartitionLog.open(
                Path.of("/p"),
                PARTITION,
                LogConfig.defaults(),
                new Storage(image, index),
                RecoveryPoint.none().withDurableEndOffset(endOffset))) {
            assertThat(log.writtenEndOffset()).isGreaterThanOrEqualTo(endOffset);
        }
    }

    @ParameterizedTest
    @EnumSource(IoFault.class)
    void eachFailureOfTheFloorStopsTheNodeAndIsNotTriedAgain(IoFault fault) throws IOException {
        failTheFloor(1, fault); // the write
        halts.clear();
        failTheFloor(2, fault); // the force behind it
    }

    private void failTheFloor(int failing, IoFault fault) throws IOException {
        var disk = new SimulatedDisk(failing);
        disk.createDirectories(DATA);
        var floor = DurableFloor.open(disk, DATA, halt);
        disk.failAt(disk.operations() + failing, fault);

        floor.raise(new UUID(1, 2), 42);
        await().atMost(PATIENCE).until(() -> !halts.isEmpty());
        var operations = disk.operations();
        floor.raise(new UUID(1, 2), 43);
        floor.close();

        assertThat(disk.operations()).isEqualTo(operations);
        assertThat(halts).hasSize(1);
    }

    @Test
    void floorThatFindsNoMemoryStopsTheNode() throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(DATA);
        var floor = DurableFloor.open(disk, DATA, halt);
        disk.exhaustMemoryNext();

        floor.raise(new UUID(1, 2), 42);

        await().atMost(PATIENCE).until(() -> !halts.isEmpty());
        floor.close();
    }

    private interface Replacement<T> {
        void write(Disk disk, T content) throws IOException;
    }

    private interface Reading<T> {
        Optional<T> read(Disk disk) throws IOException;
    }

    /**
     * A file that is replaced as a whole: what failed took nobody's place, and the next one is written
     * anew, so nothing is forced a second time.
     */
    private static <T> int failEach(T before, T after, Replacement<T> replacement, Reading<T> reading)
            throws IOException {
        int cases = 0;
        for (var fault : IoFault.values()) {
            cases += failEach(fault, before, after, replacement, reading);
        }
        return cases;
    }

    private static <T> int failEach(IoFault fault, T before, T after, Replacement<T> replacement, Reading<T> reading)
            throws IOException {
        int cases = 0;
        for (long failing = 1; ; failing++) {
            var disk = new SimulatedDisk(failing);
            disk.createDirectories(DATA);
            replacement.write(disk, before);
            disk.failAt(disk.operations() + failing, fault);
            try {
                replacement.write(disk, after);
                return cases;
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(" /data");
            }
            cases++;
            for (CrashMode mode : CrashMode.values()) {
                assertThat(reading.read(disk.crash(mode)).orElseThrow()).isIn(before, after);
            }
            replacement.write(disk, after);
            for (CrashMode mode : CrashMode.values()) {
                assertThat(reading.read(disk.crash(mode))).contains(after);
            }
        }
    }

    private static Checkpoint checkpoint(long index) {
        var state = PartitionState.empty(PARTITION, 0);
        state.skip(1, index);
        return state.checkpoint();
    }

    @Test
    void checkpointThatFailedLeavesTheOneBefore() throws IOException {
        int cases = failEach(
                checkpoint(7),
                checkpoint(8),
                (disk, checkpoint) -> CheckpointFile.write(disk, DATA, checkpoint),
                disk -> CheckpointFile.read(disk, DATA));
        System.out.printf("failing disk, checkpoint: %d cases%n", cases);
        assertThat(cases).isGreaterThan(3);
    }

    @Test
    void metadataSnapshotThatFailedLeavesTheOneBefore() throws IOException {
        int cases = failEach(
                new MetadataCodec.Snapshot(1, 7, MetadataImage.EMPTY),
                new MetadataCodec.Snapshot(2, 8, new MetadataImage(8, "", 0, new TreeMap<>(), new TreeMap<>(), 1)),
                (disk, snapshot) -> new MetadataSnapshotFile(disk, DATA).write(snapshot),
                disk -> new MetadataSnapshotFile(disk, DATA).read());
        System.out.printf("failing disk, metadata snapshot: %d cases%n", cases);
        assertThat(cases).isGreaterThan(3);
    }
}
