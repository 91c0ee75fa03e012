package io.cordwood.batch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes records into one batch, with base offset 0 and no leader epoch.
 *
 * <p>Invariants: {@link #estimatedBytes} never exceeds the limit, and the built batch is never larger than the
 * estimate: where packing does not make the records smaller, the batch is written without compression. Records are
 * packed once, on {@link #build}.
 *
 * <p><b>Thread:</b> one. Single use, or {@link #reset} after a build. What {@code build} returned belongs to the
 * caller and is not touched again.
 */
public final class RecordBatchBuilder {
    private static final int INITIAL_BYTES = 1 << 10;
    private static final int RECORD_ATTRIBUTES_BYTES = 1;

    private final Compression compression;
    private final int maxBytes;
    private EncodedBytes encoded;
    private int recordCount;
    private long baseTimestamp;
    private long maxTimestamp;
    private boolean built;

    /** @param maxBytes largest batch, header included, before compression */
    public RecordBatchBuilder(Compression compression, int maxBytes) {
        if (maxBytes <= RecordBatch.HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "maxBytes " + maxBytes + " must exceed a batch's header, " + RecordBatch.HEADER_BYTES);
        }
        this.compression = compression;
        this.maxBytes = maxBytes;
        this.encoded = startEncoding();
    }

    /**
     * Adds a record behind the others; key, value and headers are copied.
     *
     * @param timestampMs milliseconds since 1970, or {@link RecordBatch#NO_TIMESTAMP}
     * @return false when it does not fit any more; the batch is then as before
     * @throws RecordTooLargeException when it does not even fit into an empty batch
     */
    public boolean tryAppend(
            long timestampMs, byte @Nullable [] key, byte @Nullable [] value, List<RecordHeader> headers) {
        requireNotBuilt();
        if (timestampMs < RecordBatch.NO_TIMESTAMP) {
            throw new IllegalArgumentException("timestamp " + timestampMs + " must be >= -1");
        }
        var names = encodeNames(headers);
        long timestampDelta = recordCount == 0 ? 0 : timestampMs - baseTimestamp;
        long bodyBytes = bodyBytes(timestampDelta, key, value) + headerBytes(names, headers);
        long total = encoded.size() + bodyBytes + EncodedBytes.sizeOfVarlong(bodyBytes);
        if (total > maxBytes) {
            if (recordCount == 0) {
                throw new RecordTooLargeException(total, maxBytes);
            }
            return false;
        }
        encoded.reserve((int) total - encoded.size());
        encoded.writeVarint((int) bodyBytes);
        writeBody(timestampDelta, key, value);
        writeHeaders(names, headers);
        count(timestampMs);
        return true;
    }

    public int recordCount() {
        return recordCount;
    }

    public boolean isEmpty() {
        return recordCount == 0;
    }

    /** Exact size of the batch without compression, and an upper bound with it. */
    public int estimatedBytes() {
        return encoded.size();
    }

    /** A batch that no idempotent producer stands behind. */
    public ByteBuffer build() {
        return build(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE);
    }

    /**
     * Closes the batch.
     *
     * @return position 0, limit at the batch's size; may have a larger array behind it
     * @throws CompressionUnavailableException when the codec's library is missing
     */
    public ByteBuffer build(long producerId, short producerEpoch, int baseSequence) {
        requireNotBuilt();
        if (recordCount == 0) {
            throw new IllegalStateException("a batch needs at least one record");
        }
        requireProducer(producerId, producerEpoch, baseSequence);
        var packed = compression.pack(encoded);
        built = true;
        var batch = ByteBuffer.wrap(packed.array(), 0, packed.size()).slice();
        int attributes = packed == encoded ? Compression.NONE.id() : compression.id();
        writeHeader(batch, attributes);
        batch.putLong(RecordBatch.PRODUCER_ID_POSITION, producerId)
                .putShort(RecordBatch.PRODUCER_EPOCH_POSITION, producerEpoch)
                .putInt(RecordBatch.BASE_SEQUENCE_POSITION, baseSequence);
        RecordBatch.writeCrc(batch, 0, batch.limit());
        return batch;
    }

    /** Makes the builder empty and ready for another batch. */
    public void reset() {
        encoded = startEncoding();
        recordCount = 0;
        built = false;
    }

    private EncodedBytes startEncoding() {
        var bytes = new EncodedBytes(Math.min(INITIAL_BYTES, maxBytes));
        bytes.resize(RecordBatch.HEADER_BYTES);
        return bytes;
    }

    private void writeHeader(ByteBuffer batch, int attributes) {
        batch.putLong(RecordBatch.BASE_OFFSET_POSITION, 0)
                .putInt(RecordBatch.LENGTH_POSITION, batch.limit() - RecordBatch.SIZE_PREFIX_BYTES)
                .putInt(RecordBatch.LEADER_EPOCH_POSITION, RecordBatch.NO_LEADER_EPOCH)
                .put(RecordBatch.MAGIC_POSITION, RecordBatch.MAGIC)
                .putShort(RecordBatch.ATTRIBUTES_POSITION, (short) attributes)
                .putInt(RecordBatch.LAST_OFFSET_DELTA_POSITION, recordCount - 1)
                .putLong(RecordBatch.BASE_TIMESTAMP_POSITION, baseTimestamp)
                .putLong(RecordBatch.MAX_TIMESTAMP_POSITION, maxTimestamp)
                .putInt(RecordBatch.RECORD_COUNT_POSITION, recordCount);
    }

    private long bodyBytes(long timestampDelta, byte @Nullable [] key, byte @Nullable [] value) {
        return RECORD_ATTRIBUTES_BYTES
                + EncodedBytes.sizeOfVarlong(timestampDelta)
                + EncodedBytes.sizeOfVarint(recordCount)
                + sizeOf(key)
                + sizeOf(value);
    }

    private void writeBody(long timestampDelta, byte @Nullable [] key, byte @Nullable [] value) {
        encoded.write(0);
        encoded.writeVarlong(timestampDelta);
        encoded.writeVarint(recordCount);
        writeBytes(key);
        writeBytes(value);
    }

    private void writeHeaders(byte[][] names, List<RecordHeader> headers) {
        encoded.writeVarint(names.length);
        for (int i = 0; i < names.length; i++) {
            writeBytes(names[i]);
            writeBytes(headers.get(i).value());
        }
    }

    private void writeBytes(byte @Nullable [] bytes) {
        if (bytes == null) {
            encoded.writeVarint(-1);
            return;
        }
        encoded.writeVarint(bytes.length);
        encoded.write(bytes);
    }

    private void count(long timestampMs) {
        if (recordCount == 0) {
            baseTimestamp = timestampMs;
            maxTimestamp = timestampMs;
        }
        maxTimestamp = Math.max(maxTimestamp, timestampMs);
        recordCount++;
    }

    private void requireNotBuilt() {
        if (built) {
            throw new IllegalStateException("the batch is built, reset() begins another");
        }
    }

    private static byte[][] encodeNames(List<RecordHeader> headers) {
        var names = new byte[headers.size()][];
        for (int i = 0; i < names.length; i++) {
            names[i] = headers.get(i).key().getBytes(StandardCharsets.UTF_8);
        }
        return names;
    }

    private static long headerBytes(byte[][] names, List<RecordHeader> headers) {
        long size = EncodedBytes.sizeOfVarint(names.length);
        for (int i = 0; i < names.length; i++) {
            size += sizeOf(names[i]) + sizeOf(headers.get(i).value());
        }
        return size;
    }

    private static long sizeOf(byte @Nullable [] bytes) {
        return bytes == null
                ? EncodedBytes.sizeOfVarint(-1)
                : (long) EncodedBytes.sizeOfVarint(bytes.length) + bytes.length;
    }

    private static void requireProducer(long producerId, short producerEpoch, int baseSequence) {
        boolean none = producerId == RecordBatch.NO_PRODUCER_ID
                && producerEpoch == RecordBatch.NO_PRODUCER_EPOCH
                && baseSequence == RecordBatch.NO_SEQUENCE;
        if (!none && (producerId < 0 || producerEpoch < 0 || baseSequence < 0)) {
            throw new IllegalArgumentException("producer " + producerId + ", epoch " + producerEpoch + ", sequence "
                    + baseSequence + " must be all set or all -1");
        }
    }
}
