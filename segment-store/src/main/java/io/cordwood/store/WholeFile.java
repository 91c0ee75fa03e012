package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Small files that are read and replaced as a whole.
 *
 * <p>Invariants: after a crash a file holds either the old or the new bytes, or is not there if it was not before. The new
 * bytes are written under the file's name with {@value #TEMPORARY_SUFFIX} behind it, and forced, before they take the
 * name; what a crash leaves under that other name means nothing, and the next replacement removes it.
 *
 * <p><b>Thread:</b> one writer per file.
 */
public final class WholeFile {
    private static final String TEMPORARY_SUFFIX = ".tmp";

    private WholeFile() {}

    /** The bytes, which are the caller's, or empty when there is no file. */
    public static Optional<ByteBuffer> read(Disk disk, Path path) throws IOException {
        if (!disk.exists(path)) {
            return Optional.empty();
        }
        try (var file = disk.open(path, OpenMode.READ)) {
            var bytes = ByteBuffer.allocate(Math.toIntExact(file.sizeBytes()));
            file.read(bytes, 0);
            return Optional.of(bytes.flip());
        }
    }

    /** Creates the file or replaces it; its directory must exist. The bytes and the name are durable on return. */
    public static void replace(Disk disk, Path path, ByteBuffer bytes) throws IOException {
        var temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
        if (disk.exists(temporary)) {
            disk.delete(temporary);
        }
        try (var file = disk.open(temporary, OpenMode.CREATE)) {
            file.write(bytes, 0);
            file.force();
        }
        disk.rename(temporary, path);
        disk.forceDirectory(parent(path));
    }

    /** There is durably no such file on return, also where there was none before. */
    public static void delete(Disk disk, Path path) throws IOException {
        if (disk.exists(path)) {
            disk.delete(path);
        }
        disk.forceDirectory(parent(path));
    }

    private static Path parent(Path path) {
        return Objects.requireNonNull(path.toAbsolutePath().getParent(), "the root is no file");
    }
}
