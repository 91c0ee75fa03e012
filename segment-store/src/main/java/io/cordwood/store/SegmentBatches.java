package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads a sealed segment from its beginning to its end, batch by batch, each with its CRC checked. It has the file open for
 * itself, so it reads on when the segment is deleted meanwhile.
 *
 * <p>Invariants: memory is a window, or one batch where that is larger.
 *
 * <p><b>Thread:</b> one owner.
 */
final class SegmentBatches implements Closeable {
    private static final int WINDOW_BYTES = 256 << 10;

    /** Batches up to this size are read without a doubt about it. */
    private static final int BELIEVED_BYTES = 8 << 20;

    private final Segment segment;
    private final DiskFile file;
    private final BatchChain chain;
    private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
    private long windowPosition;

    /** @throws DamagedRangeException where a part of it is known to be damaged */
    SegmentBatches(Disk disk, Segment segment) throws IOException {
        this(readable(disk, segment), segment);
    }

    private static DiskFile readable(Disk disk, Segment segment) throws IOException {
        segment.requireReadable();
        return disk.open(segment.file(), OpenMode.READ);
    }

    /** @param file the segment's, closed with this */
    SegmentBatches(DiskFile file, Segment segment) {
        this.segment = segment;
        this.file = file;
        this.chain = new BatchChain(segment.baseOffset(), -1);
    }

    boolean hasNext() {
        return position() < segment.end().sizeBytes();
    }

    /**
     * The next batch; valid until the next call.
     *
     * @throws CorruptLogException when the bytes are not what belongs there
     */
    RecordBatch next() throws IOException {
        long position = position();
        long available = segment.end().sizeBytes() - position;
        load((int) Math.min(available, RecordBatch.HEADER_BYTES));
        var problem = chain.problemAt(window, window.position(), available);
        if (problem != null) {
            throw problem.at(segment.file(), position);
        }
        int size = RecordBatch.sizeAt(window, window.position());
        if (size > BELIEVED_BYTES) {
            requireCrc(position);
        }
        load(size);
        var batch = RecordBatch.of(window.slice(window.position(), size));
        if (!batch.crcMatches()) {
            throw new CorruptLogException(
                    segment.file(),
                    position,
                    "crc",
                    Integer.toHexString(batch.crc()),
                    Integer.toHexString(batch.computeCrc()));
        }
        chain.accept(window, window.position());
        window.position(window.position() + size);
        return batch;
    }

    /** Without memory for a batch that a damaged length field makes large. */
    private void requireCrc(long position) throws IOException {
        var walk = new BatchWalk(file::read, position, segment.end().sizeBytes(), chain, WINDOW_BYTES);
        var problem = walk.problem();
        if (problem != null) {
            throw problem.at(segment.file(), position);
        }
    }

    /** Where the next batch begins. */
    long position() {
        return windowPosition + window.position();
    }

    private void load(int bytes) throws IOException {
        if (window.remaining() >= bytes) {
            return;
        }
        windowPosition = position();
        // A new one: the batch that was handed out last looks into the old one.
        window = ByteBuffer.allocate(Math.max(bytes, WINDOW_BYTES));
        long left = segment.end().sizeBytes() - windowPosition;
        window.limit((int) Math.min(window.capacity(), left));
        file.read(window, windowPosition);
        window.flip();
        if (window.remaining() < bytes) {
            throw new CorruptLogException(
                    segment.file(),
                    windowPosition,
                    "file size",
                    segment.end().sizeBytes(),
                    windowPosition + window.remaining());
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
