package io.cordwood.store;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

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

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Of what the digest was given; it begins anew. */
    static SegmentHash of(MessageDigest digest) {
        var words = ByteBuffer.wrap(digest.digest());
        return new SegmentHash(words.getLong(), words.getLong(), words.getLong(), words.getLong());
    }
}
