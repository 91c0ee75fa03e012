package io.cordwood.store;

/**
 * The offsets {@code [start, end)}.
 *
 * <p><b>Thread:</b> immutable.
 */
public record OffsetRange(long start, long end) {
    public OffsetRange {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("[" + start + ", " + end + ") is not a range of offsets");
        }
    }

    public boolean contains(long offset) {
        return start <= offset && offset < end;
    }

    public boolean isEmpty() {
        return start == end;
    }

    @Override
    public String toString() {
        return "[" + start + ", " + end + ")";
    }
}
