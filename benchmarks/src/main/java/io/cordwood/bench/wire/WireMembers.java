package io.cordwood.bench.wire;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Many members that share a few connections to the node that coordinates, and a timer.
 *
 * <p><b>Thread:</b> any.
 */
public final class WireMembers implements AutoCloseable {
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "wire-pings");
        thread.setDaemon(true);
        return thread;
    });
    private int joined;

    private WireMembers() {}

    /** @param address of the node that leads the metadata */
    public static WireMembers to(String address, int connections) {
        var members = new WireMembers();
        for (int i = 0; i < connections; i++) {
            // Answers are only noted: the event loop does that by itself.
            members.channels.add(NettyChannelBuilder.forTarget(address)
                    .usePlaintext()
                    .disableRetry()
                    .directExecutor()
                    .build());
        }
        return members;
    }

    /** A member that has said hello; it is in once it is told what is its own. */
    public synchronized WireMember join(String group, String topic, WireMember.Watch watch) {
        var member = new WireMember(topic, watch, timer);
        member.begin(channels.get(joined++ % channels.size()), group);
        return member;
    }

    /** Breaks the connections, too, so that members that have not left are taken for dead by and by. */
    @Override
    public void close() {
        timer.shutdownNow();
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
