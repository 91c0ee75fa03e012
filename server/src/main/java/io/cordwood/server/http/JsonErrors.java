package io.cordwood.server.http;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.rpc.Errors;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors as HTTP answers: the canonical code decides on the status, the body holds the same reasons and
 * details that gRPC clients get.
 *
 * <p><b>Thread:</b> any; no state.
 *
 * <p><b>Source:</b> the mapping of codes to HTTP in google/rpc/code.proto.
 */
final class JsonErrors {
    private static final Logger LOGGER = LoggerFactory.getLogger(JsonErrors.class);
    private static final String RETRY_AFTER = "Retry-After";

    private JsonErrors() {}

    static HttpAnswer answer(HttpRefusedException refused) {
        var status = Errors.status(refused.refusal());
        var headers = new HashMap<>(retryAfter(status));
        headers.putAll(refused.headers());
        return HttpAnswer.json(refused.status(), object(status).toString()).with(headers);
    }

    static HttpAnswer answer(Status status) {
        return HttpAnswer.json(httpStatus(status.getCode()), object(status).toString())
                .with(retryAfter(status));
    }

    /** {@code {"code": 5, "status": "NOT_FOUND", "message": ..., "details": [...]}}. */
    static JsonObject object(Status status) {
        var details = JsonParser.parseString(ProtoJson.compact(status))
                .getAsJsonObject()
                .get("details");
        var object = new JsonObject();
        object.addProperty("code", status.getCode());
        object.addProperty("status", code(status.getCode()).name());
        object.addProperty("message", status.getMessage());
        object.add("details", details == null ? new JsonArray() : details);
        return object;
    }

    /**
     * What a call ended in. An error without our details is one of the way to the service, and gets a
     * reason here.
     */
    static Status status(StatusRuntimeException failure) {
        var status = StatusProto.fromThrowable(failure);
        if (status != null && status.getDetailsCount() > 0) {
            return status;
        }
        var code = failure.getStatus().getCode();
        if (code == io.grpc.Status.Code.DEADLINE_EXCEEDED) {
            return Errors.status(
                    Refusal.of(Reason.REQUEST_TIMED_OUT, "no answer within the deadline, so the outcome is unknown"));
        }
        if (code == io.grpc.Status.Code.UNAVAILABLE || code == io.grpc.Status.Code.CANCELLED) {
            return Errors.status(stopping());
        }
        LOGGER.error("a call failed without a reason", failure);
        return Errors.status(Refusal.of(Reason.INTERNAL, "a fault of the server; its log says more"));
    }

    static Refusal stopping() {
        return Refusal.of(Reason.SHUTTING_DOWN, "the node is stopping; go on at another one");
    }

    static int httpStatus(int canonicalCode) {
        return switch (code(canonicalCode)) {
            case OK -> 200;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ABORTED, ALREADY_EXISTS -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case CANCELLED -> 499;
            case UNKNOWN, INTERNAL, DATA_LOSS, UNRECOGNIZED -> 500;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
        };
    }

    private static Code code(int number) {
        return Objects.requireNonNullElse(Code.forNumber(number), Code.UNKNOWN);
    }

    /** HTTP counts whole seconds. */
    private static Map<String, String> retryAfter(Status status) {
        var millis = status.getDetailsList().stream()
                .map(JsonErrors::retryMillis)
                .flatMapToLong(OptionalLong::stream)
                .findFirst();
        return millis.isEmpty()
                ? Map.of()
                : Map.of(RETRY_AFTER, Long.toString(Math.max(1, (millis.getAsLong() + 999) / 1_000)));
    }

    private static OptionalLong retryMillis(Any detail) {
        if (!detail.is(RetryInfo.class)) {
            return OptionalLong.empty();
        }
        try {
            var delay = detail.unpack(RetryInfo.class).getRetryDelay();
            return OptionalLong.of(delay.getSeconds() * 1_000 + delay.getNanos() / 1_000_000);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("no RetryInfo in " + detail.getTypeUrl(), e);
        }
    }
}
