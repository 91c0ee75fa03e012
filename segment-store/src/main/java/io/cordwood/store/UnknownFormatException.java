package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file of ours, undamaged, in a format version that this build does not know: a newer build wrote it. It must be left
 * as it is.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class UnknownFormatException extends IOException {
    private final Path file;
    private final int version;

    public UnknownFormatException(Path file, int version, int newestKnown) {
        super(file + " has format version " + version + ", this build knows up to " + newestKnown
                + ": start the build that wrote it");
        this.file = file;
        this.version = version;
    }

    public Path file() {
        return file;
    }

    public int version() {
        return version;
    }
}
