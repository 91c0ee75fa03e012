package io.cordwood.batch;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A name and bytes that travel with a record. Names may repeat; order is kept. Equal when name and bytes are equal.
 *
 * <p><b>Thread:</b> immutable as long as nobody writes into {@code value}, which is not copied.
 */
@SuppressWarnings("ArrayRecordComponent") // equality is by content; a copy per header would double what a batch costs
public record RecordHeader(String key, byte @Nullable [] value) {
    // Spelled out, because javac 17 drops the @Nullable of a compact constructor's array from the class file.
    public RecordHeader(String key, byte @Nullable [] value) {
        this.key = Objects.requireNonNull(key, "key");
        this.value = value;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RecordHeader header && key.equals(header.key) && Arrays.equals(value, header.value);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return key + "=" + (value == null ? "null" : value.length + " bytes");
    }
}
