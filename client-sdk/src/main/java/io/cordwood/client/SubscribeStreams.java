package io.cordwood.client;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;

/**
 * The Subscribe streams of one reader: one to each node that leads some of its partitions.
 *
 * <p>Invariant: an ended stream is forgotten, and its partitions know that they have none.
 *
 * <p><b>Thread:</b> the reader's, but for {@link #post}.
 */
final class SubscribeStreams {
    private final CordwoodClient client;
    private final BlockingQueue<Runnable> owner;
    private final Map<HostPort, SubscribeStream> streams = new HashMap<>();
    private final boolean shedding;
    private long shareBytes;

    /**
     * @param owner the reader's tasks
     * @param shedding whether a partition that is not consumed makes room for the others: needed where they
     *     are not all
     *     consumed in turn
     */
    SubscribeStreams(CordwoodClient client, BlockingQueue<Runnable> owner, boolean shedding) {
        this.client = client;
        this.owner = owner;
        this.shedding = shedding;
    }

    Patience patience() {
        return client.calls().patience();
    }

    ClusterView view() {
        return client.view();
    }

    void post(Runnable task) {
        owner.add(task);
    }

    boolean isShedding() {
        return shedding;
    }

    /** What each partition may hold in buffers. */
    long shareBytes() {
        return shareBytes;
    }

    void shareBytes(long bytes) {
        shareBytes = bytes;
        streams.values().forEach(SubscribeStream::recount);
    }

    SubscribeStream to(HostPort address) {
        return streams.computeIfAbsent(
                address, node -> new SubscribeStream(node, client.channels().to(node), this));
    }

    /** Ends a stream; its partitions go on with a new one. */
    void restart(SubscribeStream stream) {
        stream.cancel();
        streams.remove(stream.address(), stream);
        stream.readers().forEach(PartitionReader::leaveStream);
    }

    void ended(SubscribeStream stream, CordwoodException reason) {
        streams.remove(stream.address(), stream);
        stream.readers().forEach(reader -> reader.streamEnded(reason));
    }

    void topUp() {
        streams.values().forEach(SubscribeStream::topUp);
    }

    void close() {
        List.copyOf(streams.values()).forEach(SubscribeStream::cancel);
        streams.clear();
    }
}
