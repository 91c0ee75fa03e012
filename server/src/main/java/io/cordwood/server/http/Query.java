package io.cordwood.server.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters behind the question mark, decoded, in their order.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> RFC 3986, 3.4. A plus stands for itself and not for a blank: times have one ({@code
 * @2026-11-20T10:00+01:00}) and no value that is asked for has a blank.
 */
record Query(Map<String, List<String>> values) {
    /** @throws HttpRefusedException where it is no query */
    static Query parse(@Nullable String raw) {
        var values = new LinkedHashMap<String, List<String>>();
        if (raw != null && !raw.isEmpty()) {
            for (var pair : raw.split("&", -1)) {
                int equals = pair.indexOf('=');
                var name = decoded(equals < 0 ? pair : pair.substring(0, equals));
                values.computeIfAbsent(name, absent -> new ArrayList<>())
                        .add(equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            }
        }
        return new Query(values);
    }

    Set<String> names() {
        return values.keySet();
    }

    List<String> all(String name) {
        return List.copyOf(values.getOrDefault(name, List.of()));
    }

    /** @throws HttpRefusedException where it is given more than once */
    Optional<String> one(String name) {
        var given = all(name);
        if (given.size() > 1) {
            throw HttpRefusedException.field(HttpRefusedException.BAD_REQUEST, name, given, "given once");
        }
        return given.stream().findFirst();
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw HttpRefusedException.field(HttpRefusedException.BAD_REQUEST, "query", text, "percent-encoded UTF-8");
        }
    }
}
