package io.cordwood.client;

/** What becomes of a record whose handler has failed in all attempts. */
public enum FailureStrategy {
    /**
     * The consumer ends with the failure. The record is not committed: whoever owns its partition next
     * begins there.
     */
    FAIL_FAST,
    /** The failure is logged, and the record counts as done. */
    IGNORE,
    /**
     * The record is written to the retry topic, after some rounds to the dead-letter topic, and then counts
     * as done.
     */
    REQUEUE
}
