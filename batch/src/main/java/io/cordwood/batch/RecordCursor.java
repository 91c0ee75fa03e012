package io.cordwood.batch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of one batch. {@link #begin} reads the front of the next record; then comes either {@link
 * #skipBody} or {@link #readBody}, both of which end exactly where the record's length field says.
 *
 * <p>Invariant: walking an uncompressed batch with {@link #skipBody} allocates nothing per record.
 *
 * <p><b>Thread:</b> one.
 */
final class RecordCursor {
    /** A header takes at least a name length and a value length. */
    private static final int HEADER_MIN_BYTES = 2;

    private final RecordInput input;
    private final long baseTimestamp;
    private long recordEnd;
    private int offsetDelta;
    private long timestamp;
    private int keyLength;

    RecordCursor(RecordInput input, long baseTimestamp) {
        this.input = input;
        this.baseTimestamp = baseTimestamp;
    }

    void begin() {
        int length = input.varint("length");
        if (length < 0) {
            throw new MalformedBatchException("length", "negative, " + length);
        }
        input.requireAvailable("length", length);
        recordEnd = input.consumed() + length;
        // The attributes of a single record have no meaning so far.
        input.next("attributes");
        timestamp = plus(baseTimestamp, input.varlong("timestampDelta"));
        offsetDelta = input.varint("offsetDelta");
        keyLength = readLength("keyLength", -1);
    }

    int offsetDelta() {
        return offsetDelta;
    }

    /** By the record's own delta; a batch with leader's time overrides it. */
    long timestamp() {
        return timestamp;
    }

    boolean hasKey() {
        return keyLength >= 0;
    }

    int keyLength() {
        return keyLength;
    }

    /** Instead of {@link #readBody}: what is left of the record, from behind the key's length on, as it is. */
    byte[] copyBody() {
        return input.copy("body", (int) (recordEnd - input.consumed()));
    }

    void skipBody() {
        skip("key", keyLength);
        skip("value", readLength("valueLength", -1));
        int headers = readHeaderCount();
        for (int i = 0; i < headers; i++) {
            skip("headerName", readLength("headerNameLength", 0));
            skip("headerValue", readLength("headerValueLength", -1));
        }
        requireEnd();
    }

    BatchRecord readBody(long offset, long shownTimestamp) {
        var key = read("key", keyLength);
        var value = read("value", readLength("valueLength", -1));
        var headers = readHeaders();
        requireEnd();
        return new BatchRecord(offset, shownTimestamp, key, value, headers);
    }

    private List<RecordHeader> readHeaders() {
        int count = readHeaderCount();
        if (count == 0) {
            return List.of();
        }
        var headers = new ArrayList<RecordHeader>(Math.min(count, 16));
        for (int i = 0; i < count; i++) {
            var name = input.copy("headerName", readLength("headerNameLength", 0));
            int valueLength = readLength("headerValueLength", -1);
            var value = valueLength < 0 ? null : input.copy("headerValue", valueLength);
            headers.add(new RecordHeader(new String(name, StandardCharsets.UTF_8), value));
        }
        return List.copyOf(headers);
    }

    private int readHeaderCount() {
        int count = input.varint("headerCount");
        if (count < 0 || count > (recordEnd - input.consumed()) / HEADER_MIN_BYTES) {
            throw new MalformedBatchException(
                    "headerCount", count + " in " + (recordEnd - input.consumed()) + " bytes of the record");
        }
        return count;
    }

    private int readLength(String field, int min) {
        int length = input.varint(field);
        if (length < min || length > recordEnd - input.consumed()) {
            throw new MalformedBatchException(
                    field, length + " in " + (recordEnd - input.consumed()) + " bytes of the record");
        }
        return length;
    }

    private void skip(String field, int length) {
        if (length > 0) {
            input.skip(field, length);
        }
    }

    private @Nullable ByteBuffer read(String field, int length) {
        return length < 0 ? null : input.read(field, length);
    }

    private void requireEnd() {
        if (input.consumed() != recordEnd) {
            throw new MalformedBatchException(
                    "length", "record ends at " + input.consumed() + ", by its length at " + recordEnd);
        }
    }

    private static long plus(long base, long delta) {
        long sum = base + delta;
        if (((base ^ sum) & (delta ^ sum)) < 0) {
            throw new MalformedBatchException("timestampDelta", base + " + " + delta + " overflows");
        }
        return sum;
    }
}
