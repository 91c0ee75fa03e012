package io.cordwood.client;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rule for topic names, checked before anything is sent. */
final class Names {
    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private Names() {}

    /** For the hot path, where the name is checked only when it is looked up. */
    static String requireNotNull(@Nullable String name) {
        return name == null ? requireTopic(null) : name;
    }

    /** @throws CordwoodException INVALID_NAME */
    static String requireTopic(@Nullable String name) {
        if (name == null || !TOPIC.matcher(name).matches()) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_NAME, "topic", name == null ? "null" : '"' + name + '"', TOPIC.pattern());
        }
        return name;
    }
}
