package io.cordwood.server.rpc;

import io.cordwood.server.partition.ByteBudget;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;

/**
 * Gives each connection a budget of bytes in flight, shared by its streams.
 *
 * <p><b>Thread:</b> any; no state of its own.
 */
final class ConnectionBudgets extends ServerTransportFilter implements ServerInterceptor {
    private static final Attributes.Key<ByteBudget> OF_TRANSPORT = Attributes.Key.create("cordwood-connection-budget");
    private static final Context.Key<ByteBudget> OF_CALL = Context.key("cordwood-connection-budget");

    private final long limitBytes;

    ConnectionBudgets(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    static ByteBudget ofCurrentCall() {
        return OF_CALL.get();
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
        return attributes.toBuilder()
                .set(OF_TRANSPORT, new ByteBudget(limitBytes))
                .build();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var context = Context.current().withValue(OF_CALL, call.getAttributes().get(OF_TRANSPORT));
        return Contexts.interceptCall(context, call, headers, next);
    }
}
