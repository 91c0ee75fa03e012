package io.cordwood.server.tracing;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * The trace that a call is a part of, as its headers say it.
 *
 * <p><b>Thread:</b> immutable.
 *
 * <p><b>Source:</b> W3C Trace Context.
 *
 * <p>Invariant: its headers are bounded.
 *
 * @param headers {@value #PARENT} and perhaps {@value #STATE}; none where the caller traces nothing
 */
public record CallTrace(Map<String, String> headers) {
    public static final String PARENT = "traceparent";
    public static final String STATE = "tracestate";
    /** Longer headers are passed over: 512 is what every system has to pass on. */
    public static final int HEADER_MAX_CHARS = 512;

    public static final CallTrace NONE = new CallTrace(Map.of());

    public CallTrace {
        headers = headers.entrySet().stream()
                .filter(header -> header.getValue().length() <= HEADER_MAX_CHARS)
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
