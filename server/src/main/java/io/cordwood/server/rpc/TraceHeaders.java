package io.cordwood.server.rpc;

import io.cordwood.server.tracing.CallTrace;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.HashMap;

/**
 * Keeps what a call's headers say of its trace for its handler. There is none of these where nothing is
 * traced.
 *
 * <p><b>Thread:</b> any; stateless.
 */
final class TraceHeaders implements ServerInterceptor {
    private static final Metadata.Key<String> PARENT =
            Metadata.Key.of(CallTrace.PARENT, Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> STATE =
            Metadata.Key.of(CallTrace.STATE, Metadata.ASCII_STRING_MARSHALLER);
    private static final Context.Key<CallTrace> OF_CALL = Context.keyWithDefault("cordwood-trace", CallTrace.NONE);

    static CallTrace ofCurrentCall() {
        return OF_CALL.get();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var parent = headers.get(PARENT);
        if (parent == null) {
            return next.startCall(call, headers);
        }
        var found = new HashMap<String, String>();
        found.put(CallTrace.PARENT, parent);
        var state = headers.get(STATE);
        if (state != null) {
            found.put(CallTrace.STATE, state);
        }
        return Contexts.interceptCall(Context.current().withValue(OF_CALL, new CallTrace(found)), call, headers, next);
    }
}
