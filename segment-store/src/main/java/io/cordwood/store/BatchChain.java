package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the next batch of a log must look like: it begins where the last one ended, and its leader epoch is no lower.
 *
 * <p>The epoch rule tells a stale rest from the batches that replaced its beginning: a leader of a new term has a
 * higher epoch than whatever it overwrites, so behind its batches a lower one was never part of the same log.
 *
 * <p>It also knows the maximum timestamp of the segment's batches so far, for those that go through a segment from its
 * beginning or from where that is known.
 *
 * <p><b>Thread:</b> one owner.
 */
final class BatchChain {
    private static final int HEADER_BYTES = RecordBatch.HEADER_BYTES;

    private long endOffset;
    private int leaderEpoch;
    private long maxTimestamp;

    /** @param leaderEpoch of the batch before, or -1 when any will do */
    BatchChain(long endOffset, int leaderEpoch) {
        this(endOffset, leaderEpoch, RecordBatch.NO_TIMESTAMP);
    }

    /** @param maxTimestamp of the segment's batches before */
    BatchChain(long endOffset, int leaderEpoch, long maxTimestamp) {
        this.endOffset = endOffset;
        this.leaderEpoch = leaderEpoch;
        this.maxTimestamp = maxTimestamp;
    }

    /** The next batch is the first one of a segment. */
    void startSegment() {
        maxTimestamp = RecordBatch.NO_TIMESTAMP;
    }

    /** Of the segment's batches so far; {@link RecordBatch#NO_TIMESTAMP} while none has one. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    /** Exclusive end of the batches so far. */
    long endOffset() {
        return endOffset;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    /**
     * Says what is wrong with the header at this place, null when nothing is. The CRC is not looked at.
     *
     * @param available bytes from this place to the end of the file or range; at least a header of them must be in the
     *     buffer, if there are so many
     */
    @Nullable
    BatchProblem problemAt(ByteBuffer bytes, int at, long available) {
        if (available < HEADER_BYTES) {
            return new BatchProblem("batch header", HEADER_BYTES + " bytes", available + " bytes");
        }
        if (BatchHeader.magic(bytes, at) != RecordBatch.MAGIC) {
            return new BatchProblem("magic", RecordBatch.MAGIC, BatchHeader.magic(bytes, at));
        }
        int size = RecordBatch.sizeAt(bytes, at);
        if (size < HEADER_BYTES || size > available) {
            return new BatchProblem("batch size", "within [" + HEADER_BYTES + ", " + available + "]", size);
        }
        if (BatchHeader.baseOffset(bytes, at) != endOffset) {
            return new BatchProblem("base offset", endOffset, BatchHeader.baseOffset(bytes, at));
        }
        long largestDelta = Math.min(Integer.MAX_VALUE, Long.MAX_VALUE - 1 - endOffset);
        int lastOffsetDelta = BatchHeader.lastOffsetDelta(bytes, at);
        if (lastOffsetDelta < 0 || lastOffsetDelta > largestDelta) {
            return new BatchProblem("last offset delta", "within [0, " + largestDelta + "]", lastOffsetDelta);
        }
        if (BatchHeader.leaderEpoch(bytes, at) < Math.max(leaderEpoch, 0)) {
            return new BatchProblem(
                    "leader epoch", ">= " + Math.max(leaderEpoch, 0), BatchHeader.leaderEpoch(bytes, at));
        }
        return null;
    }

    /** What an index would hold for the batch at this place, which is the next one. */
    IndexEntry indexEntry(ByteBuffer bytes, int at, long segmentBase, long position) {
        return new IndexEntry(
                BatchHeader.baseOffset(bytes, at),
                segmentBase,
                position,
                BatchHeader.leaderEpoch(bytes, at),
                BatchHeader.crc(bytes, at),
                maxTimestamp);
    }

    /** Goes on behind the batch at this place. */
    void accept(ByteBuffer bytes, int at) {
        endOffset = BatchHeader.endOffset(bytes, at);
        leaderEpoch = BatchHeader.leaderEpoch(bytes, at);
        maxTimestamp = Math.max(maxTimestamp, BatchHeader.maxTimestamp(bytes, at));
    }
}
