package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds and reads batches in the segments of one log.
 *
 * <p>Invariants: an index entry is believed only when the header at its place is the one it was made from; a wrong one
 * is dropped, and the search goes on from an earlier one or from the start of the segment.
 *
 * <p><b>Thread:</b> any.
 */
final class LogReader {
    /** Batches up to this size are read without a doubt about it. */
    private static final int BELIEVED_BYTES = 8 << 20;

    private final PartitionId id;
    private final ReadFiles files;
    private final OffsetIndex index;
    private final int windowBytes;
    private final Supplier<List<LeaderEpoch>> epochs;

    /** @param epochs those of the log, as far as they are known */
    LogReader(LogFiles log, ReadFiles files, Supplier<List<LeaderEpoch>> epochs) {
        this.id = log.id();
        this.files = files;
        this.index = log.index();
        this.windowBytes = log.config().indexIntervalBytes();
        this.epochs = epochs;
    }

    /**
     * Batches of this segment from the one that holds the offset on; see {@link PartitionLog#read}.
     *
     * @param stableEnd what lies below is never cut
     */
    LogRead read(Segment segment, OffsetRange range, int maxBytes, long stableEnd) throws IOException {
        try {
            return find(segment, range, maxBytes, stableEnd);
        } catch (IOException e) {
            if (LogScrub.isDamage(e)) {
                segment.doubt();
            }
            throw e;
        }
    }

    private LogRead find(Segment segment, OffsetRange range, int maxBytes, long stableEnd) throws IOException {
        var end = segment.end();
        var walk = walkTo(segment, range.start(), end);
        long baseOffset = walk.baseOffset();
        requireSize(segment, walk);
        int wanted = (int) Math.min(Math.max(walk.sizeBytes(), maxBytes), end.sizeBytes() - walk.position());
        // It may be less: what lies above the high watermark can be cut at any time.
        var bytes = read(segment, walk.position(), wanted);
        int size = bytes.limit();
        var chain = new BatchChain(baseOffset, -1, walk.chain().maxTimestamp());
        int at = 0;
        while (at < size && chain.endOffset() < range.end()) {
            int left = size - at;
            if (at > 0 && (left < RecordBatch.HEADER_BYTES || RecordBatch.sizeAt(bytes, at) > left)) {
                break;
            }
            var problem = chain.problemAt(bytes, at, left);
            if (problem != null) {
                throw problem.at(segment.file(), walk.position() + at);
            }
            if (BatchHeader.endOffset(bytes, at) > range.end()) {
                break;
            }
            if (BatchHeader.endOffset(bytes, at) <= stableEnd) {
                int epoch = BatchHeader.leaderEpoch(bytes, at);
                LeaderEpochs.require(epochs.get(), chain.endOffset(), epoch, segment.file(), walk.position() + at);
            }
            chain.accept(bytes, at);
            at += RecordBatch.sizeAt(bytes, at);
        }
        if (at == 0) {
            // Were its end a damaged one, a reader would wait here for ever.
            batchAt(segment, walk);
            return LogRead.empty(range.start());
        }
        if (chain.endOffset() <= stableEnd) {
            segment.readTo(new Segment.Place(chain.endOffset(), walk.position() + at, chain.maxTimestamp()));
        }
        return new LogRead(bytes.limit(at), baseOffset, chain.endOffset());
    }

    /** The bytes of exactly these batches; see {@link PartitionLog#readExactly}. */
    Optional<ByteBuffer> readExactly(Segment segment, OffsetRange range, int sizeBytes) throws IOException {
        var end = segment.end();
        return range.end() > end.offset()
                ? Optional.empty()
                : readAt(segment, walkTo(segment, range.start(), end).position(), range, sizeBytes);
    }

    /** The same, of a segment that is no longer part of the log: the index knows the one in its place. */
    Optional<ByteBuffer> readReplaced(Segment segment, OffsetRange range, int sizeBytes) throws IOException {
        var last = segment.readTo();
        var start = last != null && last.offset() <= range.start() ? last : startOf(segment);
        long position = search(segment, start, segment.end(), range.start(), windowBytes)
                .position();
        var found = readAt(segment, position, range, sizeBytes);
        if (found.isPresent()) {
            segment.readTo(new Segment.Place(range.end(), position + sizeBytes, RecordBatch.NO_TIMESTAMP));
        }
        return found;
    }

    private Optional<ByteBuffer> readAt(Segment segment, long position, OffsetRange range, int sizeBytes)
            throws IOException {
        if (sizeBytes < RecordBatch.HEADER_BYTES || sizeBytes > segment.end().sizeBytes() - position) {
            return Optional.empty();
        }
        var bytes = read(segment, position, sizeBytes);
        return bytes.limit() == sizeBytes && isChain(bytes, range) ? Optional.of(bytes) : Optional.empty();
    }

    /**
     * Where the batch with this base offset begins, which may also be the end.
     *
     * @throws IllegalStateException when the offset lies inside a batch
     */
    Segment.End placeOf(Segment segment, long offset) throws IOException {
        var end = segment.end();
        if (offset == end.offset()) {
            return end;
        }
        var walk = walkTo(segment, offset, end);
        if (walk.baseOffset() != offset) {
            throw new IllegalStateException("offset " + offset + " lies inside the batch [" + walk.baseOffset() + ", "
                    + walk.endOffset() + ") of " + segment.file());
        }
        return new Segment.End(offset, walk.position(), walk.chain().maxTimestamp());
    }

    /** A walk that stands at the batch that holds the offset and can go on. The offset lies within the segment. */
    BatchWalk walkFrom(Segment segment, long offset, Segment.End end) throws IOException {
        return search(segment, startOf(segment, offset, end), end, offset, windowBytes);
    }

