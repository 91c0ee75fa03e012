package io.cordwood.client;

import io.cordwood.batch.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A committed record as read. Equal when place and content are equal.
 *
 * <p><b>Thread:</b> immutable as long as nobody writes into the arrays, which are the record's own.
 */
public final class ConsumedRecord {
    /** Objects and array headers of a record, or of one of its headers. */
    private static final int OVERHEAD_BYTES = 64;

    private final TopicPartition source;
    private final long offset;
    private final long timestampMs;
    private final int leaderEpoch;
    private final byte @Nullable [] key;
    private final byte @Nullable [] value;
    private final List<RecordHeader> headers;

    ConsumedRecord(
            TopicPartition source,
            BatchPlace place,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers) {
        this.source = source;
        this.offset = place.offset();
        this.timestampMs = place.timestampMs();
        this.leaderEpoch = place.leaderEpoch();
        this.key = key;
        this.value = value;
        this.headers = headers;
    }

    /**
     * Offset and time of a record inside its partition.
     *
     * @param leaderEpoch of the leader that took its batch
     */
    record BatchPlace(long offset, long timestampMs, int leaderEpoch) {}

    public String topic() {
        return source.topic();
    }

    public int partition() {
        return source.partition();
    }

    public long offset() {
        return offset;
    }

    /** Milliseconds since 1970. */
    public long timestampMs() {
        return timestampMs;
    }

    /** Epoch of the leader that took it: it never falls from one record of a partition to the next. */
    public int leaderEpoch() {
        return leaderEpoch;
    }

    public byte @Nullable [] key() {
        return key;
    }

    public byte @Nullable [] value() {
        return value;
    }

    /** The key as UTF-8 text. */
    public @Nullable String keyText() {
        return key == null ? null : new String(key, StandardCharsets.UTF_8);
    }

    /** The value as UTF-8 text. */
    public @Nullable String valueText() {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    public List<RecordHeader> headers() {
        return headers;
    }

    /** What it takes in memory, about. */
    int sizeBytes() {
        int size = OVERHEAD_BYTES + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        for (int i = 0; i < headers.size(); i++) {
            var content = headers.get(i).value();
            size += OVERHEAD_BYTES + headers.get(i).key().length() + (content == null ? 0 : content.length);
        }
        return size;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConsumedRecord record
                && offset == record.offset
                && timestampMs == record.timestampMs
                && source.equals(record.source)
                && Arrays.equals(key, record.key)
                && Arrays.equals(value, record.value)
                && headers.equals(record.headers);
    }

    @Override
    public int hashCode() {
        return Objects.hash(source, offset);
    }

    @Override
    public String toString() {
        return source + "@" + offset;
    }
}
