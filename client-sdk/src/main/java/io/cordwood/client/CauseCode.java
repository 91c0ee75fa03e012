package io.cordwood.client;

/** What may hold something back. */
public enum CauseCode {
    /** The group has no member, so nobody processes. */
    NO_MEMBER,
    /** No member wants the partition. */
    NOT_SUBSCRIBED,
    /** A member was not heard of for some time; what it has is given to others when its session is over. */
    SILENT_MEMBER,
    /** The partition is to move, and its owner has not given it up. */
    MOVING,
    /** The application paused the partition. */
    PAUSED,
    /** The member grants no credits: what it read ahead is not processed. */
    NO_CREDITS,
    /** A record is with the application for long. */
    SLOW_HANDLER,
    /** A record fails and is tried again. */
    FAILING_RECORD,
    /** The member stopped in the partition, and waits for somebody. */
    STOPPED,
    /** What the group would process next is not in the log. */
    OUT_OF_RANGE,
    /** A member may not commit any more what it processed: the partition is another one's, or its session ended. */
    FENCED,
    /** The group commits less than is appended, or nothing while records wait. */
    TOO_SLOW,
    /** Retention will remove records before the group has processed them. */
    RETENTION_NEAR,
    /** The partition has no leader. */
    NO_LEADER,
    /** Less than a majority of the partition's replicas takes part. */
    NO_MAJORITY,
    /** A replica is missing, damaged, or far behind. */
    UNDER_REPLICATED,
    /** A disk has too little room. */
    DISK,
    /** A node does not answer. */
    NODE_DEAD,
    /** A node is draining, or expected and not there yet. */
    NODE_AWAY,
    /** A node is up and cannot serve. */
    NODE_NOT_READY,
    /** The metadata has no leader, so groups and topics cannot be changed. */
    NO_METADATA_LEADER,
    /** One that this client does not know: the sentence says what it is. */
    UNKNOWN
}
