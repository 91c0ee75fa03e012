package io.cordwood.server.cluster;

import io.cordwood.metadata.MetadataResult;

/**
 * What the metadata refuses, in the words of {@link Refusal}.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class MetadataRefusals {
    private MetadataRefusals() {}

    public static Refusal of(MetadataResult.Refused refused) {
        var refusal = Refusal.of(reason(refused.reason()), refused.message())
                .with(Refusal.FIELD, refused.field())
                .with(Refusal.VALUE, refused.value())
                .with(Refusal.LIMIT, refused.limit());
        return refusal.reason() == Reason.TOPIC_EXISTS ? refusal.with(Refusal.TOPIC, refused.value()) : refusal;
    }

    private static Reason reason(MetadataResult.Reason reason) {
        return switch (reason) {
            case NOT_FORMED -> Reason.NOT_JOINED;
            case NODE_EXISTS, INCARNATION_MISMATCH, NODE_ADDRESS_CHANGED -> Reason.NODE_EXISTS;
            case TOPIC_EXISTS -> Reason.TOPIC_EXISTS;
            case INVALID_NAME -> Reason.INVALID_NAME;
            case INVALID_REPLICATION_FACTOR -> Reason.INVALID_REPLICATION_FACTOR;
            case INVALID_PARTITION_COUNT -> Reason.INVALID_PARTITION_COUNT;
            case INVALID_CONFIG -> Reason.INVALID_CONFIG;
            case LIMIT_REACHED -> Reason.LIMIT_REACHED;
            case FEATURE_NOT_ENABLED -> Reason.FEATURE_NOT_ENABLED;
            case UNKNOWN_TOPIC -> Reason.UNKNOWN_TOPIC;
            case PARTITION_OUT_OF_RANGE -> Reason.PARTITION_OUT_OF_RANGE;
            case TARGET_NOT_REPLICA -> Reason.TARGET_NOT_REPLICA;
            case REPLICA_EXISTS -> Reason.REPLICA_EXISTS;
            case NODE_NOT_ALIVE, NODE_ALIVE -> Reason.NODE_STATE;
            case CHANGE_UNDER_WAY -> Reason.CHANGE_UNDER_WAY;
            case TOO_FEW_SOUND_REPLICAS -> Reason.TOO_FEW_SOUND_REPLICAS;
            case UNKNOWN_NODE -> Reason.UNKNOWN_NODE;
            case ALREADY_FORMED, FEATURE_LEVEL_UNSUPPORTED, INVALID_ARGUMENT -> Reason.INVALID_ARGUMENT;
        };
    }
}
