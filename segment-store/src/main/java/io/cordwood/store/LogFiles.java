package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where one log lives and what it works with.
 *
 * <p><b>Thread:</b> any.
 */
record LogFiles(Path directory, PartitionId id, LogConfig config, Storage storage) {
    /** Is left to what comes in while files are copied. */
    static final long RESERVE_BYTES = 64L << 20;

    Disk disk() {
        return storage.disk();
    }

    OffsetIndex index() {
        return storage.index();
    }

    Path resolve(String name) {
        return directory.resolve(name);
    }

    /** @throws IOException where files of this size would fill the disk: then nothing old could go any more */
    void requireRoomFor(long bytes) throws IOException {
        long usable = disk().usableBytes(directory);
        if (usable - RESERVE_BYTES < bytes) {
            throw new IOException("the disk of partition " + id + " has " + usable + " bytes left, " + bytes + " and "
                    + RESERVE_BYTES + " are needed");
        }
    }
}
