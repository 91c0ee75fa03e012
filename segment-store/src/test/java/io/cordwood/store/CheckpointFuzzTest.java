package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Any bytes as the framed files of a partition: as they are, and what would be the body in a right frame.
 *
 * <p>They are refused as documented, in memory that their size bounds; what is a checkpoint has these bytes again when it is
 * written.
 */
class CheckpointFuzzTest {
    private static final int PROLOGUE_BYTES = 16;
    private static final int FRAME_BYTES = PROLOGUE_BYTES + 4;
    private static final FramedFile CHECKPOINT =
            new FramedFile(CheckpointFile.NAME, 0x43574350, 1, CheckpointCodec.VERSION);
    private static final FramedFile LOG_START = new FramedFile(LogStartFile.NAME, 0x43574C53, 1);

    private static final long ALLOCATED_MAX_BYTES = 16L << 20;
    private static final Path ROOT = Path.of("/data");
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @FuzzTest
    void anyBytesAreRefusedOrComeBack(byte[] bytes) throws IOException {
        // The first time loads classes, which is not the input's doing.
        if (bytesAllocatedFor(bytes) > ALLOCATED_MAX_BYTES) {
            assertThat(bytesAllocatedFor(bytes)).isLessThan(ALLOCATED_MAX_BYTES);
        }
    }

    private static long bytesAllocatedFor(byte[] bytes) throws IOException {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        var disk = new SimulatedDisk(1);
        disk.createDirectories(ROOT);
        for (String name : new String[] {CheckpointFile.NAME, LogStartFile.NAME}) {
            WholeFile.replace(disk, ROOT.resolve(name), ByteBuffer.wrap(bytes));
        }
        readCheckpoint(disk);
        readLogStart(disk);
        if (bytes.length >= FRAME_BYTES) {
            var body = ByteBuffer.wrap(bytes, PROLOGUE_BYTES, bytes.length - FRAME_BYTES);
            CHECKPOINT.write(disk, ROOT, body);
            LOG_START.write(disk, ROOT, body);
            readCheckpoint(disk)
                    .ifPresent(
                            found -> assertThat(CheckpointCodec.encode(found)).isEqualTo(body));
            readLogStart(disk).ifPresent(found -> assertThat(found).isEqualTo(body.getLong(body.position())));
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static Optional<Checkpoint> readCheckpoint(Disk disk) throws IOException {
        try {
            return CheckpointFile.read(disk, ROOT);
        } catch (CorruptLogException | UnknownFormatException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Long> readLogStart(Disk disk) throws IOException {
        try {
            return Optional.of(LogStartFile.read(disk, ROOT));
        } catch (CorruptLogException | UnknownFormatException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
