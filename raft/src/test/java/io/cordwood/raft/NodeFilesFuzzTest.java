package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.cordwood.store.Disk;
import io.cordwood.store.FramedFile;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.WholeFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Any bytes as what a node keeps beside its partitions' logs: metadata entries and snapshot, group file, identity files; as
 * they are, and as the body of a right frame.
 *
 * <p>They are refused as documented, in memory that their size bounds; what is read is the same after it was written and
 * read again.
 */
class NodeFilesFuzzTest {
    private static final FramedFile GROUP = new FramedFile("group", 0x43574746, 1);
    private static final long ALLOCATED_MAX_BYTES = 32L << 20;
    private static final Path DATA = Path.of("/data");
    private static final Path PARTITION = DATA.resolve("partitions/p");
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
        decodeMetadata(bytes);
        readFiles(bytes);
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static void decodeMetadata(byte[] bytes) {
        known(() -> MetadataCodec.decodeCommand(ByteBuffer.wrap(bytes)))
                .ifPresent(command -> assertThat(
                                MetadataCodec.decodeCommand(ByteBuffer.wrap(MetadataCodec.encode(command))))
                        .isEqualTo(command));
        known(() -> MetadataCodec.decodeResult(ByteBuffer.wrap(bytes)))
                .ifPresent(
                        result -> assertThat(MetadataCodec.decodeResult(ByteBuffer.wrap(MetadataCodec.encode(result))))
                                .isEqualTo(result));
        known(() -> MetadataCodec.decodeSnapshot(ByteBuffer.wrap(bytes)))
                .ifPresent(snapshot -> assertThat(
                                MetadataCodec.decodeSnapshot(ByteBuffer.wrap(MetadataCodec.encode(snapshot))))
                        .isEqualTo(snapshot));
    }

    private static void readFiles(byte[] bytes) throws IOException {
        var disk = new SimulatedDisk(1);
        disk.createDirectories(PARTITION);
        for (var file : List.of(DATA.resolve("node.json"), DATA.resolve("forming.json"), PARTITION.resolve("group"))) {
            WholeFile.replace(disk, file, ByteBuffer.wrap(bytes));
        }
        readIdentity(disk);
        readGroups(disk);
        GROUP.write(disk, PARTITION, ByteBuffer.wrap(bytes));
        readGroups(disk);
        for (var group : parsedGroup(bytes)) {
            var copy = new SimulatedDisk(1);
            new GroupFiles(copy, DATA).write(group);
            assertThat(readGroups(copy)).containsExactly(group);
        }
    }

    private static void readIdentity(Disk disk) throws IOException {
        var copy = new SimulatedDisk(1);
        copy.createDirectories(DATA);
        var files = new IdentityFiles(disk, DATA);
        var copies = new IdentityFiles(copy, DATA);
        var forming = whole(files::readForming);
        if (forming.isPresent()) {
            copies.writeForming(forming.get());
            assertThat(copies.readForming()).isEqualTo(forming);
        }
        var node = whole(files::readNode);
        if (node.isPresent()) {
            copies.writeNode(node.get());
            assertThat(copies.readNode()).isEqualTo(node);
        }
    }

    private interface Reading<T> {
        Optional<T> read() throws IOException;
    }

    private static <T> Optional<T> whole(Reading<T> reading) {
        try {
            return reading.read();
        } catch (IOException | NewerFormatException e) {
            assertThat(e).hasMessageContaining(".json");
            return Optional.empty();
        }
    }

    private static List<PartitionGroup> readGroups(Disk disk) {
        try {
            return List.copyOf(new GroupFiles(disk, DATA).readAll().values());
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("group");
            return List.of();
        }
    }

    private static List<PartitionGroup> parsedGroup(byte[] body) {
        try {
            return List.of(GroupFiles.parse(PARTITION.resolve("group"), ByteBuffer.wrap(body)));
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("group");
            return List.of();
        }
    }

    private static <T> Optional<T> known(Supplier<T> decode) {
        try {
            return Optional.of(decode.get());
        } catch (NewerFormatException e) {
            return Optional.empty();
        }
    }
}
