package io.cordwood.server;

import io.cordwood.raft.NodeHalt;
import io.cordwood.store.PartitionId;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what would stop a node, and lets it go on.
 *
 * <p>Thread: any.
 */
final class RecordedHalts implements NodeHalt {
    private final Queue<String> halts = new ConcurrentLinkedQueue<>();

    @Override
    public void damaged(PartitionId partition, String reason, @Nullable Throwable cause) {
        halts.add(partition + ": " + reason);
    }

    @Override
    public void failed(String reason, Throwable cause) {
        halts.add(reason + ": " + cause);
    }

    List<String> all() {
        return List.copyOf(halts);
    }
}
