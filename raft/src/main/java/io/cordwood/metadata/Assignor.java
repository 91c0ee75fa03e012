package io.cordwood.metadata;

/** How the partitions of a group's topics are spread over its members. */
public enum Assignor {
    /** Evenly, and each member keeps what it has as far as that allows; see {@link StickyAssignor}. */
    STICKY,
    /** Each topic for itself, in ranges of neighbouring partitions; see {@link RangeAssignor}. */
    RANGE
}
