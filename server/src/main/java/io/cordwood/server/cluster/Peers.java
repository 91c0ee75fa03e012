package io.cordwood.server.cluster;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Port for unary calls between nodes.
 *
 * <p><b>Thread:</b> any. A handler must not block; it is not called before the node has joined.
 */
public interface Peers {
    /** Fails when the node does not answer in time; whether it acted is then unknown. */
    CompletableFuture<byte[]> call(int nodeId, String method, byte[] request, Duration timeout);

    void handle(String method, Function<byte[], CompletableFuture<byte[]>> handler);
}
