package io.cordwood.server;

import io.cordwood.raft.NodeTransport;
import io.cordwood.server.cluster.Peers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The other nodes by way of the node port.
 *
 * <p><b>Thread:</b> any.
 */
final class TransportPeers implements Peers {
    private final NodeTransport transport;

    TransportPeers(NodeTransport transport) {
        this.transport = transport;
    }

    @Override
    public CompletableFuture<byte[]> call(int nodeId, String method, byte[] request, Duration timeout) {
        return transport.call(nodeId, method, request, timeout);
    }

    @Override
    public void handle(String method, Function<byte[], CompletableFuture<byte[]>> handler) {
        transport.handle(method, (fromNode, request) -> handler.apply(request));
    }
}
