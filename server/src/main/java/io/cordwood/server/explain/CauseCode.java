package io.cordwood.server.explain;

/**
 * What may hold something back, the gravest first: what stops everything, what loses records, what stops
 * some, what slows down. The names are those of {@code CauseCode} in the protocol, without its prefix.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum CauseCode {
    /** Without it no group comes to anything, and what is known of the rest may be old. */
    NO_METADATA_LEADER,
    NO_MAJORITY,
    NO_LEADER,
    NO_MEMBER,
    OUT_OF_RANGE,
    STOPPED,
    RETENTION_NEAR,
    NOT_SUBSCRIBED,
    NODE_DEAD,
    NODE_NOT_READY,
    NODE_AWAY,
    DISK,
    SILENT_MEMBER,
    FAILING_RECORD,
    PAUSED,
    SLOW_HANDLER,
    NO_CREDITS,
    MOVING,
    FENCED,
    TOO_SLOW,
    /** Nobody waits for it, but the next fault may stop what it is about. */
    UNDER_REPLICATED
}
