package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file on each of a node's disks that means nothing and takes room: a node gives half of it up when
 * somebody filled the disk to the last byte while it ran, and all of it when it starts on such a disk.
 * Locks, votes, the first entries of a term and the offset index are small, and there is no start without
 * them. A vote that finds no room is worse: Ratis puts an empty file in the place of the one before.
 *
 * <p>Invariants: the last half of it is given up at a start only. What became of it is remembered: a file
 * is opened, and a failure told, once until the disk is full again or has room again.
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
    /** By directory; none where nothing was done yet. */
    private final Map<Path, State> states = new HashMap<>();

    private enum State {
        /** Or could not be made so. */
        WHOLE,
        HALVED
    }

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

    /** Gives up what is more than half of that of a directory. The caller has seen that there is no room. */
    void halve(Path directory, long floorBytes) {
        if (states.put(directory, State.HALVED) == State.HALVED) {
            return;
        }
        var file = directory.resolve(FILE_NAME);
        long half = wholeBytes(floorBytes) / 2;
        try {
            if (disk.exists(file) && sizeBytes(file) > half) {
                try (var opened = disk.open(file, OpenMode.WRITE)) {
                    opened.truncate(half);
                }
                LOG.warn("the disk of {} is full: half of {} made way for votes; make room", directory, file);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot make way for votes", file, e);
        }
    }

    /**
     * Makes that of a directory whole, of a quarter of the floor at most. The caller has seen that there is
     * room. Where it fails it is not tried again before the disk was full.
     */
    void keep(Path directory, long floorBytes) {
        if (states.get(directory) == State.WHOLE || !disk.exists(directory)) {
            return;
        }
        states.put(directory, State.WHOLE);
        var file = directory.resolve(FILE_NAME);
        try {
            write(file, wholeBytes(floorBytes));
        } catch (IOException e) {
            LOG.warn("no {}: a start on a full disk may fail", file, e);
        }
    }

    private static long wholeBytes(long floorBytes) {
        return Math.min(BYTES, floorBytes / 4);
    }

    /**
     * What is missing of it, with bytes that no file system makes shorter. Not forced: what a power loss
     * leaves of it is as good as it is long.
     */
    private void write(Path file, long bytes) throws IOException {
        try (var opened = disk.open(file, disk.exists(file) ? OpenMode.WRITE : OpenMode.CREATE)) {
            long there = opened.sizeBytes();
            if (there >= bytes) {
                return;
            }
            var random = new Random(there);
            var piece = new byte[PIECE_BYTES];
            for (long position = there; position < bytes; position += PIECE_BYTES) {
                random.nextBytes(piece);
                opened.write(ByteBuffer.wrap(piece, 0, (int) Math.min(PIECE_BYTES, bytes - position)), position);
            }
        }
    }
}
