package io.cordwood.store;

import java.nio.file.Path;

/**
 * Where one log lives and what it works with.
 *
 * <p><b>Thread:</b> any.
 */
record LogFiles(Path directory, PartitionId id, LogConfig config, Storage storage) {
    Disk disk() {
        return storage.disk();
    }

    OffsetIndex index() {
        return storage.index();
    }

    Path resolve(String name) {
        return directory.resolve(name);
    }
}
