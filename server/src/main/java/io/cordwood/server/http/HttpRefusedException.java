package io.cordwood.server.http;

import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.util.Map;

/**
 * A request that is wrong before any service sees it, with the status that HTTP has for that. It has no
 * stack trace: it is an answer.
 *
 * <p><b>Thread:</b> immutable.
 */
final class HttpRefusedException extends RuntimeException {
    static final int BAD_REQUEST = 400;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;
    static final int METHOD_NOT_ALLOWED = 405;
    static final int CONTENT_TOO_LARGE = 413;
    static final int UNSUPPORTED_MEDIA_TYPE = 415;
    static final int TOO_MANY_REQUESTS = 429;
    static final int UNAVAILABLE = 503;

    private final int status;
    private final Refusal refusal;
    private final Map<String, String> headers;

    HttpRefusedException(int status, Refusal refusal, Map<String, String> headers) {
        super(status + " " + refusal.message(), null, false, false);
        this.status = status;
        this.refusal = refusal;
        this.headers = Map.copyOf(headers);
    }

    HttpRefusedException(int status, Refusal refusal) {
        this(status, refusal, Map.of());
    }

    /** A part of the request whose value breaks a rule. */
    static HttpRefusedException field(int status, String field, Object value, String limit) {
        return new HttpRefusedException(status, Refusal.field(Reason.INVALID_ARGUMENT, field, value, limit));
    }

    /** All places that a setting allows are taken. */
    static HttpRefusedException allTaken(String what, String setting, int limit) {
        return new HttpRefusedException(TOO_MANY_REQUESTS, taken(what, limit).with(Refusal.SETTING, setting));
    }

    /** All places are taken, and no setting makes more. */
    static HttpRefusedException allTaken(String what, int limit) {
        return new HttpRefusedException(TOO_MANY_REQUESTS, taken(what, limit));
    }

    private static Refusal taken(String what, int limit) {
        return Refusal.of(Reason.OVERLOADED, "the node has " + limit + " " + what + " open; try again shortly")
                .with(Refusal.LIMIT, limit)
                .with(Refusal.VALUE, limit);
    }

    int status() {
        return status;
    }

    Refusal refusal() {
        return refusal;
    }

    /** What the answer carries besides. */
    Map<String, String> headers() {
        return headers;
    }
}
