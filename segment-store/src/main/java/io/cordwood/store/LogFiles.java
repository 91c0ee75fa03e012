package io.cordwood.store;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where one log lives and what it works with.
 *
 * <p><b>Thread:</b> any.
 */
record LogFiles(Path directory, PartitionId id, LogConfig config, Storage storage) {
    /** See {@link Storage#reserveBytes}, where nobody says otherwise. */
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
        long reserve = storage.reserveBytes().getAsLong();
        if (usable - reserve < bytes) {
            throw new IOException("the disk of partition " + id + " has " + usable + " bytes left, " + bytes + " and "
                    + reserve + " are needed");
        }
    }
}
