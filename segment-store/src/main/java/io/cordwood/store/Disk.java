package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Port to the files of our own formats.
 *
 * <p>Invariants: nothing is durable before a force. {@link DiskFile#force} makes a file's bytes and size durable,
 * {@link #forceDirectory} the names in a directory: creations, renames and deletions. Before that a power loss may keep
 * any part of them, in any order.
 *
 * <p><b>Thread:</b> any.
 */
public interface Disk {
    DiskFile open(Path file, OpenMode mode) throws IOException;

    /** As {@link #open}, for a file that is written in large appends. */
    default DiskFile openForAppends(Path file, OpenMode mode) throws IOException {
        return open(file, mode);
    }

    /**
     * As {@link #open} to read, for a look at all of a file that nobody else may want soon: where the disk
     * knows how, what is read is what it holds and not what memory remembers of it, and takes no memory
     * from other files.
     */
    default DiskFile openForScan(Path file) throws IOException {
        return open(file, OpenMode.READ);
    }

    boolean exists(Path path);

    /** What lies directly in the directory, ordered by name. */
    List<Path> list(Path directory) throws IOException;

    /** Creates what is missing of the path. What it created is durable on return. */
    void createDirectories(Path directory) throws IOException;

    /** Atomic, also where the target exists: it is replaced. */
    void rename(Path from, Path to) throws IOException;

    /** Gives a file one more name, which must be new. Nothing of it is read. */
    void link(Path file, Path name) throws IOException;

    /** The file must exist. Whoever has it open can read on. */
    void delete(Path file) throws IOException;

    /** @throws ForceFailedException where it fails; never call it again then */
    void forceDirectory(Path directory) throws IOException;

    /** What may still be written on the file system of this path. */
    long usableBytes(Path path) throws IOException;

    /** Size of the file system of this path. */
    long totalBytes(Path path) throws IOException;
}
