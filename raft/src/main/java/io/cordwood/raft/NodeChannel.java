package io.cordwood.raft;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.netty.channel.ChannelOption;

/**
 * Calls to the node at an address, over one connection that is made anew when it breaks.
 *
 * <p>Invariants: a connection that calls wait for and that brings nothing is given up {@link #KEEPALIVE}
 * and {@link #KEEPALIVE_TIMEOUT} after what came last, and one that is not made within {@link
 * #CONNECT_TIMEOUT}. Where a network drops packets TCP would go on with either, and wait longer from
 * attempt to attempt: minutes beyond a long cut, in which every call ends by its deadline. A node that is
 * away is tried at once, and then every {@link #CONNECT_PAUSE} at most.
 *
 * <p>Thread: any.
 *
 * <p>Source: gRPC proposals A8 (keepalive of clients), A9 (of servers), A18 (with it the time of TCP's own
 * attempts is bounded).
 */
final class NodeChannel {
    /** The shortest that gRPC takes. */
    private static final Duration KEEPALIVE = Duration.ofSeconds(10);

    private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(3);
    /** Who asks more often is sent away; half of what the others do, as clocks and delays differ. */
    private static final Duration PERMITTED_KEEPALIVE = KEEPALIVE.dividedBy(2);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration CONNECT_PAUSE = Duration.ofMillis(250);

    private final ManagedChannel channel;
    /** By {@link System#nanoTime}. */
    private final AtomicLong nextConnectNanos = new AtomicLong(System.nanoTime());

    NodeChannel(String address) {
        channel = NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .maxInboundMessageSize(NodeTransport.MAX_MESSAGE_BYTES)
                .keepAliveTime(KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(CONNECT_TIMEOUT.toMillis()))
                .build();
    }

    /** Has a server answer the keepalive of other nodes. */
    static NettyServerBuilder permitKeepAlive(NettyServerBuilder builder) {
        return builder.permitKeepAliveTime(PERMITTED_KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true); // the call may have ended before its question arrives
    }

    <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, Duration timeout) {
        return channel.newCall(
                method, CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS));
    }

    /**
     * After a call that found no connection: gRPC would wait up to two minutes before it tries a node again
     * that was away. At a pace: all that is asked of a node that is away comes by here.
     */
    void connectSoon() {
        long now = System.nanoTime();
        long next = nextConnectNanos.get();
        if (now - next >= 0 && nextConnectNanos.compareAndSet(next, now + CONNECT_PAUSE.toNanos())) {
            channel.resetConnectBackoff();
        }
    }

    /** Ends calls under way and takes no more. */
    void close() {
        channel.shutdownNow();
    }
}
