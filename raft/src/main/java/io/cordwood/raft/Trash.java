package io.cordwood.raft;

import io.cordwood.store.Disk;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The directories {@code trash/} of a node, one beside its partitions and one beside its raft logs, which may lie on another
 * disk: what nobody needs any more goes there in one step, and is deleted at leisure.
 *
 * <p>Invariant: nothing in the trash is ever opened again, so a deletion that a crash cuts short goes on with the rest.
 *
 * <p>Thread: the one that starts the node, then the reconciler's.
 */
final class Trash {
    private static final String NAME = "trash";

    private final Disk disk;
    private final Path dataTrash;
    private final Path raftTrash;

    Trash(Disk disk, Path dataDirectory, Path raftDirectory) {
        this.disk = disk;
        dataTrash = dataDirectory.resolve(NAME);
        raftTrash = raftDirectory.resolveSibling(NAME);
    }

    /** Takes in a directory of the data disk, where it is there; durable when it returns. */
    void takeData(Path directory, String name) throws IOException {
        take(directory, dataTrash.resolve(name));
    }

    /** Takes in a directory of the raft logs' disk, where it is there; durable when it returns. */
    void takeRaft(Path directory, String name) throws IOException {
        take(directory, raftTrash.resolve(name));
    }

    private void take(Path directory, Path target) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        var trash = Objects.requireNonNull(target.getParent(), "trash");
        disk.createDirectories(trash);
        if (Files.exists(target)) {
            Files.walkFileTree(target, new Delete()); // of an earlier try
        }
        Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
        disk.forceDirectory(trash);
        disk.forceDirectory(Objects.requireNonNull(directory.getParent(), "parent"));
    }

    void empty() throws IOException {
        empty(dataTrash);
        empty(raftTrash);
    }

    private static void empty(Path trash) throws IOException {
        if (Files.isDirectory(trash)) {
            Files.walkFileTree(trash, new Delete());
        }
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
