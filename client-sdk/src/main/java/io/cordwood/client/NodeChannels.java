package io.cordwood.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * One gRPC channel per node address, made on first use.
 *
 * <p>Invariant: retries are decided by this client alone, so gRPC's own are off and its reconnect backoff is cut short
 * by every {@link #to}.
 *
 * <p><b>Thread:</b> any.
 */
final class NodeChannels implements AutoCloseable {
    /** Finds a silent node in 40 s at most; the server permits pings from 10 s on. */
    private static final Duration KEEPALIVE = Duration.ofSeconds(30);

    private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);
    /** An answer holds at most a few batches of 1 MiB; a topic may allow larger ones. */
    private static final int INBOUND_MAX_BYTES = 64 << 20;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final ConcurrentHashMap<HostPort, ManagedChannel> channels = new ConcurrentHashMap<>();
    private final Executor executor;
    private volatile boolean closed;

    /** @param executor runs the answers of calls; never blocked */
    NodeChannels(Executor executor) {
        this.executor = executor;
    }

    /** @throws CordwoodException CLIENT_CLOSED */
    ManagedChannel to(HostPort address) {
        if (closed) {
            throw new CordwoodException(ErrorCode.CLIENT_CLOSED, "the client is closed");
        }
        var channel = channels.computeIfAbsent(address, this::open);
        channel.resetConnectBackoff();
        return channel;
    }

    @Override
    public void close() {
        closed = true;
        channels.values().forEach(ManagedChannel::shutdownNow);
        channels.values().forEach(NodeChannels::awaitEnd);
    }

    private ManagedChannel open(HostPort address) {
        return NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .executor(executor)
                .disableRetry()
                .keepAliveTime(KEEPALIVE.toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
                .maxInboundMessageSize(INBOUND_MAX_BYTES)
                .build();
    }

    private static void awaitEnd(ManagedChannel channel) {
        try {
            channel.awaitTermination(CLOSE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
