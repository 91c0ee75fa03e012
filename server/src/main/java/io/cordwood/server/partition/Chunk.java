package io.cordwood.server.partition;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import io.cordwood.store.LogRead;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Whole batches for one reader, cut to its credit.
 *
 * <p>Invariant: without its last batch it is below both credits.
 *
 * <p><b>Thread:</b> immutable; the buffer is shared and never written to.
 *
 * @param startOffset what the reader asked for; records of the first batch before it are not for him
 * @param endOffset exclusive
 */
public record Chunk(ByteBuffer batches, long startOffset, long endOffset, long recordCount) {

    /** Records, and the batches that they come from, the last of which may hold more. */
    public record Decoded(Chunk chunk, List<BatchRecord> records) {}

    /** As many of the batches as begin while both credits are above zero. */
    public static Chunk within(LogRead range, long creditBytes, long creditRecords) {
        var bytes = range.batches().slice();
        int cut = 0;
        long records = 0;
        long endOffset = range.baseOffset();
        while (cut < bytes.limit() && cut < creditBytes && records < creditRecords) {
            var batch = batchAt(bytes, cut);
            cut += batch.sizeBytes();
            records += batch.recordCount();
            endOffset = batch.endOffset();
        }
        return new Chunk(bytes.slice(0, cut), range.baseOffset(), endOffset, records);
    }

    public int sizeBytes() {
        return batches.remaining();
    }

    /**
     * The records from the start offset on, at most this many, up to a batch that does not decode: whoever goes on there is told why.
     *
     * @throws UndecodableBatchException where that is the first one
     * @throws CompressionUnavailableException where the first one's codec is missing
     */
    public Decoded decoded(long maxRecords) throws UndecodableBatchException {
        var records = new ArrayList<BatchRecord>();
        var bytes = batches.slice();
        int cut = 0;
        long inBatches = 0;
        long end = startOffset;
        while (cut < bytes.limit() && records.size() < maxRecords) {
            var batch = batchAt(bytes, cut);
            try {
                records.addAll(decoded(batch, maxRecords - records.size()));
            } catch (UndecodableBatchException | CompressionUnavailableException e) {
                if (cut == 0) {
                    throw e;
                }
                break;
            }
            cut += batch.sizeBytes();
            inBatches += batch.recordCount();
            end = batch.endOffset();
        }
        return new Decoded(new Chunk(bytes.slice(0, cut), startOffset, end, inBatches), records);
    }

    private List<BatchRecord> decoded(RecordBatch batch, long maxRecords) throws UndecodableBatchException {
        var records = new ArrayList<BatchRecord>();
        try {
            requireCrc(batch);
            try (var iterator = batch.records()) {
                while (iterator.hasNext() && records.size() < maxRecords) {
                    var record = iterator.next();
                    if (record.offset() >= startOffset) {
                        records.add(record);
                    }
                }
            }
        } catch (MalformedBatchException e) {
            throw new UndecodableBatchException(batch, e);
        }
        return records;
    }

    private static void requireCrc(RecordBatch batch) {
        int found = batch.computeCrc();
        if (found != batch.crc()) {
            throw new MalformedBatchException(
                    "crc", "expected " + Integer.toHexString(batch.crc()) + ", found " + Integer.toHexString(found));
        }
    }

    /** The same batches for a reader who asked for this offset. */
    public Chunk from(long offset) {
        return new Chunk(batches, offset, endOffset, recordCount);
    }

    private static RecordBatch batchAt(ByteBuffer bytes, int position) {
        return RecordBatch.of(bytes.slice(position, RecordBatch.sizeAt(bytes, position)));
    }
}
