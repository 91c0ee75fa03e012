package io.cordwood.server.rpc;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.stub.MetadataUtils;

/**
 * Who makes a call. Somebody in this process who calls for others says for whom; of a call that comes over
 * the network only the connection is believed.
 *
 * <p><b>Thread:</b> any; stateless.
 */
public final class CallerAddress {
    private static final Metadata.Key<String> CALLER =
            Metadata.Key.of("cordwood-caller", Metadata.ASCII_STRING_MARSHALLER);

    private CallerAddress() {}

    /** The channel of {@link ClientServer#channel}, for calls on behalf of this caller. */
    public static Channel on(Channel channel, String caller) {
        var headers = new Metadata();
        headers.put(CALLER, caller);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    static String of(ServerCall<?, ?> call, Metadata headers) {
        var connection = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        var named = connection instanceof InProcessSocketAddress ? headers.get(CALLER) : null;
        return named == null ? String.valueOf(connection) : named;
    }
}