    /**
     * A walk that stands at or before the first batch at or beyond the offset that is not older than this time, and not
     * before the batch that holds the offset.
     */
    BatchWalk walkFromTime(Segment segment, OffsetRange range, long timestampMs) throws IOException {
        var end = segment.end();
        var entry = index.lastBefore(id, range, timestampMs);
        while (entry.isPresent()) {
            var found = entry.get();
            if (found.segmentBase() == segment.baseOffset() && isTrue(found, segment, end)) {
                return search(segment, placeOf(found), end, found.offset(), windowBytes);
            }
            if (segment.isReplaced()) {
                return search(segment, startOf(segment), end, range.start(), windowBytes);
            }
            index.remove(id, found.offset());
            entry = index.lastBefore(id, range, timestampMs);
        }
        return walkFrom(segment, range.start(), end);
    }

    /** A walk that stands at the nearest known place at or below the offset, which lies within the segment. */
    BatchWalk walkBefore(Segment segment, long offset, Segment.End end) throws IOException {
        var place = startOf(segment, offset, end);
        return search(segment, place, end, place.offset(), windowBytes);
    }

    /** The batch that holds the offset, with a right CRC. */
    RecordBatch batchAt(Segment segment, long offset) throws IOException {
        return batchAt(segment, walkFrom(segment, offset, segment.end()));
    }

    /** The batch at which the walk stands, with a right CRC. */
    RecordBatch batchAt(Segment segment, BatchWalk walk) throws IOException {
        requireSize(segment, walk);
        int size = walk.sizeBytes();
        var bytes = read(segment, walk.position(), size);
        if (bytes.limit() < size) {
            throw new CorruptLogException(segment.file(), walk.position(), "batch size", size, bytes.limit());
        }
        var batch = RecordBatch.of(bytes);
        int crc = batch.computeCrc();
        if (crc != batch.crc()) {
            throw new CorruptLogException(
                    segment.file(), walk.position(), "crc", Integer.toHexString(batch.crc()), Integer.toHexString(crc));
        }
        return batch;
    }

    /** A length field that asks for much memory may be a damaged one: the CRC tells, and is computed piece by piece. */
    private static void requireSize(Segment segment, BatchWalk walk) throws IOException {
        var problem = walk.sizeBytes() > BELIEVED_BYTES ? walk.problem() : null;
        if (problem != null) {
            throw problem.at(segment.file(), walk.position());
        }
    }

    /** As {@link #walkFrom}, for a look at that one batch. */
    private BatchWalk walkTo(Segment segment, long offset, Segment.End end) throws IOException {
        var start = startOf(segment, offset, end);
        // A reader that goes on where it left off is there already and needs no more than the header.
        int window = start.offset() == offset ? RecordBatch.HEADER_BYTES : windowBytes;
        return search(segment, start, end, offset, window);
    }

    private BatchWalk search(Segment segment, Segment.Place start, Segment.End end, long offset, int window)
            throws IOException {
        var chain = new BatchChain(start.offset(), -1, start.maxTimestampBefore());
        var walk = new BatchWalk(files.of(segment), start.position(), end.sizeBytes(), chain, window);
        while (true) {
            walk.requireHeader(segment);
            if (walk.endOffset() > offset) {
                return walk;
            }
            walk.advance();
        }
    }

    private Segment.Place startOf(Segment segment, long offset, Segment.End end) throws IOException {
        var readTo = segment.readTo();
        if (readTo != null && readTo.offset() == offset) {
            return readTo;
        }
        var entry = index.floor(id, offset);
        while (entry.isPresent() && entry.get().segmentBase() == segment.baseOffset()) {
            if (isTrue(entry.get(), segment, end)) {
                return placeOf(entry.get());
            }
            if (segment.isReplaced()) {
                return startOf(segment); // the entry is a good one, of the file in its place
            }
            index.remove(id, entry.get().offset());
            entry = index.floor(id, offset);
        }
        return startOf(segment);
    }

    private static Segment.Place startOf(Segment segment) {
        return new Segment.Place(segment.baseOffset(), 0, RecordBatch.NO_TIMESTAMP);
    }

    private static Segment.Place placeOf(IndexEntry entry) {
        return new Segment.Place(entry.offset(), entry.position(), entry.maxTimestampBefore());
    }

    private boolean isTrue(IndexEntry entry, Segment segment, Segment.End end) throws IOException {
        if (entry.position() < 0 || entry.position() > end.sizeBytes() - RecordBatch.HEADER_BYTES) {
            return false;
        }
        var header = read(segment, entry.position(), RecordBatch.HEADER_BYTES);
        if (header.limit() < RecordBatch.HEADER_BYTES) {
            return false;
        }
        var problem = new BatchChain(entry.offset(), -1).problemAt(header, 0, end.sizeBytes() - entry.position());
        return problem == null
                && BatchHeader.crc(header, 0) == entry.crc()
                && BatchHeader.leaderEpoch(header, 0) == entry.leaderEpoch();
    }

    /** So many bytes, or what there is of them up to the end of the file. */
    private ByteBuffer read(Segment segment, long position, int size) throws IOException {
        var bytes = ByteBuffer.allocate(size);
        files.read(segment, bytes, position);
        return bytes.flip();
    }

    private static boolean isChain(ByteBuffer bytes, OffsetRange range) {
        var chain = new BatchChain(range.start(), -1);
        int at = 0;
        while (at < bytes.limit()) {
            @Nullable BatchProblem problem = chain.problemAt(bytes, at, bytes.limit() - at);
            if (problem != null) {
                return false;
            }
            chain.accept(bytes, at);
            at += RecordBatch.sizeAt(bytes, at);
        }
        return chain.endOffset() == range.end();
    }
}
