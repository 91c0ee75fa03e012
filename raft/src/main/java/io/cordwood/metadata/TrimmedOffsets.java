package io.cordwood.metadata;

/** Where members of a group go on when retention has trimmed what they would read next, or nothing is committed. */
public enum TrimmedOffsets {
    /** At the first offset that is held. */
    EARLIEST,
    /** At the high watermark. */
    LATEST,
    /** Nowhere, until somebody resets the offset. */
    FAIL
}
