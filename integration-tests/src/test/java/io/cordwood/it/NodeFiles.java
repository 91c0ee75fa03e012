package io.cordwood.it;

import io.cordwood.store.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The data directory of one node as it lies on the disk. The server may run while it is only read.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> {@code docs/format.md}, "floor" and "Node identity".
 */
public record NodeFiles(Path dataDirectory) {
    private static final Pattern METADATA_GROUP = Pattern.compile("\"metadataGroupId\": \"([0-9a-f-]+)\"");
    private static final int FLOOR_MAGIC = 0x4357464C;
    private static final int FLOOR_SLOT_BYTES = 65_536;
    private static final int FLOOR_FIXED_BYTES = 20;
    private static final int FLOOR_GROUP_BYTES = 24;

    private record FloorSlot(long sequence, Map<UUID, Long> floors) {}

    RaftLogFiles metadataLog() {
        try {
            var found = METADATA_GROUP.matcher(Files.readString(dataDirectory.resolve("node.json")));
            if (!found.find()) {
                throw new AssertionError("no metadata group in " + dataDirectory);
            }
            return new RaftLogFiles(raftDirectory().resolve(found.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path metadataSnapshot() {
        return dataDirectory.resolve("metadata").resolve("snapshot");
    }

    /** Of a partition, whose directory has this name. */
    public ReplicaOnDisk replica(String name) {
        var directory = dataDirectory.resolve("partitions").resolve(name);
        return new ReplicaOnDisk(RaftLogFiles.ofPartition(dataDirectory, directory), new SegmentFiles(directory));
    }

    /** Whether the floor that is on the disk has reached the newest entry of every raft log of the node. */
    public boolean floorCoversRaftLogs() {
        var floors = floors();
        return raftLogs().stream().allMatch(log -> floors.getOrDefault(log.groupId(), -1L) >= log.newestEntry());
    }

    private List<RaftLogFiles> raftLogs() {
        try (var groups = Files.list(raftDirectory())) {
            return groups.filter(Files::isDirectory).map(RaftLogFiles::new).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path raftDirectory() {
        return dataDirectory.resolve("raft");
    }

    /** By raft group; none where neither slot is whole, as may be while one is written. */
    private Map<UUID, Long> floors() {
        try {
            var bytes = ByteBuffer.wrap(Files.readAllBytes(dataDirectory.resolve("floor")));
            return Stream.of(0, FLOOR_SLOT_BYTES)
                    .flatMap(at -> Stream.ofNullable(floorSlot(bytes, at)))
                    .max(Comparator.comparingLong(FloorSlot::sequence))
                    .map(FloorSlot::floors)
                    .orElse(Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable FloorSlot floorSlot(ByteBuffer file, int at) {
        if (file.limit() < at + FLOOR_FIXED_BYTES || file.getInt(at) != FLOOR_MAGIC) {
            return null;
        }
        long size = FLOOR_FIXED_BYTES + (long) file.getInt(at + 16) * FLOOR_GROUP_BYTES;
        if (size < FLOOR_FIXED_BYTES || at + size + Integer.BYTES > file.limit()) {
            return null;
        }
        int end = (int) size;
        var crc = new CRC32C();
        crc.update(file.slice(at, end));
        if (file.getInt(at + end) != (int) crc.getValue()) {
            return null;
        }
        var floors = new HashMap<UUID, Long>();
        for (int group = at + FLOOR_FIXED_BYTES; group < at + end; group += FLOOR_GROUP_BYTES) {
            floors.put(new UUID(file.getLong(group), file.getLong(group + 8)), file.getLong(group + 16));
        }
        return new FloorSlot(file.getLong(at + 8), floors);
    }

    /** All files below, in order of their names; not the lock, which holds nothing. */
    List<Path> allFiles() {
        try (var files = Files.walk(dataDirectory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("lock"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void copyTo(Path target) {
        try (var files = Files.walk(dataDirectory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                var copy = target.resolve(dataDirectory.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves an empty directory. */
    void empty() {
        DirectoryTree.delete(dataDirectory);
        try {
            Files.createDirectory(dataDirectory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
