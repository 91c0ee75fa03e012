package io.cordwood.server.cluster;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Calls between the nodes of one JVM.
 *
 * <p>Thread: any.
 */
public final class FakePeers {
    private final Map<String, Function<byte[], CompletableFuture<byte[]>>> handlers = new ConcurrentHashMap<>();
    private final Set<Integer> silent = ConcurrentHashMap.newKeySet();
    private final AtomicInteger calls = new AtomicInteger();

    /** The node answers no more calls. */
    public void silence(int nodeId) {
        silent.add(nodeId);
    }

    public int calls() {
        return calls.get();
    }

    public Peers on(int nodeId) {
        return new Peers() {
            @Override
            public CompletableFuture<byte[]> call(int target, String method, byte[] request, Duration timeout) {
                calls.incrementAndGet();
                var handler = handlers.get(target + "/" + method);
                return handler == null || silent.contains(target)
                        ? CompletableFuture.failedFuture(new IllegalStateException("node " + target + " is silent"))
                        : handler.apply(request);
            }

            @Override
            public void handle(String method, Function<byte[], CompletableFuture<byte[]>> handler) {
                handlers.put(nodeId + "/" + method, handler);
            }
        };
    }
}
