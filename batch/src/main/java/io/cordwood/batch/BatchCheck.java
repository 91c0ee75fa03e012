package io.cordwood.batch;

/** The validator's answer for one batch. */
public sealed interface BatchCheck {
    /**
     * Fit to be appended.
     *
     * @param batch the bytes that were checked; a copy with the right one where the maximum timestamp was wrong
     */
    record Accepted(RecordBatch batch) implements BatchCheck {}

    /**
     * Not fit, and why.
     *
     * @param field name of the field that decided
     * @param limit what the value is held against (bound or expected value), -1 where there is nothing to compare with
     * @param value what was found, or the place in the batch of the record that is wrong
     * @param detail one sentence for people
     */
    record Rejected(Reason reason, String field, long limit, long value, String detail) implements BatchCheck {}

    /** In the order in which the validator looks. */
    enum Reason {
        /** No bytes, or a batch without records. */
        EMPTY,
        /** Less than a header. */
        TOO_SMALL,
        WRONG_MAGIC,
        /** The length field does not cover exactly the bytes given: cut off, or more than one batch. */
        LENGTH_MISMATCH,
        BASE_OFFSET_NOT_ZERO,
        TOO_LARGE,
        BAD_CRC,
        COUNT_MISMATCH,
        CONTROL_BATCH,
        /** Producer id, epoch and sequence do not go together. */
        BAD_SEQUENCE,
        /** Attribute bits that are not a producer's to set. */
        BAD_ATTRIBUTES,
        UNKNOWN_COMPRESSION,
        COMPRESSION_UNAVAILABLE,
        /** The records are not what their length fields, the header or the codec say. */
        BAD_RECORD,
        DECOMPRESSION_LIMIT,
        KEY_MISSING,
        TIMESTAMP_OUT_OF_RANGE
    }
}
