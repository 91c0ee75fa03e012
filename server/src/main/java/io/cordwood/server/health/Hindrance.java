package io.cordwood.server.health;

/**
 * Why the node is not ready: a code for programs and one sentence for people that says what to look at.
 *
 * <p><b>Thread:</b> immutable.
 */
public record Hindrance(Code code, String message) {
    /** What kind of thing it is. */
    public enum Code {
        /** The node starts, or is not a member of its cluster yet. */
        NOT_JOINED,
        /** Replicas that the metadata places here are not open. */
        REPLICAS_NOT_OPEN,
        /** Files cannot be written. */
        DISK_NOT_WRITABLE,
        /** The disk is almost full. */
        DISK_SPACE_LOW,
        /** The node stops. */
        SHUTTING_DOWN
    }
}
