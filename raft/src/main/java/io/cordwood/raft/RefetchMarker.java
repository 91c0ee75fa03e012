package io.cordwood.raft;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.Disk;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Says that a replica gave up its segment files on purpose, because its leader's log start lies beyond them, and has not fetched
 * the others yet. Its raft log goes on to vote; nothing in the files is expected of it.
 *
 * <p>Invariants: written before the first file goes; it counts for the checkpoint it was written beside, so that a newer
 * checkpoint ends it.
 *
 * <p>Thread: whoever opens the replica, then its catch-up.
 *
 * <p>Layout, big endian: raft index of the checkpoint 8, -1 where there was none; CRC-32C of these 8 bytes 4.
 */
final class RefetchMarker {
    static final String NAME = "refetch";

    private static final int BODY_BYTES = Long.BYTES;
    private static final int FILE_BYTES = BODY_BYTES + Integer.BYTES;

    private RefetchMarker() {}

    /** Whether the files of a replica with this checkpoint were given up. */
    static boolean counts(Disk disk, Path directory, long checkpointIndex) throws IOException {
        var file = directory.resolve(NAME);
        if (!disk.exists(file)) {
            return false;
        }
        try (var open = disk.open(file, OpenMode.READ)) {
            var bytes = ByteBuffer.allocate(FILE_BYTES);
            open.read(bytes, 0);
            // One that is not whole was never forced: nothing went yet.
            return bytes.position() == FILE_BYTES
                    && bytes.getInt(BODY_BYTES) == crc(bytes)
                    && bytes.getLong(0) == checkpointIndex;
        }
    }

    /** For the checkpoint that is there now. Durable on return. */
    static void write(Disk disk, Path directory) throws IOException {
        var beside = CheckpointFile.read(disk, directory);
        long checkpointIndex = beside.map(Checkpoint::index).orElse(-1L);
        remove(disk, directory);
        var bytes = ByteBuffer.allocate(FILE_BYTES).putLong(checkpointIndex);
        bytes.putInt(crc(bytes)).flip();
        try (var file = disk.open(directory.resolve(NAME), OpenMode.CREATE)) {
            file.write(bytes, 0);
            file.force();
        }
        disk.forceDirectory(directory);
    }

    static void remove(Disk disk, Path directory) throws IOException {
        var file = directory.resolve(NAME);
        if (disk.exists(file)) {
            disk.delete(file);
        }
    }

    private static int crc(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().position(0).limit(BODY_BYTES));
        return (int) crc.getValue();
    }
}
