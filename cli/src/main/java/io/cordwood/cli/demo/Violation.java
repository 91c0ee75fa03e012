package io.cordwood.cli.demo;

/** A promise that was not kept. */
enum Violation {
    LOST("lost"),
    DUPLICATED("duplicated"),
    MOVED("read at another offset than acknowledged"),
    CHANGED("read with other bytes"),
    OUT_OF_ORDER("out of order"),
    NEVER_SENT("read but never sent"),
    ACKNOWLEDGED_TWICE("acknowledged at one offset twice"),
    NOT_COMMITTED("partitions that the group has not committed to their end"),
    REPLICAS_DIFFER("replicas that differ"),
    UNREADABLE_REPLICA("replicas that cannot be read");

    private final String words;

    Violation(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}
