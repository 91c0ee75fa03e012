package io.cordwood.server.http;

import java.util.Map;

/**
 * A whole answer.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param headers besides the content type
 */
record HttpAnswer(int status, String contentType, String body, Map<String, String> headers) {
    static final int OK = 200;
    private static final String JSON = "application/json";

    HttpAnswer {
        headers = Map.copyOf(headers);
    }

    /** The line break is for people at a terminal. */
    static HttpAnswer json(int status, String json) {
        return new HttpAnswer(status, JSON, json + "\n", Map.of());
    }

    HttpAnswer with(Map<String, String> newHeaders) {
        return new HttpAnswer(status, contentType, body, newHeaders);
    }
}
