package io.cordwood.chaos.workload;

import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Calls to one node of choice, by nobody's client library: nothing is repeated, and the answer is the node's
 * own.
 *
 * <p><b>Thread:</b> any.
 */
public final class NodeCalls implements AutoCloseable {
    private static final int MAX_BYTES = 64 << 20;
    /** Servers permit it from there on; a connection whose other end is gone is found soon. */
    private static final int KEEPALIVE_SECONDS = 10;

    private static final int KEEPALIVE_TIMEOUT_SECONDS = 5;

    private final List<ManagedChannel> channels;

    /** @param addresses of the nodes in their order */
    public NodeCalls(List<String> addresses) {
        channels = addresses.stream().map(NodeCalls::open).toList();
    }

    private static ManagedChannel open(String address) {
        return NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .disableRetry()
                .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_BYTES)
                .build();
    }

    int nodes() {
        return channels.size();
    }

    /** @param place of the node in the order of the addresses, from 0 */
    DataServiceGrpc.DataServiceBlockingStub data(int place, Duration deadline) {
        return DataServiceGrpc.newBlockingStub(channel(place))
                .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** For streams. */
    DataServiceGrpc.DataServiceStub streams(int place) {
        return DataServiceGrpc.newStub(channel(place));
    }

    ClusterServiceGrpc.ClusterServiceBlockingStub cluster(int place, Duration deadline) {
        return ClusterServiceGrpc.newBlockingStub(channel(place))
                .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    private ManagedChannel channel(int place) {
        var channel = channels.get(place);
        // A node that was away for long is tried at once, not when the pause that grew meanwhile is over.
        channel.resetConnectBackoff();
        return channel;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
