package io.cordwood.client;

/**
 * Where a group goes on in a partition of which it has committed nothing, or whose next record is not kept
 * any more.
 */
public enum OutOfRange {
    /** At the first record that is kept. */
    EARLIEST,
    /** At the end: the records that are committed from then on. */
    LATEST,
    /** Nowhere: the consumer ends with the failure, until somebody resets the group's offset. */
    FAIL
}
