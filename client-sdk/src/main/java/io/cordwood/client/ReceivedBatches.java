package io.cordwood.client;

import com.google.protobuf.ByteString;
import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordIterator;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whole record batches, back to back, as one answer of a node brought them; gives their records from a position on.
 *
 * <p>Invariants: batches follow each other without a hole; no record of a batch is given before the batch's CRC was
 * found right. Records are unpacked as they are asked for.
 *
 * <p><b>Thread:</b> the reader's.
 */
final class ReceivedBatches {
    private final TopicPartition partition;
    private final ByteBuffer bytes;
    private final int sizeBytes;
    private final long baseOffset;
    private final long endOffset;
    private @Nullable RecordIterator records;
    private int leaderEpoch = -1;

    private ReceivedBatches(TopicPartition partition, ByteBuffer bytes, long baseOffset, long endOffset) {
        this.partition = partition;
        this.bytes = bytes;
        this.sizeBytes = bytes.remaining();
        this.baseOffset = baseOffset;
        this.endOffset = endOffset;
    }

    /**
     * Looks at the headers only.
     *
     * @param data not empty
     * @throws CordwoodException CORRUPT_BATCH when they are not whole batches that follow each other
     */
    static ReceivedBatches of(TopicPartition partition, ByteString data) {
        var bytes = data.asReadOnlyByteBuffer();
        long baseOffset = -1;
        long endOffset = -1;
        for (int position = 0; position < bytes.limit(); ) {
            var batch = batchAt(partition, bytes, position);
            if (endOffset >= 0 && batch.baseOffset() != endOffset) {
                throw corrupt(partition, endOffset, "base offset", endOffset, batch.baseOffset());
            }
            baseOffset = baseOffset < 0 ? batch.baseOffset() : baseOffset;
            endOffset = batch.endOffset();
            position += batch.sizeBytes();
        }
        return new ReceivedBatches(partition, bytes, baseOffset, endOffset);
    }

    int sizeBytes() {
        return sizeBytes;
    }

    long baseOffset() {
        return baseOffset;
    }

    long endOffset() {
        return endOffset;
    }

    /**
     * The first record at or behind the position that was not given yet, or null at the end.
     *
     * @throws CordwoodException CORRUPT_BATCH or UNSUPPORTED_COMPRESSION
     */
    @Nullable
    BatchRecord next(long position) {
        try {
            for (var record = read(); record != null; record = read()) {
                if (record.offset() >= position) {
                    return record;
                }
            }
            return null;
        } catch (MalformedBatchException e) {
            throw new CordwoodException(
                    ErrorCode.CORRUPT_BATCH,
                    partition + " at offset " + position + ": " + e.getMessage(),
                    details(partition, position, e.field()),
                    null,
                    e);
        } catch (CompressionUnavailableException e) {
            throw new CordwoodException(
                    ErrorCode.UNSUPPORTED_COMPRESSION,
                    partition + " at offset " + position + ": " + e.getMessage(),
                    details(partition, position, "compression"),
                    null,
                    e);
        }
    }

    /** Of the batch of the record that was given last. */
    int leaderEpoch() {
        return leaderEpoch;
    }

    void close() {
        if (records != null) {
            records.close();
            records = null;
        }
    }

    private @Nullable BatchRecord read() {
        while (records == null || !records.hasNext()) {
            if (!bytes.hasRemaining()) {
                return null;
            }
            records = openBatch();
        }
        return records.next();
    }

    private RecordIterator openBatch() {
        var batch = batchAt(partition, bytes, bytes.position());
        bytes.position(bytes.position() + batch.sizeBytes());
        if (!batch.crcMatches()) {
            throw corrupt(partition, batch.baseOffset(), "crc", batch.crc(), batch.computeCrc());
        }
        leaderEpoch = batch.leaderEpoch();
        return batch.records();
    }

    private static RecordBatch batchAt(TopicPartition partition, ByteBuffer bytes, int position) {
        int rest = bytes.limit() - position;
        int size = rest < RecordBatch.HEADER_BYTES ? rest : RecordBatch.sizeAt(bytes, position);
        if (size < RecordBatch.HEADER_BYTES || size > rest) {
            throw corrupt(partition, -1, "size", rest, size);
        }
        try {
            return RecordBatch.of(bytes.duplicate().limit(position + size).position(position));
        } catch (MalformedBatchException e) {
            throw new CordwoodException(
                    ErrorCode.CORRUPT_BATCH,
                    partition + ": " + e.getMessage(),
                    details(partition, -1, e.field()),
                    null,
                    e);
        }
    }

    private static CordwoodException corrupt(
            TopicPartition partition, long offset, String field, long expected, long found) {
        var place = offset < 0 ? partition.toString() : partition + " at offset " + offset;
        return new CordwoodException(
                ErrorCode.CORRUPT_BATCH,
                place + ": " + field + " expected " + Long.toHexString(expected) + ", found " + Long.toHexString(found),
                details(partition, offset, field));
    }

    private static Map<String, String> details(TopicPartition partition, long offset, String field) {
        return Map.of(
                "topic", partition.topic(),
                "partition", Integer.toString(partition.partition()),
                "offset", Long.toString(offset),
                "field", field);
    }
}
