package io.cordwood.raft;

import io.cordwood.store.Disk;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.protocol.RaftGroupId;
import org.jspecify.annotations.Nullable;

/**
 * The partition groups that this node has on its disk, by their group files.
 *
 * <p>Thread: written by the starting thread, then by the reconciler; read by any.
 */
final class LocalPartitions {
    private final Disk disk;
    private final Path dataDirectory;
    private final GroupFiles files;
    private final PartitionHost host;
    private final Map<UUID, PartitionGroup> groups;

    LocalPartitions(
            Disk disk, Path dataDirectory, GroupFiles files, PartitionHost host, Map<UUID, PartitionGroup> groups) {
        this.disk = disk;
        this.dataDirectory = dataDirectory;
        this.files = files;
        this.host = host;
        this.groups = new ConcurrentHashMap<>(groups);
    }

    Collection<PartitionGroup> all() {
        return List.copyOf(groups.values());
    }

    Optional<PartitionGroup> find(UUID groupId) {
        return Optional.ofNullable(groups.get(groupId));
    }

    /** Whether the group must not be created: it was here once, and what it acknowledged is lost or set aside. */
    boolean wasHere(UUID groupId) {
        return host.isQuarantined(RaftGroupId.valueOf(groupId))
                || find(groupId).filter(PartitionGroup::created).isPresent();
    }

    /** Durable when it returns. */
    void write(PartitionGroup group) throws IOException {
        files.write(group);
        groups.put(group.groupId(), group);
    }

    /** The group could not be opened: what its state machine registered goes, its files stay. */
    void notOpened(PartitionGroup group) throws IOException {
        host.removed(RaftGroupId.valueOf(group.groupId()), group.placement());
    }

    /** The partition's directory goes to the trash; its raft log is gone before. */
    void remove(PartitionGroup group) throws IOException {
        host.removed(RaftGroupId.valueOf(group.groupId()), group.placement());
        var directory = dataDirectory.resolve("partitions").resolve(group.directoryName());
        if (Files.exists(directory)) {
            disk.createDirectories(trash());
            var target = trash().resolve(group.directoryName() + "-" + group.groupId());
            Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
            disk.forceDirectory(trash());
            disk.forceDirectory(dataDirectory.resolve("partitions"));
        }
        groups.remove(group.groupId());
    }

    void emptyTrash() throws IOException {
        if (Files.isDirectory(trash())) {
            Files.walkFileTree(trash(), new Delete());
        }
    }

    private Path trash() {
        return dataDirectory.resolve("trash");
    }

    private static final class Delete extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
