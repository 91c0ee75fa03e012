package io.cordwood.cli.demo;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A record's content: the line as value, its first field as key. Equal when the bytes are equal.
 *
 * <p>Invariant: the arrays are never written to.
 *
 * <p>Thread: any.
 */
public final class DemoRecord {
    private final byte @Nullable [] key;
    private final byte @Nullable [] value;

    DemoRecord(byte @Nullable [] key, byte @Nullable [] value) {
        this.key = key;
        this.value = value;
    }

    /** A line without its line break; a line without any field has no key. */
    static DemoRecord ofLine(byte[] line) {
        var start = 0;
        while (start < line.length && isBlank(line[start])) {
            start++;
        }
        var end = start;
        while (end < line.length && !isBlank(line[end])) {
            end++;
        }
        return new DemoRecord(start == end ? null : Arrays.copyOfRange(line, start, end), line);
    }

    byte @Nullable [] key() {
        return key;
    }

    byte @Nullable [] value() {
        return value;
    }

    int sizeBytes() {
        return (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
    }

    /** The key as something that can be looked up. */
    @Nullable
    ByteBuffer keyIdentity() {
        return key == null ? null : ByteBuffer.wrap(key);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DemoRecord record
                && Arrays.equals(key, record.key)
                && Arrays.equals(value, record.value);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(key) + Arrays.hashCode(value);
    }

    private static boolean isBlank(byte character) {
        return character == ' ' || (character >= '\t' && character <= '\r');
    }
}
