package io.cordwood.store;

import java.io.IOException;

/**
 * A read below the log start: retention has dropped those records, maybe just now.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class OffsetTrimmedException extends IOException {
    private final long offset;
    private final long logStartOffset;

    /** Throws where the offset lies below the start. */
    static void unlessFrom(long start, long offset) throws OffsetTrimmedException {
        if (offset < start) {
            throw new OffsetTrimmedException(offset, start);
        }
    }

    public OffsetTrimmedException(long offset, long logStartOffset) {
        super("offset " + offset + " lies below the log start " + logStartOffset);
        this.offset = offset;
        this.logStartOffset = logStartOffset;
    }

    public long offset() {
        return offset;
    }

    public long logStartOffset() {
        return logStartOffset;
    }
}
