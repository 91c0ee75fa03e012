package io.cordwood.server.tracing;

import java.util.Map;

/**
 * The trace that a call is a part of, as its headers say it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> W3C Trace Context.
 *
 * @param headers {@value #PARENT} and perhaps {@value #STATE}; none where the caller traces nothing
 */
public record CallTrace(Map<String, String> headers) {
    public static final String PARENT = "traceparent";
    public static final String STATE = "tracestate";
    public static final CallTrace NONE = new CallTrace(Map.of());

    public CallTrace {
        headers = Map.copyOf(headers);
    }
}
