package io.cordwood.client;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rule for names of topics and groups, checked before anything is sent. */
final class Names {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private Names() {}

    /** For the hot path, where the name is checked only when it is looked up. */
    static String requireNotNull(@Nullable String name) {
        return name == null ? requireTopic(null) : name;
    }

    /** @throws CordwoodException INVALID_NAME */
    static String requireTopic(@Nullable String name) {
        return require("topic", name);
    }

    /** @throws CordwoodException INVALID_NAME */
    static String requireGroup(@Nullable String name) {
        return require("group", name);
    }

    private static String require(String field, @Nullable String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_NAME, field, name == null ? "null" : '"' + name + '"', NAME.pattern());
        }
        return name;
    }
}
