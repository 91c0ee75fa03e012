package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * Recovery over segment files of any bytes, as they are and with the CRCs put right.
 *
 * <p>The log is the longest run of good batches that a much simpler walk finds, byte for byte, or damage where less is left
 * than was durable; damaged files stay as they are. A second recovery finds the same, and the log takes batches again.
 *
 * <p><b>Layout</b> of an input:
 *
 * <pre>
 * at  bytes  field
 *  0  1      durable end, behind the first file's base offset; 0 = none known
 *  1  1      base offset of the second file, behind that of the first; 0 = there is none
 *  2  2      size of the first file, where there is a second
 *  4         the files; the base offset of the first one is that of the batch at its beginning
 * </pre>
 */
class SegmentScanFuzzTest {
    private static final int PARAMETER_BYTES = 4;
    private static final long ALLOCATED_MAX_BYTES = 16L << 20;
    private static final Duration CPU_MAX = Duration.ofSeconds(5);
    private static final Path ROOT = Path.of("/data");
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    static Path temporary;

    private static OffsetIndex index;
    private static int runs;

    /** The second file is there where its base offset is another than the first one's. */
    private static final class World {
        private final long base;
        private final long durableEnd;
        private final byte[] first;
        private final long secondBase;
        private final byte[] second;

        World(long base, long durableEnd, byte[] first, long secondBase, byte[] second) {
            this.base = base;
            this.durableEnd = durableEnd;
            this.first = first;
            this.secondBase = secondBase;
            this.second = second;
        }

        static World of(byte[] input) {
            var files = ByteBuffer.wrap(input, PARAMETER_BYTES, input.length - PARAMETER_BYTES);
            long stated = files.remaining() < Long.BYTES ? 0 : files.getLong(files.position());
            long base = stated < 0 || stated > Long.MAX_VALUE - 255 ? 0 : stated;
            int firstBytes = input[1] == 0
                    ? files.remaining()
                    : Math.min(ByteBuffer.wrap(input).getShort(2) & 0xffff, files.remaining());
            var first = new byte[firstBytes];
            files.get(first);
            var second = new byte[files.remaining()];
            files.get(second);
            long durableEnd = input[0] == 0 ? 0 : base + (input[0] & 0xff);
            return new World(base, durableEnd, first, base + (input[1] & 0xff), second);
        }

        boolean hasSecond() {
            return secondBase != base;
        }

        World withRightCrcs() {
            return new World(base, durableEnd, repaired(first), secondBase, repaired(second));
        }
    }

    /** What the simple walk finds: the end offset, and the bytes that lead there. */
    private static final class Model {
        private final long endOffset;
        private final int leaderEpoch;
        private final byte[] bytes;

        Model(long endOffset, int leaderEpoch, byte[] bytes) {
            this.endOffset = endOffset;
            this.leaderEpoch = leaderEpoch;
            this.bytes = bytes;
        }

        static Model of(World world) {
            var first = walk(new Model(world.base, 0, new byte[0]), world.first);
            boolean whole = first.bytes.length == world.first.length;
            return whole && world.hasSecond() && first.endOffset == world.secondBase
                    ? walk(first, world.second)
                    : first;
        }

        private static Model walk(Model before, byte[] file) {
            long offset = before.endOffset;
            int epoch = before.leaderEpoch;
            int at = 0;
            for (var batch = batchAt(file, at); batch.isPresent(); batch = batchAt(file, at)) {
                var found = batch.get();
                if (found.baseOffset() != offset
                        || found.endOffset() <= offset
                        || found.leaderEpoch() < epoch
                        || !found.crcMatches()) {
                    break;
                }
                offset = found.endOffset();
                epoch = found.leaderEpoch();
                at += found.sizeBytes();
            }
            return new Model(offset, epoch, concat(before.bytes, Arrays.copyOf(file, at)));
        }
    }

    @BeforeAll
    static void openIndex() throws IOException {
        index = OffsetIndex.open(temporary.resolve("index"));
        // Loads what costs memory once.
        recover(World.of(new byte[PARAMETER_BYTES]));
    }

    @AfterAll
    static void closeIndex() {
        index.close();
    }

    @FuzzTest
    void anyFilesGiveTheirGoodBatches(byte[] input) throws IOException {
        if (input.length >= PARAMETER_BYTES) {
            recover(World.of(input));
            recover(World.of(input).withRightCrcs());
        }
    }

