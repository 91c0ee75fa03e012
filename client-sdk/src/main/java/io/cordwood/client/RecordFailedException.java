package io.cordwood.client;

/**
 * A record whose handler has failed for good, which has ended its consumer.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class RecordFailedException extends RuntimeException {
    private final transient ConsumedRecord record;

    RecordFailedException(ConsumedRecord record, int attempts, Throwable cause) {
        super(record + " failed in attempt " + attempts + ": " + cause, cause);
        this.record = record;
    }

    /** The record. */
    public ConsumedRecord record() {
        return record;
    }
}
