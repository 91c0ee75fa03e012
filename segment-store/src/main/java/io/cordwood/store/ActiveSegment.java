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
    private final Segment segment;
    private final DiskFile file;
    private final FailedForce failedForce;
    private final boolean unsafeFlush;

    private ActiveSegment(Segment segment, DiskFile file, FailedForce failedForce, boolean unsafeFlush) {
        this.segment = segment;
        this.file = file;
        this.failedForce = failedForce;
        this.unsafeFlush = unsafeFlush;
    }

    static ActiveSegment open(Disk disk, Segment segment, OpenMode mode, LogConfig config) throws IOException {
        var file = disk.openForAppends(segment.file(), mode);
        return new ActiveSegment(segment, file, new FailedForce(disk, segment.file()), config.unsafeFlush());
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
     * As {@link #cutTo}, of what a process that stopped has left: here alone a failed force is made good.
     */
    void settle(Segment.End end) throws IOException {
        boolean failed = failedForce.isNoted();
        if (failed) {
            FailedForce.writeAgain(file, end.sizeBytes());
        }
        cutTo(end);
        if (failed) {
            failedForce.forget();
        }
    }

    void force() throws IOException {
        if (unsafeFlush) {
            return;
        }
        try {
            file.force();
        } catch (IOException e) {
            failedForce.note(e);
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