    private static void recover(World world) throws IOException {
        var id = new PartitionId(new UUID(7, ++runs), 0);
        var disk = diskWith(world);
        var storage = new Storage(disk, index);
        var point = RecoveryPoint.none().withDurableEndOffset(world.durableEnd);
        var model = Model.of(world);
        boolean damaged = world.durableEnd > 0 && (world.base > 0 || model.endOffset < world.durableEnd);
        long cpuBefore = THREADS.getCurrentThreadCpuTime();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try (var log = PartitionLog.open(ROOT, id, TestLog.CONFIG, storage, point)) {
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(ALLOCATED_MAX_BYTES);
            assertThat(THREADS.getCurrentThreadCpuTime() - cpuBefore).isLessThan(CPU_MAX.toNanos());
            assertThat(damaged).isFalse();
            assertIs(model, log);
        } catch (CorruptLogException e) {
            assertThat(damaged).as(e.getMessage()).isTrue();
            assertUntouched(world, disk);
            return;
        }
        try (var log = PartitionLog.open(ROOT, id, TestLog.CONFIG, storage, point)) {
            assertIs(model, log);
            assertTakesBatches(model, log);
        }
    }

    private static void assertIs(Model model, PartitionLog log) throws IOException {
        assertThat(log.writtenEndOffset()).isEqualTo(model.endOffset);
        assertThat(TestLog.contents(log)).isEqualTo(model.bytes);
    }

    private static void assertTakesBatches(Model model, PartitionLog log) throws IOException {
        long end = model.endOffset;
        if (end < Long.MAX_VALUE - 2) {
            var batch = Batches.batch(end, model.leaderEpoch, 2, "next");
            log.append(end, end + 2, batch, false);
            assertThat(log.writtenEndOffset()).isEqualTo(end + 2);
            assertThat(TestLog.contents(log)).isEqualTo(concat(model.bytes, TestLog.bytes(batch)));
        }
    }

    private static void assertUntouched(World world, Disk disk) throws IOException {
        assertThat(bytesOf(disk, world.base)).isEqualTo(world.first);
        if (world.hasSecond()) {
            assertThat(bytesOf(disk, world.secondBase)).isEqualTo(world.second);
        }
    }

    private static Disk diskWith(World world) throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(ROOT);
        write(disk, world.base, world.first);
        if (world.hasSecond()) {
            write(disk, world.secondBase, world.second);
        }
        return disk;
    }

    private static void write(Disk disk, long base, byte[] bytes) throws IOException {
        try (var file = disk.open(ROOT.resolve(Segment.fileName(base)), OpenMode.CREATE)) {
            file.write(ByteBuffer.wrap(bytes), 0);
        }
    }

    private static byte[] bytesOf(Disk disk, long base) throws IOException {
        return WholeFile.read(disk, ROOT.resolve(Segment.fileName(base)))
                .map(TestLog::bytes)
                .orElseThrow();
    }

    /** The bytes that could be a batch by their length and magic. */
    private static Optional<RecordBatch> batchAt(byte[] file, int at) {
        if (file.length - at < RecordBatch.HEADER_BYTES) {
            return Optional.empty();
        }
        int size = RecordBatch.sizeAt(ByteBuffer.wrap(file), at);
        if (size < RecordBatch.HEADER_BYTES || size > file.length - at) {
            return Optional.empty();
        }
        try {
            return Optional.of(RecordBatch.of(ByteBuffer.wrap(file, at, size)));
        } catch (MalformedBatchException e) {
            return Optional.empty();
        }
    }

    private static byte[] repaired(byte[] file) {
        var bytes = file.clone();
        int at = 0;
        for (var batch = batchAt(bytes, at); batch.isPresent(); batch = batchAt(bytes, at)) {
            int size = batch.get().sizeBytes();
            var crc = new CRC32C();
            crc.update(bytes, at + BatchHeader.CRC_START_POSITION, size - BatchHeader.CRC_START_POSITION);
            ByteBuffer.wrap(bytes).putInt(at + BatchHeader.CRC_START_POSITION - Integer.BYTES, (int) crc.getValue());
            at += size;
        }
        return bytes;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        var all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
