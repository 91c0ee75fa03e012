package io.cordwood.batch;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One record of a batch as a reader sees it, with its absolute offset.
 *
 * <p>Invariant: key and value are read-only. In an uncompressed batch they are slices of the batch's own bytes and
 * live as long as those; in a compressed one they are copies.
 *
 * <p><b>Thread:</b> immutable; every call of {@link #key()} and {@link #value()} gives a buffer with its own position.
 */
public final class BatchRecord {
    private final long offset;
    private final long timestamp;
    private final @Nullable ByteBuffer key;
    private final @Nullable ByteBuffer value;
    private final List<RecordHeader> headers;

    BatchRecord(
            long offset,
            long timestamp,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            List<RecordHeader> headers) {
        this.offset = offset;
        this.timestamp = timestamp;
        this.key = key;
        this.value = value;
        this.headers = headers;
    }

    public long offset() {
        return offset;
    }

    /** Milliseconds since 1970; -1 when the producer gave none. */
    public long timestamp() {
        return timestamp;
    }

    public @Nullable ByteBuffer key() {
        return key == null ? null : key.duplicate();
    }

    public @Nullable ByteBuffer value() {
        return value == null ? null : value.duplicate();
    }

    public List<RecordHeader> headers() {
        return headers;
    }

    @Override
    public String toString() {
        return "record " + offset + " at " + timestamp + ", key " + sizeOf(key) + ", value " + sizeOf(value) + ", "
                + headers.size() + " headers";
    }

    private static String sizeOf(@Nullable ByteBuffer bytes) {
        return bytes == null ? "null" : bytes.remaining() + " bytes";
    }
}
