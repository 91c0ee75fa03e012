package io.cordwood.server.rpc;

import io.cordwood.server.tracing.CallTrace;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.MetadataUtils;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Keeps what a call's headers say of its trace for its handler. There is none of these where nothing is
 * traced.
 *
 * <p><b>Thread:</b> any; stateless.
 */
public final class TraceHeaders implements ServerInterceptor {
    private static final Metadata.Key<String> PARENT =
            Metadata.Key.of(CallTrace.PARENT, Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> STATE =
            Metadata.Key.of(CallTrace.STATE, Metadata.ASCII_STRING_MARSHALLER);
    private static final List<Metadata.Key<String>> KEYS = List.of(PARENT, STATE);
    private static final Context.Key<CallTrace> OF_CALL = Context.keyWithDefault("cordwood-trace", CallTrace.NONE);

    /**
     * The channel for a call in the trace that another protocol's headers name.
     *
     * @param headers by name, in any case
     */
    public static Channel on(Channel channel, Function<String, Optional<String>> headers) {
        var metadata = new Metadata();
        KEYS.forEach(key -> headers.apply(key.originalName()).ifPresent(value -> metadata.put(key, value)));
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    static CallTrace ofCurrentCall() {
        return OF_CALL.get();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (!headers.containsKey(PARENT)) {
            return next.startCall(call, headers);
        }
        var found = new HashMap<String, String>();
        KEYS.forEach(
                key -> Optional.ofNullable(headers.get(key)).ifPresent(value -> found.put(key.originalName(), value)));
        return Contexts.interceptCall(Context.current().withValue(OF_CALL, new CallTrace(found)), call, headers, next);
    }
}
