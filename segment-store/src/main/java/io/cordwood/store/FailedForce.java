package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The file {@value #NAME} in a partition's directory: a force of the newest segment has failed. The kernel
 * takes the pages that it could not write for clean, so after a restart of the process they are read as if
 * they were there, and a force of them does nothing. The next start therefore writes them again before it
 * forces them.
 *
 * <p>Invariants: it is there from the failure on, as far as the disk still takes it, until the bytes were
 * forced.
 *
 * <p><b>Thread:</b> the log's writer.
 *
 * <p><b>Layout:</b> empty.
 *
 * <p><b>Source:</b> Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020.
 */
final class FailedForce {
    static final String NAME = "force-failed";

    private static final int PIECE_BYTES = 1 << 20;

    private final Disk disk;
    private final Path file;

    /** @param segment beside which it lies */
    FailedForce(Disk disk, Path segment) {
        this.disk = disk;
        this.file = segment.resolveSibling(NAME);
    }

    boolean isNoted() {
        return disk.exists(file);
    }

    /**
     * @param cause is told where the disk does not even take this: there is nothing else to be done then
     */
    void note(IOException cause) {
        try {
            WholeFile.replace(disk, file, ByteBuffer.allocate(0));
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Makes the bytes of a file such that a force writes them. */
    static void writeAgain(DiskFile segment, long sizeBytes) throws IOException {
        var piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, sizeBytes));
        long at = 0;
        while (at < sizeBytes) {
            piece.clear().limit((int) Math.min(piece.capacity(), sizeBytes - at));
            int size = segment.read(piece, at);
            if (size < piece.limit()) {
                throw new IOException(segment.path() + " ends at " + (at + size) + ", it had " + sizeBytes + " bytes");
            }
            segment.write(piece.flip(), at);
            at += size;
        }
    }

    /** Durable on return. */
    void forget() throws IOException {
        WholeFile.delete(disk, file);
    }
}
