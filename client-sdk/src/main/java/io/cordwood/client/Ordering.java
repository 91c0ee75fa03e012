package io.cordwood.client;

/** Which records of a partition a handler is given one after the other. */
public enum Ordering {
    /** All of them. */
    PER_PARTITION,
    /** Those of a key. Those without a key have no order to keep, and run beside each other. */
    PER_KEY
}
