package io.cordwood.server.cluster;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A refused request: the reason for programs, one sentence for people that says what to do, and the details by name.
 *
 * <p>Invariant: message and details are bounded, however large the request was.
 *
 * <p><b>Thread:</b> immutable.
 */
public record Refusal(Reason reason, String message, SortedMap<String, String> details) {
    public static final String TOPIC = "topic";
    public static final String FIELD = "field";
    public static final String VALUE = "value";
    public static final String LIMIT = "limit";
    public static final String SETTING = "setting";
    public static final String LEADER_NODE_ID = "leader_node_id";
    public static final String LEADER_ADDRESS = "leader_address";
    /** What is known of the outcome, where the reason does not say it. */
    public static final String OUTCOME = "outcome";

    /** The request changed nothing, so that sending it again is safe. */
    public static final String NOTHING_DONE = "nothing_done";

    /** The request may have been carried out, and must not be sent again without a look. */
    public static final String OUTCOME_UNKNOWN = "unknown";

    private static final int MESSAGE_MAX_CHARS = 500;
    private static final int DETAIL_MAX_CHARS = 200;

    public Refusal {
        message = bounded(message, MESSAGE_MAX_CHARS);
        var copy = new TreeMap<String, String>();
        details.forEach((name, value) -> copy.put(name, bounded(value, DETAIL_MAX_CHARS)));
        details = Collections.unmodifiableSortedMap(copy);
    }

    public static Refusal of(Reason reason, String message) {
        return new Refusal(reason, message, new TreeMap<>());
    }

    public static Refusal of(Reason reason, String message, Map<String, String> details) {
        return new Refusal(reason, message, new TreeMap<>(details));
    }

    /** A field of the request whose value breaks a limit. */
    public static Refusal field(Reason reason, String field, Object value, String limit) {
        var shown = bounded(String.valueOf(value), DETAIL_MAX_CHARS);
        return of(reason, field + " is '" + shown + "', must be " + limit)
                .with(FIELD, field)
                .with(VALUE, shown)
                .with(LIMIT, limit);
    }

    public Refusal with(String name, Object value) {
        var more = new TreeMap<>(details);
        more.put(name, String.valueOf(value));
        return new Refusal(reason, message, more);
    }

    public RefusedException exception() {
        return new RefusedException(this);
    }

    private static String bounded(String text, int maxChars) {
        return text.length() <= maxChars ? text : text.substring(0, maxChars) + "...";
    }
}
