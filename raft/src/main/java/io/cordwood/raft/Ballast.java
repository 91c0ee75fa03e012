package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file on each of a node's disks that means nothing and takes room: a node that starts on a disk that
 * somebody filled to the last byte gives it up. Locks, votes, the first entries of a term and the offset
 * index are small, and there is no start without them.
 *
 * <p>Invariant: it is given up at a start only; while the node runs it stops taking batches long before.
 *
 * <p>Thread: one at a time.
 */
final class Ballast {
    static final String FILE_NAME = "ballast";
    /** Some 20 KiB for each of 300 groups, and what the index writes at once. */
    private static final long BYTES = 16 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Ballast.class);
    private static final int PIECE_BYTES = 1 << 20;

    private final Disk disk;

    Ballast(Disk disk) {
        this.disk = disk;
    }

    /** Gives up that of a directory, where its disk has less left than it takes. */
    void release(Path directory) {
        var file = directory.resolve(FILE_NAME);
        try {
            if (disk.exists(file) && disk.usableBytes(directory) < sizeBytes(file)) {
                disk.delete(file);
                LOG.warn("the disk of {} is full: {} made way for the start; make room", directory, file);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot make way for the start", file, e);
        }
    }

    private long sizeBytes(Path file) throws IOException {
        try (var opened = disk.open(file, OpenMode.READ)) {
            return opened.sizeBytes();
        }
    }

    /**
     * Makes that of a directory, where there is none; of a quarter of the floor at most. The caller has
     * seen that there is room.
     */
    void keep(Path directory, long floorBytes) {
        var file = directory.resolve(FILE_NAME);
        try {
            if (disk.exists(directory) && !disk.exists(file)) {
                write(file, Math.min(BYTES, floorBytes / 4));
            }
        } catch (IOException e) {
            LOG.warn("no {}: a start on a full disk may fail", file, e);
        }
    }

    /**
     * With bytes that no file system makes shorter. Not forced: what a power loss leaves of it is as good
     * as it is long.
     */
    private void write(Path file, long bytes) throws IOException {
        var random = new Random(1);
        try (var opened = disk.open(file, OpenMode.CREATE)) {
            var piece = new byte[PIECE_BYTES];
            for (long position = 0; position < bytes; position += PIECE_BYTES) {
                random.nextBytes(piece);
                opened.write(ByteBuffer.wrap(piece, 0, (int) Math.min(PIECE_BYTES, bytes - position)), position);
            }
        }
    }
}
