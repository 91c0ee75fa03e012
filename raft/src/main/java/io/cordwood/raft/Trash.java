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
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The directories {@code trash/} of a node, one beside its partitions and one beside its raft logs, which may lie on another
 * disk: what nobody needs any more goes there in one step, and is deleted at leisure.
 *
 * <p>Invariant: nothing in the trash is ever opened again, so a deletion that a crash cuts short goes on with the rest.
 *
 * <p>Thread: taken in by the one that starts the node, then the reconciler's; emptied by another one at the same time. The monitor
 * guards that {@code trash/} is there while something is moved into it: it goes when it is empty.
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

    private synchronized void take(Path directory, Path target) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        var trash = Objects.requireNonNull(target.getParent(), "trash");
        disk.createDirectories(trash);
        Files.move(directory, free(target), StandardCopyOption.ATOMIC_MOVE);
        disk.forceDirectory(trash);
        disk.forceDirectory(Objects.requireNonNull(directory.getParent(), "parent"));
    }

    /** What an earlier try moved there may be about to be deleted. Only whoever takes in makes names. */
    private static Path free(Path target) {
        var found = target;
        for (int i = 1; Files.exists(found); i++) {
            found = target.resolveSibling(target.getFileName() + "." + i);
        }
        return found;
    }

    /** @param stopped asked between two files: what is left then stays for another time */
    void empty(BooleanSupplier stopped) throws IOException {
        empty(dataTrash, stopped);
        empty(raftTrash, stopped);
    }

    private void empty(Path trash, BooleanSupplier stopped) throws IOException {
        if (!Files.isDirectory(trash)) {
            return;
        }
        for (Path directory : disk.list(trash)) {
            Files.walkFileTree(directory, new Delete(stopped));
        }
        synchronized (this) {
            if (disk.list(trash).isEmpty()) {
                Files.delete(trash);
            }
        }
    }

    private final class Delete extends SimpleFileVisitor<Path> {
        private final BooleanSupplier stopped;

        private Delete(BooleanSupplier stopped) {
            this.stopped = stopped;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (stopped.getAsBoolean()) {
                return FileVisitResult.TERMINATE;
            }
            disk.delete(file);
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
