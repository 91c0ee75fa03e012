package io.cordwood.store;

/**
 * SHA-256 of a sealed segment's bytes as four big-endian words; all zero means that it was not computed.
 *
 * <p><b>Thread:</b> immutable.
 */
public record SegmentHash(long first, long second, long third, long fourth) {
    public static final SegmentHash NONE = new SegmentHash(0, 0, 0, 0);

    public boolean isComputed() {
        return !equals(NONE);
    }
}
