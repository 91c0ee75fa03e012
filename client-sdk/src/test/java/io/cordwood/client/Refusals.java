package io.cordwood.client;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Map;

/** Error answers as a server writes them. */
final class Refusals {
    private Refusals() {}

    static Status of(String reason, String message) {
        return of(reason, message, Map.of());
    }

    static Status of(String reason, String message, Map<String, String> metadata) {
        var info =
                ErrorInfo.newBuilder().setDomain("cordwood").setReason(reason).putAllMetadata(metadata);
        return Status.newBuilder()
                .setCode(canonicalCode(reason))
                .setMessage(message)
                .addDetails(Any.pack(info.build()))
                .build();
    }

    static Status retryAfter(Status status, Duration wait) {
        var delay = com.google.protobuf.Duration.newBuilder()
                .setSeconds(wait.toSeconds())
                .setNanos(wait.toNanosPart());
        return status.toBuilder()
                .addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()))
                .build();
    }

    static StatusRuntimeException thrown(Status status) {
        return StatusProto.toStatusRuntimeException(status);
    }

    private static int canonicalCode(String reason) {
        return switch (reason) {
            case "UNKNOWN_TOPIC", "PARTITION_OUT_OF_RANGE" -> 5;
            case "TOPIC_EXISTS", "NODE_EXISTS" -> 6;
            case "OVERLOADED", "TOO_MANY_PRODUCERS" -> 8;
            case "NOT_LEADER", "OUT_OF_ORDER_SEQUENCE", "UNKNOWN_MEMBER", "MEMBER_FENCED", "OFFSET_BEHIND" -> 9;
            case "OFFSET_OUT_OF_RANGE" -> 11;
            case "INTERNAL" -> 13;
            case "LEADER_UNKNOWN", "METADATA_UNAVAILABLE", "SHUTTING_DOWN" -> 14;
            case "REQUEST_TIMED_OUT" -> 4;
            default -> 3;
        };
    }
}
