package io.cordwood.server.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.cordwood.proto.v1.ErrorReason;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where refusals become gRPC errors and back: canonical code, ErrorInfo of domain {@value #DOMAIN}, and
 * RetryInfo where waiting helps.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class Errors {
    static final String DOMAIN = "cordwood";

    private static final Logger LOGGER = LoggerFactory.getLogger(Errors.class);
    private static final String REASON_PREFIX = "ERROR_REASON_";

    private Errors() {}

    public static Code code(Reason reason) {
        return switch (reason) {
            case UNKNOWN_TOPIC, PARTITION_OUT_OF_RANGE, UNKNOWN_NODE, UNKNOWN_GROUP -> Code.NOT_FOUND;
            case TOPIC_EXISTS, NODE_EXISTS, REPLICA_EXISTS, DUPLICATE_INSTANCE_ID -> Code.ALREADY_EXISTS;
            case INVALID_NAME,
                    INVALID_REPLICATION_FACTOR,
                    INVALID_PARTITION_COUNT,
                    INVALID_CONFIG,
                    INVALID_ARGUMENT,
                    RECORD_TOO_LARGE,
                    CORRUPT_BATCH,
                    EMPTY_BATCH,
                    INVALID_BATCH,
                    KEY_REQUIRED,
                    UNSUPPORTED_COMPRESSION,
                    INVALID_SUBSCRIPTION,
                    TIMESTAMP_OUT_OF_RANGE -> Code.INVALID_ARGUMENT;
            case OFFSET_OUT_OF_RANGE -> Code.OUT_OF_RANGE;
            case END_OFFSET_MISMATCH, TRANSFER_FAILED -> Code.ABORTED;
            case OUT_OF_ORDER_SEQUENCE,
                    PRODUCER_FENCED,
                    NOT_LEADER,
                    NOT_REPLICA,
                    TARGET_NOT_REPLICA,
                    REPLICA_NOT_CAUGHT_UP,
                    FEATURE_NOT_ENABLED,
                    NODE_STATE,
                    CHANGE_UNDER_WAY,
                    TOO_FEW_SOUND_REPLICAS,
                    UNKNOWN_MEMBER,
                    MEMBER_FENCED,
                    PARTITION_NOT_OWNED,
                    OFFSET_BEHIND,
                    GROUP_ACTIVE -> Code.FAILED_PRECONDITION;
            case TOO_MANY_PRODUCERS, OVERLOADED, LIMIT_REACHED, DISK_SPACE_LOW -> Code.RESOURCE_EXHAUSTED;
            case LEADER_UNKNOWN, SHUTTING_DOWN, NOT_JOINED, METADATA_UNAVAILABLE, RANGE_DAMAGED -> Code.UNAVAILABLE;
            case REQUEST_TIMED_OUT -> Code.DEADLINE_EXCEEDED;
            case INTERNAL -> Code.INTERNAL;
        };
    }

    static ErrorReason wireReason(Reason reason) {
        return ErrorReason.valueOf(REASON_PREFIX + reason.name());
    }

    public static Status status(Refusal refusal) {
        var info = ErrorInfo.newBuilder()
                .setDomain(DOMAIN)
                .setReason(refusal.reason().name())
                .putAllMetadata(refusal.details());
        var status = Status.newBuilder()
                .setCode(code(refusal.reason()).getNumber())
                .setMessage(refusal.message())
                .addDetails(Any.pack(info.build()));
        refusal.reason()
                .retryAfter()
                .ifPresent(delay -> status.addDetails(Any.pack(RetryInfo.newBuilder()
                        .setRetryDelay(Duration.newBuilder()
                                .setSeconds(delay.getSeconds())
                                .setNanos(delay.getNano()))
                        .build())));
        return status.build();
    }

    /** Any failure of a call; what is no refusal is a fault of ours, and is logged here. */
    static Status status(Throwable failure) {
        return status(refusal(failure));
    }

    static Refusal refusal(Throwable failure) {
        var cause = RefusedException.unwrap(failure);
        if (cause instanceof RefusedException refused) {
            return refused.refusal();
        }
        LOGGER.error("a call failed", cause);
        return Refusal.of(Reason.INTERNAL, "a fault of the server; its log says more");
    }

    static StatusRuntimeException exception(Refusal refusal) {
        return StatusProto.toStatusRuntimeException(status(refusal));
    }

    static StatusRuntimeException exception(Throwable failure) {
        return exception(refusal(failure));
    }

    /** What another node refused; a status without our ErrorInfo is a fault of that node. */
    public static Refusal refusal(Status status) {
        for (var detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                return refusal(status, unpack(detail));
            }
        }
        return Refusal.of(Reason.INTERNAL, "another node answered without a reason: " + status.getMessage());
    }

    /**
     * Why a call of ours ends in an error. One without an ErrorInfo was not ended by us: gRPC ends what
     * breaks the form of a call, such as one that ends before its request came.
     */
    static Reason reason(io.grpc.Status status, Metadata trailers) {
        var found = StatusProto.fromStatusAndTrailers(status, trailers);
        return found.getDetailsList().stream().anyMatch(detail -> detail.is(ErrorInfo.class))
                ? refusal(found).reason()
                : Reason.INVALID_ARGUMENT;
    }

    private static Refusal refusal(Status status, ErrorInfo info) {
        for (var reason : Reason.values()) {
            if (reason.name().equals(info.getReason())) {
                return Refusal.of(reason, status.getMessage(), info.getMetadataMap());
            }
        }
        return Refusal.of(Reason.INTERNAL, "another node answered " + info.getReason() + ": " + status.getMessage());
    }

    private static ErrorInfo unpack(Any detail) {
        try {
            return detail.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("no ErrorInfo in " + detail.getTypeUrl(), e);
        }
    }
}
