package io.cordwood.server.rpc;

import io.cordwood.server.health.Hindrance;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Names what hinders the node in the trailers of its health checks, whose protocol has no other place for
 * it: the codes only, because a trailer is ASCII.
 *
 * <p><b>Thread:</b> any.
 */
final class HealthReasons implements ServerInterceptor {
    static final Metadata.Key<String> REASONS = Metadata.Key.of("cordwood-reasons", Metadata.ASCII_STRING_MARSHALLER);

    private volatile List<Hindrance> hindrances = List.of();
    private volatile String reasons = "";

    void set(List<Hindrance> newHindrances) {
        hindrances = List.copyOf(newHindrances);
        reasons = hindrances.stream().map(each -> each.code().name()).collect(Collectors.joining(" "));
    }

    /** As they were set last. */
    List<Hindrance> now() {
        return hindrances;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(Status status, Metadata trailers) {
                        var now = reasons;
                        if (!now.isEmpty()) {
                            trailers.put(REASONS, now);
                        }
                        super.close(status, trailers);
                    }
                },
                headers);
    }
}
