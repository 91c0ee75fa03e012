package io.cordwood.batch;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Writes a batch again without some of its records, as compaction does.
 *
 * <p>Invariants: offsets stay: of the records that are left, and of the batch as a whole (base offset, last offset delta).
 * So do leader epoch, producer, base sequence, timestamps and codec; where packing makes the records that are left larger,
 * they are written without. A batch that keeps all of its records keeps its bytes. The same batch and the same answers give
 * the same bytes wherever the codec's library is the same.
 *
 * <p>A batch with a record without a value (a tombstone) gets a <em>delete horizon</em> the first time it is written: the
 * time from which on its tombstones may go. It takes the place of the base timestamp, and the records' timestamps are
 * relative to it.
 *
 * <p><b>Thread:</b> one; single use.
 *
 * <p><b>Source:</b> Apache Kafka, {@code MemoryRecords.filterTo}; KIP-534.
 */
public final class BatchRewriter {
    private final RecordBatch batch;
    private final long decompressedMaxBytes;
    private final BitSet kept = new BitSet();
    private int count;
    private boolean keepsTombstone;
    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;

    /** @param decompressedMaxBytes as for {@link RecordBatch#records(long)} */
    public BatchRewriter(RecordBatch batch, long decompressedMaxBytes) {
        this.batch = batch;
        this.decompressedMaxBytes = decompressedMaxBytes;
    }

    /**
     * The batch with the records that are to be kept; empty where none is.
     *
     * @param deleteHorizonMs of tombstones in a batch that has no delete horizon yet; {@link RecordBatch#NO_TIMESTAMP} when
     *     it is to go on without
     * @throws MalformedBatchException when the bytes are not what the header says
     */
    public Optional<ByteBuffer> rewrite(Predicate<BatchRecord> keeps, long deleteHorizonMs) {
        choose(keeps);
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        boolean getsHorizon = keepsTombstone && !batch.hasDeleteHorizon() && deleteHorizonMs >= 0;
        if (kept.cardinality() == count && !getsHorizon) {
            return Optional.of(batch.bytes());
        }
        return Optional.of(encode(getsHorizon, getsHorizon ? deleteHorizonMs : batch.baseTimestamp()));
    }

    /** A batch without records that holds the place of these offsets. It has no producer and no timestamp. */
    public static ByteBuffer placeholder(long baseOffset, long endOffset, int leaderEpoch) {
        var bytes = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
        bytes.putInt(RecordBatch.LENGTH_POSITION, RecordBatch.HEADER_BYTES - RecordBatch.SIZE_PREFIX_BYTES)
                .put(RecordBatch.MAGIC_POSITION, RecordBatch.MAGIC)
                .putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, lastOffsetDelta(baseOffset, endOffset))
                .putLong(RecordBatch.BASE_TIMESTAMP_POSITION, RecordBatch.NO_TIMESTAMP)
                .putLong(RecordBatch.MAX_TIMESTAMP_POSITION, RecordBatch.NO_TIMESTAMP)
                .putLong(RecordBatch.PRODUCER_ID_POSITION, RecordBatch.NO_PRODUCER_ID)
                .putShort(RecordBatch.PRODUCER_EPOCH_POSITION, RecordBatch.NO_PRODUCER_EPOCH)
                .putInt(RecordBatch.BASE_SEQUENCE_POSITION, RecordBatch.NO_SEQUENCE);
        RecordBatch.writeCrc(bytes, 0, bytes.limit());
        RecordBatch.stamp(bytes, 0, baseOffset, leaderEpoch);
        return bytes;
    }

    /** A copy of a batch that also holds the place of the offsets behind it. */
    public static ByteBuffer extended(ByteBuffer bytes, long endOffset) {
        var copy = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
        long baseOffset = copy.getLong(RecordBatch.BASE_OFFSET_POSITION);
        copy.putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, lastOffsetDelta(baseOffset, endOffset));
        RecordBatch.writeCrc(copy, 0, copy.limit());
        return copy;
    }

    /** Whether one batch can hold so many offsets. */
    public static boolean canSpan(long baseOffset, long endOffset) {
        return endOffset - baseOffset <= Integer.MAX_VALUE;
    }

    private static int lastOffsetDelta(long baseOffset, long endOffset) {
        if (endOffset <= baseOffset || !canSpan(baseOffset, endOffset)) {
            throw new IllegalArgumentException("no batch holds [" + baseOffset + ", " + endOffset + ")");
        }
        return (int) (endOffset - baseOffset - 1);
    }

    private void choose(Predicate<BatchRecord> keeps) {
        try (var records = batch.records(decompressedMaxBytes)) {
            while (records.hasNext()) {
                var record = records.next();
                if (keeps.test(record)) {
                    kept.set(count);
                    keepsTombstone |= record.value() == null;
                    maxTimestamp = Math.max(maxTimestamp, record.timestamp());
                }
                count++;
            }
        }
    }

    private ByteBuffer encode(boolean getsHorizon, long baseTimestamp) {
        var encoded = new EncodedBytes(batch.sizeBytes());
        encoded.resize(RecordBatch.HEADER_BYTES);
        var input = RecordInput.of(batch, decompressedMaxBytes);
        try {
            var cursor = new RecordCursor(input, batch.baseTimestamp());
            for (int i = 0; i < kept.length(); i++) {
                cursor.begin();
                if (kept.get(i)) {
                    copy(cursor, baseTimestamp, encoded);
                } else {
                    cursor.skipBody();
                }
            }
        } finally {
            input.close();
        }
        var packed = batch.compression().pack(encoded);
        var bytes = ByteBuffer.wrap(packed.array(), 0, packed.size()).slice();
        writeHeader(bytes, packed == encoded, getsHorizon, baseTimestamp);
        return bytes;
    }

    private static void copy(RecordCursor cursor, long baseTimestamp, EncodedBytes target) {
        long timestampDelta = cursor.timestamp() - baseTimestamp;
        int offsetDelta = cursor.offsetDelta();
        int keyLength = cursor.keyLength();
        var body = cursor.copyBody();
        target.writeVarint(1
                + EncodedBytes.sizeOfVarlong(timestampDelta)
                + EncodedBytes.sizeOfVarint(offsetDelta)
                + EncodedBytes.sizeOfVarint(keyLength)
                + body.length);
        target.write(0);
        target.writeVarlong(timestampDelta);
        target.writeVarint(offsetDelta);
        target.writeVarint(keyLength);
        target.write(body);
    }

    private void writeHeader(ByteBuffer bytes, boolean unpacked, boolean getsHorizon, long baseTimestamp) {
        bytes.put(0, batch.bytes(), 0, RecordBatch.HEADER_BYTES);
        int attributes = batch.attributes();
        attributes = unpacked ? attributes & ~RecordBatch.COMPRESSION_MASK : attributes;
        attributes = getsHorizon ? attributes | RecordBatch.DELETE_HORIZON_BIT : attributes;
        bytes.putInt(RecordBatch.LENGTH_POSITION, bytes.limit() - RecordBatch.SIZE_PREFIX_BYTES)
                .putShort(RecordBatch.ATTRIBUTES_POSITION, (short) attributes)
                .putLong(RecordBatch.BASE_TIMESTAMP_POSITION, baseTimestamp)
                .putLong(RecordBatch.MAX_TIMESTAMP_POSITION, maxTimestamp)
                .putInt(RecordBatch.RECORD_COUNT_POSITION, kept.cardinality());
        RecordBatch.writeCrc(bytes, 0, bytes.limit());
    }
}
