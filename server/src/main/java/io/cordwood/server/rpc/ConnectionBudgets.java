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
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Gives each connection a budget of bytes in flight, shared by its streams, and counts the connections.
 *
 * <p><b>Thread:</b> any.
 */
final class ConnectionBudgets extends ServerTransportFilter implements ServerInterceptor {
    private static final Attributes.Key<ByteBudget> OF_TRANSPORT = Attributes.Key.create("cordwood-connection-budget");
    private static final Context.Key<ByteBudget> OF_CALL = Context.key("cordwood-connection-budget");

    private final long limitBytes;
    private final AtomicInteger connections = new AtomicInteger();

    ConnectionBudgets(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    static ByteBudget ofCurrentCall() {
        return OF_CALL.get();
    }

    /** How many are open. */
    int connections() {
        return connections.get();
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
        connections.incrementAndGet();
        return attributes.toBuilder()
                .set(OF_TRANSPORT, new ByteBudget(limitBytes))
                .build();
    }

    /**
     * @param attributes what {@link #transportReady} returned; null for who went away before it spoke
     *     gRPC, as one does that only looks whether the port is open
     */
    @Override
    public void transportTerminated(@Nullable Attributes attributes) {
        if (attributes != null) {
            connections.decrementAndGet();
        }
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var context = Context.current().withValue(OF_CALL, call.getAttributes().get(OF_TRANSPORT));
        return Contexts.interceptCall(context, call, headers, next);
    }
}
