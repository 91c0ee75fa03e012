package io.cordwood.raft;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;

/**
 * As whom this process calls its RaftServer: the one client id under which it, and nobody else, submits entries.
 *
 * <p>Invariants: no two calls under the id have the same number, whatever they ask for: Ratis answers a repeated one with the
 * reply of the first.
 *
 * <p>Thread: any.
 */
final class RatisClient {
    private final ClientId id = ClientId.randomId();
    private final AtomicLong callIds = new AtomicLong();

    ClientId id() {
        return id;
    }

    long nextCallId() {
        return callIds.getAndIncrement();
    }
}
