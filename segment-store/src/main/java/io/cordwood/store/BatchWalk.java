package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Goes from batch to batch through a range of a file, with one window of bytes in memory: a length field of damaged
 * bytes never makes it allocate more.
 *
 * <p>Invariants: {@link #position} is the start of a batch, or of what does not continue the chain, or the end.
 *
 * <p><b>Thread:</b> one owner.
 */
final class BatchWalk {
    private static final int CRC_PIECE_BYTES = 1 << 16;

    private final ByteSource source;
    private final long endPosition;
    private final BatchChain chain;
    private final ByteBuffer window;
    private long windowPosition;
    private long position;

    BatchWalk(ByteSource source, long startPosition, long endPosition, BatchChain chain, int windowBytes) {
        this.source = source;
        this.endPosition = endPosition;
        this.chain = chain;
        this.window = ByteBuffer.allocate((int) Math.min(windowBytes, Math.max(0, endPosition - startPosition)))
                .limit(0);
        this.windowPosition = startPosition;
        this.position = startPosition;
    }

    long position() {
        return position;
    }

    BatchChain chain() {
        return chain;
    }

    boolean atEnd() {
        return position >= endPosition;
    }

    /** What is wrong with the header of the batch at the position, null when nothing is. */
    @Nullable
    BatchProblem headerProblem() throws IOException {
        long available = endPosition - position;
        int header = (int) Math.min(available, RecordBatch.HEADER_BYTES);
        if (!load(header)) {
            return new BatchProblem("file size", endPosition, windowPosition + window.limit());
        }
        return chain.problemAt(window, at(), available);
    }

    /** @throws CorruptLogException when the header of the batch at the position has a problem */
    void requireHeader(Segment segment) throws IOException {
        var problem = headerProblem();
        if (problem != null) {
            throw problem.at(segment.file(), position);
        }
    }

    /**
     * As {@link #requireHeader}, and the CRC: for those who conclude something from what the header says.
     */
    void requireBatch(Segment segment) throws IOException {
        var problem = problem();
        if (problem != null) {
            throw problem.at(segment.file(), position);
        }
    }

    /** As {@link #headerProblem}, and the CRC. */
    @Nullable
    BatchProblem problem() throws IOException {
        var problem = headerProblem();
        if (problem != null) {
            return problem;
        }
        int expected = crc();
        int found = computeCrc();
        return expected == found
                ? null
                : new BatchProblem("crc", Integer.toHexString(expected), Integer.toHexString(found));
    }

    // The fields below are those of a batch whose header has no problem.

    int sizeBytes() {
        return RecordBatch.sizeAt(window, at());
    }

    int crc() {
        return BatchHeader.crc(window, at());
    }

    long baseOffset() {
        return BatchHeader.baseOffset(window, at());
    }

    long endOffset() {
        return BatchHeader.endOffset(window, at());
    }

    long maxTimestamp() {
        return BatchHeader.maxTimestamp(window, at());
    }

    /** What an index would hold for this batch. */
    IndexEntry indexEntry(long segmentBase) {
        return chain.indexEntry(window, at(), segmentBase, position);
    }

    int leaderEpoch() {
        return BatchHeader.leaderEpoch(window, at());
    }

    void advance() {
        int size = sizeBytes();
        chain.accept(window, at());
        position += size;
    }

    private int computeCrc() throws IOException {
        int size = sizeBytes();
        var crc = new CRC32C();
        if (load(size)) {
            crc.update(window.duplicate().limit(at() + size).position(at() + BatchHeader.CRC_START_POSITION));
            return (int) crc.getValue();
        }
        return streamCrc(position + BatchHeader.CRC_START_POSITION, position + size, crc);
    }

    private int streamCrc(long start, long end, CRC32C crc) throws IOException {
        var piece = ByteBuffer.allocate((int) Math.min(Math.max(window.capacity(), CRC_PIECE_BYTES), end - start));
        for (long at = start; at < end; at += piece.limit()) {
            piece.clear().limit((int) Math.min(piece.capacity(), end - at));
            if (source.read(piece, at) < piece.limit()) {
                // The file is shorter than its size said: whatever this is the CRC of, it is not the batch.
                return (int) crc.getValue();
            }
            crc.update(piece.flip());
        }
        return (int) crc.getValue();
    }

    /** Whether so many bytes from the position on are in the window, after reading them if they were not. */
    private boolean load(int bytes) throws IOException {
        if (bytes > window.capacity()) {
            return false;
        }
        long loadedEnd = windowPosition + window.limit();
        if (position < windowPosition || position + bytes > loadedEnd) {
            windowPosition = position;
            window.clear().limit((int) Math.min(window.capacity(), endPosition - position));
            source.read(window, position);
            window.flip();
        }
        return position + bytes <= windowPosition + window.limit();
    }

    private int at() {
        return Math.toIntExact(position - windowPosition);
    }
}
