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
    private final boolean unsafeFlush;

    private ActiveSegment(Segment segment, DiskFile file, boolean unsafeFlush) {
        this.segment = segment;
        this.file = file;
        this.unsafeFlush = unsafeFlush;
    }

    static ActiveSegment open(Disk disk, Segment segment, OpenMode mode, LogConfig config) throws IOException {
        return new ActiveSegment(segment, disk.openForAppends(segment.file(), mode), config.unsafeFlush());
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
