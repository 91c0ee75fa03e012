package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.internal.v1.Heartbeat;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The metadata leader's ear: hears the heartbeats of the nodes and says which of them are dead or alive again. The times
 * are not replicated; a new leader begins to wait anew.
 *
 * <p>Thread: {@link #heard} by any; {@link #verdict} by the leader's duties.
 */
final class NodeMonitor {
    static final String METHOD = "Heartbeat";

    private final MetadataGroup group;
    private final long deadAfterNanos;
    private final LongSupplier clockNanos;
    private final Map<String, Long> heardNanos = new ConcurrentHashMap<>();
    private boolean leading;
    private long leadingSinceNanos;

    NodeMonitor(MetadataGroup group, Duration deadAfter, LongSupplier clockNanos) {
        this.group = group;
        this.deadAfterNanos = deadAfter.toNanos();
        this.clockNanos = clockNanos;
    }

    /** Answers the heartbeat of a node. */
    CompletableFuture<byte[]> heard(byte[] request) {
        if (!group.leads()) {
            return CompletableFuture.completedFuture(MetadataGroup.hint(group.leaderNodeId()));
        }
        try {
            heard(Heartbeat.parseFrom(request).getIncarnation());
            return CompletableFuture.completedFuture(MetadataGroup.value(new byte[0]));
        } catch (InvalidProtocolBufferException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    void heard(String incarnation) {
        heardNanos.put(incarnation, clockNanos.getAsLong());
    }

    static byte[] heartbeat(int nodeId, String incarnation) {
        return Heartbeat.newBuilder()
                .setNodeId(nodeId)
                .setIncarnation(incarnation)
                .build()
                .toByteArray();
    }

    /** This node is not the leader: what it heard before says nothing later. */
    void rest() {
        leading = false;
        heardNanos.clear();
    }

    /** The first change of a node's state that is due; called while this node leads. */
    Optional<MetadataCommand> verdict(MetadataImage image) {
        long now = clockNanos.getAsLong();
        if (!leading) {
            leading = true;
            leadingSinceNanos = now;
        }
        return image.nodes().values().stream()
                .flatMap(node -> verdict(node, now).stream())
                .findFirst();
    }

    private Optional<MetadataCommand> verdict(NodeInfo node, long now) {
        var last = heardNanos.get(node.incarnation());
        long silentNanos = now - (last == null ? leadingSinceNanos : last);
        boolean silent = silentNanos > deadAfterNanos;
        if (silent && (node.state() == NodeState.ALIVE || node.state() == NodeState.DRAINING)) {
            return Optional.of(new MetadataCommand.SetNodeState(node.nodeId(), node.incarnation(), NodeState.DEAD));
        }
        if (last != null && !silent && node.state() == NodeState.DEAD) {
            return Optional.of(new MetadataCommand.SetNodeState(node.nodeId(), node.incarnation(), NodeState.ALIVE));
        }
        return Optional.empty();
    }
}
