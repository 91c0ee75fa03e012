package io.cordwood.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * From the server's answers to {@link CordwoodException}: the one place that reads {@code google.rpc} details.
 *
 * <p>Invariant: an ErrorInfo of the domain {@value #DOMAIN} decides; without one (a proxy, a broken connection) the
 * canonical code does.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class StatusTranslation {
    static final String DOMAIN = "cordwood";
    /** gRPC's own words. It gives a connection that is told to calm down the same code, and that one may come back. */
    private static final String MESSAGE_TOO_LARGE = "message exceeds maximum size";

    private StatusTranslation() {}

    /** What a call ended with; a {@link CordwoodException} is given back as it is. */
    static CordwoodException of(Throwable failure) {
        if (failure instanceof CordwoodException known) {
            return known;
        }
        if (failure instanceof CompletionException || failure instanceof ExecutionException) {
            var cause = failure.getCause();
            return cause == null ? unknown(failure) : of(cause);
        }
        if (failure instanceof StatusRuntimeException || failure instanceof StatusException) {
            var status = StatusProto.fromThrowable(failure);
            return status == null ? unknown(failure) : of(status, failure);
        }
        return unknown(failure);
    }

    static CordwoodException of(Status status) {
        return of(status, null);
    }

    private static CordwoodException of(Status status, @Nullable Throwable cause) {
        var info = detail(status, ErrorInfo.class)
                .filter(found -> found.getDomain().equals(DOMAIN));
        var code = info.map(found -> codeNamed(found.getReason())).orElseGet(() -> codeOf(status, cause));
        Map<String, String> details = info.map(ErrorInfo::getMetadataMap).orElse(Map.of());
        var retryAfter =
                detail(status, RetryInfo.class).map(StatusTranslation::delay).orElse(null);
        return new CordwoodException(code, message(status, code), details, retryAfter, cause);
    }

    private static String message(Status status, ErrorCode code) {
        return status.getMessage().isBlank() ? code + " without a message" : status.getMessage();
    }

    private static ErrorCode codeNamed(String reason) {
        for (var code : ErrorCode.values()) {
            if (code.name().equals(reason)) {
                return code;
            }
        }
        return ErrorCode.UNKNOWN;
    }

    /** Canonical codes as numbers of {@code google.rpc.Code}. */
    private static ErrorCode codeOf(Status status, @Nullable Throwable cause) {
        return switch (io.grpc.Status.fromCodeValue(status.getCode()).getCode()) {
            case UNAVAILABLE -> ErrorCode.NODE_UNREACHABLE;
            case DEADLINE_EXCEEDED -> ErrorCode.REQUEST_TIMED_OUT;
            case RESOURCE_EXHAUSTED ->
                status.getMessage().contains(MESSAGE_TOO_LARGE) ? ErrorCode.RECORD_TOO_LARGE : ErrorCode.OVERLOADED;
            case INVALID_ARGUMENT -> ErrorCode.INVALID_ARGUMENT;
            case CANCELLED -> ErrorCode.NODE_UNREACHABLE;
            case INTERNAL -> ErrorCode.INTERNAL;
            // gRPC's word for a call that began on a connection which was just being closed.
            case UNKNOWN ->
                cause != null && cause.getCause() instanceof IOException
                        ? ErrorCode.NODE_UNREACHABLE
                        : ErrorCode.UNKNOWN;
            default -> ErrorCode.UNKNOWN;
        };
    }

    private static Duration delay(RetryInfo info) {
        var delay = info.getRetryDelay();
        return Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
    }

    private static <M extends Message> Optional<M> detail(Status status, Class<M> type) {
        for (Any any : status.getDetailsList()) {
            if (any.is(type)) {
                return unpack(any, type);
            }
        }
        return Optional.empty();
    }

    /** A detail that does not parse is as good as none: the canonical code still tells what happened. */
    private static <M extends Message> Optional<M> unpack(Any any, Class<M> type) {
        try {
            return Optional.of(any.unpack(type));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    private static CordwoodException unknown(Throwable failure) {
        return new CordwoodException(ErrorCode.UNKNOWN, String.valueOf(failure), Map.of(), null, failure);
    }
}
