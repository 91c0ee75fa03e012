package io.cordwood.server.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells handlers which host a call came from, for people; without the port, which is another one each time.
 *
 * <p><b>Thread:</b> any.
 */
final class CallerHost implements ServerInterceptor {
    private static final Context.Key<String> OF_CALL = Context.key("cordwood-caller-host");

    static String ofCurrentCall() {
        return Optional.ofNullable(OF_CALL.get()).orElse("");
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var host = host(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        return Contexts.interceptCall(Context.current().withValue(OF_CALL, host), call, headers, next);
    }

    private static String host(@Nullable SocketAddress connection) {
        return connection instanceof InetSocketAddress address
                ? Optional.ofNullable(address.getAddress())
                        .map(InetAddress::getHostAddress)
                        .orElse(address.getHostString())
                : "";
    }
}
