package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The only segment of a log that takes batches, with its file open for writing.
 *
 * <p><b>Thread:</b> the log's writer.
 */
final class ActiveSegment implements Closeable {
    private static final int PIECE_BYTES = 1 << 20;

    private final Segment segment;
    private final DiskFile file;
    private final boolean unsafeFlush;

    private ActiveSegment(Segment segment, DiskFile file, boolean unsafeFlush) {
        this.segment = segment;
        this.file = file;
        this.unsafeFlush = unsafeFlush;
    }

    static ActiveSegment open(Disk disk, Segment segment, OpenMode mode, LogConfig config) throws IOException {
        var file = disk.openForAppends(segment.file(), mode);
        return new ActiveSegment(segment, file, config.unsafeFlush());
    }

    Segment segment() {
        return segment;
    }

    /** @param maxTimestamp of all batches of the segment, these included */
    void append(ByteBuffer batches, long endOffset, long maxTimestamp) throws IOException {
        long position = segment.end().sizeBytes();
        int size = batches.remaining();
        file.write(batches.duplicate(), position);
        segment.publishEnd(new Segment.End(endOffset, position + size, maxTimestamp));
    }

    /** The shorter file is durable on return. */
    void cutTo(Segment.End end) throws IOException {
        segment.publishEnd(end);
        file.truncate(end.sizeBytes());
        force();
    }

    /**
     * As {@link #cutTo}, of what a process that stopped has left. A force of it may have failed: the kernel
     * takes the pages that it could not write for clean, gives them to readers as if they were there, and
     * does nothing at the next force. Nothing tells so, as a disk that failed takes no note of it. So here,
     * and nowhere else, a failed force is made good: the bytes are written again first.
     *
     * @param forcedBytes the first so many were forced for sure
     */
    void settle(Segment.End end, long forcedBytes) throws IOException {
        if (!unsafeFlush) {
            writeAgain(forcedBytes, end.sizeBytes());
        }
        cutTo(end);
    }

    private void writeAgain(long from, long to) throws IOException {
        var piece = ByteBuffer.allocate((int) Math.max(0, Math.min(PIECE_BYTES, to - from)));
        long at = from;
        while (at < to) {
            piece.clear().limit((int) Math.min(piece.capacity(), to - at));
            int size = file.read(piece, at);
            if (size < piece.limit()) {
                throw new IOException(segment + " ends at " + (at + size) + ", it had " + to + " bytes");
            }
            file.write(piece.flip(), at);
            at += size;
        }
    }

    void force() throws IOException {
        if (!unsafeFlush) {
            file.force();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
