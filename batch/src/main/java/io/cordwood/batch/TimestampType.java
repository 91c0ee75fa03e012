package io.cordwood.batch;

/**
 * Who set the timestamps of a batch: attribute bit 3.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum TimestampType {
    /** The producer, one per record. */
    CREATE_TIME,
    /** The leader on append, one for the whole batch: the header's maximum counts for every record. */
    LOG_APPEND_TIME
}
