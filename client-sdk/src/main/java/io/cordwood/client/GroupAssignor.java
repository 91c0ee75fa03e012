package io.cordwood.client;

/** How the partitions of a group's topics are spread over its members. */
public enum GroupAssignor {
    /** Evenly, and each member keeps what it has as far as that allows. */
    STICKY,
    /** Each topic for itself, in ranges of neighbouring partitions. */
    RANGE
}
