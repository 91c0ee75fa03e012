package io.cordwood.client;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;

/**
 * The Subscribe streams of one reader: one to each node that leads some of its partitions.
 *
 * <p>Invariants: an ended stream is forgotten, and its partitions know that they have none. Partitions that
 * wait to be consumed hold together no more than their shares or half of the buffers, whichever is more,
 * but for what the last of them got in one answer.
 *
 * <p><b>Thread:</b> the reader's, but for {@link #post}.
 */
final class SubscribeStreams {
    private final CordwoodClient client;
    private final BlockingQueue<Runnable> owner;
    private final Map<HostPort, SubscribeStream> streams = new HashMap<>();
    private final boolean shedding;
    /** Those that wait to be consumed before they are read on, who does so for the longest time first. */
    private final Set<PartitionReader> parked = new LinkedHashSet<>();

    private long bufferBytes = 1;
    private long shareBytes = 1;

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

    /** So much is for so many. */
    void share(long bytes, int partitions) {
        bufferBytes = bytes;
        shareBytes = Math.max(1, bytes / Math.max(1, partitions));
        streams.values().forEach(SubscribeStream::recount);
    }

    /**
     * It waits to be consumed, and so others that did before may have to give up what is more than their
     * share.
     */
    void park(PartitionReader reader) {
        long limit = Math.max(bufferBytes / 2, shareBytes * (parked.size() + 1));
        long held = reader.bufferedBytes();
        for (var other : parked) {
            held += other.bufferedBytes();
        }
        for (var other : parked) {
            if (held <= limit) {
                break;
            }
            held -= other.dropBeyondShare();
        }
        parked.add(reader);
    }

    void unpark(PartitionReader reader) {
        parked.remove(reader);
    }

    /** The stream for a partition. */
    SubscribeStream to(HostPort address, PartitionReader reader) {
        var running = streams.get(address);
        if (running != null && running.mayMistake(reader)) {
            restart(running);
        }
        return streams.computeIfAbsent(
                address, node -> new SubscribeStream(node, client.channels().to(node), this));
    }

    /** Ends a stream; its partitions go on with a new one. */
    void restart(SubscribeStream stream) {
        var readers = stream.readers();
        stream.cancel();
        streams.remove(stream.address(), stream);
        readers.forEach(PartitionReader::leaveStream);
    }

    /** @param readers that were on it */
    void ended(SubscribeStream stream, List<PartitionReader> readers, CordwoodException reason) {
        streams.remove(stream.address(), stream);
        readers.forEach(reader -> reader.streamEnded(reason));
    }

    void topUp() {
        streams.values().forEach(SubscribeStream::topUp);
    }

    void close() {
        List.copyOf(streams.values()).forEach(SubscribeStream::cancel);
        streams.clear();
        parked.clear();
    }
}
