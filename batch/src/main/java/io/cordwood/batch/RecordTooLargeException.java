package io.cordwood.batch;

/**
 * A single record that does not fit into an empty batch.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RecordTooLargeException extends RuntimeException {
    private final long sizeBytes;
    private final int limitBytes;

    /** @param sizeBytes uncompressed size of a batch that holds this record alone */
    public RecordTooLargeException(long sizeBytes, int limitBytes) {
        super("a batch of this record alone takes " + sizeBytes + " bytes, the limit is " + limitBytes);
        this.sizeBytes = sizeBytes;
        this.limitBytes = limitBytes;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    public int limitBytes() {
        return limitBytes;
    }
}
