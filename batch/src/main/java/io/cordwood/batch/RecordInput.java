package io.cordwood.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a batch's records, read front to back: those of an uncompressed batch where they lie, those of a
 * compressed one block by block as they are unpacked.
 *
 * <p>Invariants: whatever the bytes are, the only exceptions are {@link MalformedBatchException} and {@link
 * CompressionUnavailableException}; memory is taken for bytes that have arrived, never for bytes that a length field
 * promises; no more than the limit is unpacked.
 *
 * <p><b>Thread:</b> one.
 */
final class RecordInput {
    private static final int FIRST_COPY_BYTES = 64 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final @Nullable BlockDecoder decoder;
    private final long maxBytes;
    private ByteBuffer window;
    private int position;
    private int limit;
    /** Bytes in the windows before this one; a window's own begin at its {@code windowStart}. */
    private long bytesBefore;

    private int windowStart;

    private RecordInput(ByteBuffer window, @Nullable BlockDecoder decoder, long maxBytes) {
        this.window = window;
        this.limit = window.limit();
        this.decoder = decoder;
        this.maxBytes = maxBytes;
    }

    /** @param decompressedMaxBytes counts for a compressed batch only */
    static RecordInput of(RecordBatch batch, long decompressedMaxBytes) {
        var compression = batch.compression();
        var bytes = batch.recordBytes();
        if (compression == Compression.NONE) {
            return new RecordInput(bytes, null, bytes.limit());
        }
        try {
            return new RecordInput(NOTHING, compression.decoder(bytes, decompressedMaxBytes), decompressedMaxBytes);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Bytes read and skipped so far. */
    long consumed() {
        return bytesBefore + (position - windowStart);
    }

    /** Refuses a length that the rest of the input cannot hold. */
    void requireAvailable(String field, int length) {
        if (length > maxBytes - consumed()) {
            throw decoder == null
                    ? new MalformedBatchException(
                            field, length + " bytes, the batch has " + (maxBytes - consumed()) + " more")
                    : new DecompressionLimitException(maxBytes, consumed() + length);
        }
    }

    byte next(String field) {
        if (position == limit && !refill()) {
            throw new MalformedBatchException(field, "the records end before it");
        }
        return window.get(position++);
    }

    int varint(String field) {
        int bits = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += 7) {
            byte next = next(field);
            bits |= (next & 0x7f) << shift;
            if (next >= 0) {
                requireFits(field, shift, next, Integer.SIZE);
                return (bits >>> 1) ^ -(bits & 1);
            }
        }
        throw new MalformedBatchException(field, "varint of more than five bytes");
    }

    long varlong(String field) {
        long bits = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = next(field);
            bits |= (next & 0x7fL) << shift;
            if (next >= 0) {
                requireFits(field, shift, next, Long.SIZE);
                return (bits >>> 1) ^ -(bits & 1);
            }
        }
        throw new MalformedBatchException(field, "varlong of more than ten bytes");
    }

    void skip(String field, int length) {
        int rest = length;
        while (rest > limit - position) {
            rest -= limit - position;
            position = limit;
            if (!refill()) {
                throw new MalformedBatchException(field, "the records end " + rest + " bytes before its end");
            }
        }
        position += rest;
    }

    /** Read-only; a slice where the bytes stay where they are, else a copy. */
    ByteBuffer read(String field, int length) {
        if (decoder != null) {
            return ByteBuffer.wrap(copy(field, length)).asReadOnlyBuffer();
        }
        requireAvailable(field, length);
        var slice = window.slice(position, length).asReadOnlyBuffer();
        position += length;
        return slice;
    }

    byte[] copy(String field, int length) {
        requireAvailable(field, length);
        var target = new byte[Math.min(length, Math.max(limit - position, FIRST_COPY_BYTES))];
        int filled = 0;
        while (filled < length) {
            if (position == limit && !refill()) {
                throw new MalformedBatchException(
                        field, "the records end " + (length - filled) + " bytes before its end");
            }
            if (filled == target.length) {
                target = Arrays.copyOf(target, (int) Math.min(length, target.length * 2L));
            }
            int count = Math.min(target.length - filled, limit - position);
            window.get(position, target, filled, count);
            position += count;
            filled += count;
        }
        return target;
    }

    void requireEnd() {
        if (position != limit || refill()) {
            throw new MalformedBatchException("records", "bytes follow the last record at " + consumed());
        }
    }

    void close() {
        if (decoder != null) {
            decoder.close();
        }
    }

    private boolean refill() {
        if (decoder == null) {
            return false;
        }
        bytesBefore = consumed();
        try {
            window = decoder.next();
        } catch (IOException e) {
            throw unreadable(e);
        }
        windowStart = window.position();
        position = windowStart;
        limit = window.limit();
        if (bytesBefore + limit - windowStart > maxBytes) {
            throw new DecompressionLimitException(maxBytes, bytesBefore + limit - windowStart);
        }
        return position < limit;
    }

    /** The last byte of the longest form has room for fewer than seven bits; more would be lost silently. */
    private static void requireFits(String field, int shift, byte last, int bits) {
        if (shift + 7 > bits && last >>> (bits - shift) != 0) {
            throw new MalformedBatchException(field, "does not fit into " + bits + " bits");
        }
    }

    private static MalformedBatchException unreadable(IOException e) {
        return new MalformedBatchException("records", "do not unpack: " + e.getMessage(), e);
    }
}
