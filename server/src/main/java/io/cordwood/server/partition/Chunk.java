package io.cordwood.server.partition;

import io.cordwood.batch.BatchRecord;
import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import io.cordwood.store.LogRead;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /** More is not decoded at once: a packed batch may hold hundreds of times its size, and JSON takes many times its text. */
    static final long DECODED_MAX_BYTES = 2L << 20;
    /** What a record or a header takes besides its bytes, about: those of empty ones add up, too. */
    private static final int OVERHEAD_BYTES = 64;

    /**
     * Records, and where to go on.
     *
     * @param endOffset exclusive; inside a batch where the rest of its records found no room
     * @param endedBytes size of the batches that end in it: one that comes in parts counts with its last part
     */
    public record Decoded(List<BatchRecord> records, long endOffset, int endedBytes) {}

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
     * The records from the start offset on, at most this many, of {@value #DECODED_MAX_BYTES} bytes at most, up to a
     * batch that does not decode: whoever goes on there is told why. However large, one record comes where there is one.
     *
     * @throws UndecodableBatchException where that is the first one
     * @throws CompressionUnavailableException where the first one's codec is missing
     */
    public Decoded decoded(long maxRecords) throws UndecodableBatchException {
        var records = new ArrayList<BatchRecord>();
        var bytes = batches.slice();
        var room = new Room(maxRecords);
        int cut = 0;
        long end = startOffset;
        while (cut < bytes.limit() && room.isLeft()) {
            try {
                var part = decoded(batchAt(bytes, cut), room);
                records.addAll(part.records);
                end = part.endOffset;
                cut += part.endedBytes; // nothing where the batch goes on, but then there is no room any more
            } catch (UndecodableBatchException | CompressionUnavailableException e) {
                if (cut == 0) {
                    throw e;
                }
                break;
            }
        }
        return new Decoded(records, end, cut);
    }

    private Decoded decoded(RecordBatch batch, Room room) throws UndecodableBatchException {
        var records = new ArrayList<BatchRecord>();
        try {
            requireCrc(batch);
            try (var iterator = batch.records()) {
                while (iterator.hasNext() && room.isLeft()) {
                    var record = iterator.next();
                    if (record.offset() < startOffset) {
                        continue;
                    }
                    if (!room.maybeTake(record)) {
                        return new Decoded(records, record.offset(), 0);
                    }
                    records.add(record);
                }
                return iterator.hasNext()
                        ? new Decoded(records, records.get(records.size() - 1).offset() + 1, 0)
                        : new Decoded(records, batch.endOffset(), batch.sizeBytes());
            }
        } catch (MalformedBatchException e) {
            throw new UndecodableBatchException(batch, e);
        }
    }

    /** What more may be decoded. */
    private static final class Room {
        private long records;
        private long bytes = DECODED_MAX_BYTES;
        private boolean untouched = true;

        Room(long records) {
            this.records = records;
        }

        boolean isLeft() {
            return records > 0 && bytes > 0;
        }

        /** The first one is taken in any case; after one that was not, nothing is left. */
        boolean maybeTake(BatchRecord record) {
            long size = sizeOf(record);
            boolean taken = untouched || size <= bytes;
            untouched = false;
            records--;
            bytes = taken ? bytes - size : 0;
            return taken;
        }

        private static long sizeOf(BatchRecord record) {
            long size = (long) OVERHEAD_BYTES + sizeOf(record.key()) + sizeOf(record.value());
            for (var header : record.headers()) {
                var value = header.value();
                size += (long) OVERHEAD_BYTES + header.key().length() + (value == null ? 0 : value.length);
            }
            return size;
        }

        private static int sizeOf(@Nullable ByteBuffer bytes) {
            return bytes == null ? 0 : bytes.remaining();
        }
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
