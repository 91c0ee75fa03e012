package io.cordwood.server.cluster;

import java.time.Duration;
import java.util.Optional;

/**
 * Why a request is refused. The names are those of {@code ErrorReason} in the protocol, without its prefix.
 *
 * <p><b>Thread:</b> immutable.
 */
public enum Reason {
    UNKNOWN_TOPIC,
    PARTITION_OUT_OF_RANGE,
    TOPIC_EXISTS,
    INVALID_NAME,
    INVALID_REPLICATION_FACTOR,
    INVALID_PARTITION_COUNT,
    INVALID_CONFIG,
    INVALID_ARGUMENT,
    RECORD_TOO_LARGE,
    CORRUPT_BATCH,
    EMPTY_BATCH,
    INVALID_BATCH,
    UNSUPPORTED_COMPRESSION,
    TIMESTAMP_OUT_OF_RANGE,
    OFFSET_OUT_OF_RANGE,
    END_OFFSET_MISMATCH,
    OUT_OF_ORDER_SEQUENCE,
    PRODUCER_FENCED,
    TOO_MANY_PRODUCERS,
    NOT_LEADER,
    NOT_REPLICA,
    LEADER_UNKNOWN(Duration.ofMillis(200)),
    REQUEST_TIMED_OUT,
    OVERLOADED(Duration.ofMillis(100)),
    SHUTTING_DOWN,
    NOT_JOINED(Duration.ofSeconds(1)),
    METADATA_UNAVAILABLE(Duration.ofMillis(500)),
    NODE_EXISTS,
    LIMIT_REACHED,
    INTERNAL,
    UNKNOWN_NODE,
    TARGET_NOT_REPLICA,
    REPLICA_NOT_CAUGHT_UP,
    TRANSFER_FAILED,
    FEATURE_NOT_ENABLED,
    KEY_REQUIRED,
    DISK_SPACE_LOW(Duration.ofSeconds(1)),
    RANGE_DAMAGED(Duration.ofSeconds(1)),
    REPLICA_EXISTS,
    NODE_STATE,
    CHANGE_UNDER_WAY,
    TOO_FEW_SOUND_REPLICAS,
    UNKNOWN_GROUP,
    UNKNOWN_MEMBER,
    MEMBER_FENCED,
    PARTITION_NOT_OWNED,
    OFFSET_BEHIND,
    DUPLICATE_INSTANCE_ID,
    GROUP_ACTIVE,
    INVALID_SUBSCRIPTION;

    private final Optional<Duration> retryAfter;

    Reason() {
        retryAfter = Optional.empty();
    }

    Reason(Duration retryAfter) {
        this.retryAfter = Optional.of(retryAfter);
    }

    /** How long to wait before the same request may succeed at the same node; empty where waiting alone does not help. */
    public Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
