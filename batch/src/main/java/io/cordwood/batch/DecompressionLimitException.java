package io.cordwood.batch;

/**
 * A compressed batch that holds more bytes than its reader is willing to unpack.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class DecompressionLimitException extends MalformedBatchException {
    private final long limitBytes;
    private final long foundBytes;

    /** @param foundBytes how many bytes were unpacked or announced when the limit was crossed; the whole may be more */
    DecompressionLimitException(long limitBytes, long foundBytes) {
        super("records", "decompress to more than " + limitBytes + " bytes, stopped at " + foundBytes);
        this.limitBytes = limitBytes;
        this.foundBytes = foundBytes;
    }

    public long limitBytes() {
        return limitBytes;
    }

    public long foundBytes() {
        return foundBytes;
    }
}
