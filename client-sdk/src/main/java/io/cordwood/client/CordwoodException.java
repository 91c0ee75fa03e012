package io.cordwood.client;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request that was refused or failed: {@link #code()} to decide on, {@link #details()} with the field, limit and
 * value where the request named them wrongly, {@link #hint()} on what to do.
 *
 * <p>Invariant: the message is one line that stands alone.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed class CordwoodException extends RuntimeException permits OffsetOutOfRangeException {
    static final String OUTCOME = "outcome";
    static final String NOTHING_DONE = "nothing_done";
    private static final String OUTCOME_UNKNOWN = "unknown";

    private final ErrorCode code;
    private final transient Map<String, String> details;
    private final @Nullable Duration retryAfter;
    /** It may have been carried out, and must not be a second time. */
    private final boolean outcomeUnknown;

    public CordwoodException(ErrorCode code, String message) {
        this(code, message, Map.of(), null, null);
    }

    public CordwoodException(ErrorCode code, String message, Map<String, String> details) {
        this(code, message, details, null, null);
    }

    CordwoodException(
            ErrorCode code,
            String message,
            Map<String, String> details,
            @Nullable Duration retryAfter,
            @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.details = Collections.unmodifiableMap(new TreeMap<>(details));
        this.retryAfter = retryAfter;
        this.outcomeUnknown = OUTCOME_UNKNOWN.equals(details.get(OUTCOME));
    }

    /** A request field that this client refuses before it is sent. */
    static CordwoodException invalid(ErrorCode code, String field, Object value, String limit) {
        return new CordwoodException(
                code,
                field + " is " + value + ", allowed is " + limit,
                Map.of("field", field, "value", String.valueOf(value), "limit", limit));
    }

    public final ErrorCode code() {
        return code;
    }

    /**
     * Whether the same request may succeed a little later by itself, and does no harm where it was carried
     * out already.
     */
    public final boolean retryable() {
        return code.retryable() && !outcomeUnknown;
    }

    /** How long the server asks to wait before the next try. */
    public final Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Names and values as the server's API documents them per code: {@code field}, {@code limit}, {@code value}, ... */
    public final Map<String, String> details() {
        return details;
    }

    public final String hint() {
        return outcomeUnknown ? "look whether it was done before you repeat it" : code.hint();
    }

    /** The same failure told again for another request, so that each stack trace shows its own caller. */
    CordwoodException because(String what) {
        return new CordwoodException(code, what + ": " + getMessage(), details, retryAfter, this);
    }

    /** The failure of a request that must not be carried out twice. */
    CordwoodException withUnknownOutcome() {
        var more = new TreeMap<>(details);
        more.put(OUTCOME, OUTCOME_UNKNOWN);
        return new CordwoodException(code, "nobody knows whether it was done: " + getMessage(), more, null, this);
    }
}
