package io.cordwood.chaos.history;

/**
 * What was done to the cluster, and what it then did to itself. The names are those of the history, the plot
 * and the summary.
 */
public enum HarmKind {
    /** A process ends without warning; the fault is over when it serves again. */
    KILL("kills"),
    /** A process stands still and then goes on. */
    PAUSE("pauses"),
    /** Bytes between nodes do not arrive, in one direction or both. */
    CUT("cuts"),
    /** Bytes between nodes arrive late. */
    DELAY("delays"),
    /** Connections between nodes stay open and carry nothing. */
    STALL("stalls"),
    /** One side of a connection is closed, and the other one is not told. */
    HALF_OPEN("half-open links"),
    /** Connections are reset in the middle of a frame. */
    RESET("resets"),
    /** What was not forced is gone. */
    POWER_LOSS("power losses"),
    /** A disk takes nothing more. */
    DISK_FULL("full disks"),
    /** Bytes of a file are changed, or its end is gone, while its node is down or runs. */
    DAMAGE("damaged files"),
    /** A node's clock is wrong. */
    CLOCK("clock steps"),
    /** A leadership is handed over on demand. */
    TRANSFER("leadership transfers"),
    /** A topic is created or deleted, or gets more partitions. */
    TOPIC_CHANGE("topic changes"),
    /** A replica is moved or replaced, as somebody asked for. */
    REPLACE("replaced replicas"),
    /** Another node takes the replica of one that is dead: what the cluster does by itself. */
    SELF_REPLACE("replicas replaced unasked"),
    /**
     * A replica fetches segments because the log goes no longer back to where it is: no fault, but part of what
     * happens.
     */
    CATCH_UP("catch-ups"),
    /** The process of a group's member ends without warning. Its fault says in words nothing but the member. */
    MEMBER_KILL("group members killed"),
    /** The process of a group's member stands still and then goes on. Its fault says nothing but the member, too. */
    MEMBER_PAUSE("group members paused"),
    /** A member is asked to go, and may finish. Its fault says nothing but the member, too. */
    MEMBER_LEAVE("group members that leave");

    private final String plural;

    HarmKind(String plural) {
        this.plural = plural;
    }

    /** As a summary counts it. */
    public String plural() {
        return plural;
    }
}
