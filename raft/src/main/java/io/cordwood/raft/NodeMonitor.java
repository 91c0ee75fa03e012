package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.internal.v1.Heartbeat;
import io.cordwood.proto.internal.v1.HeartbeatAnswer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The metadata leader's ear: hears the heartbeats of the nodes and says which of them are dead or alive again. The times
 * are not replicated; a new leader begins to wait anew.
 *
 * <p>Thread: {@link #heard} by any; {@link #verdict} by the leader's duties.
 */
final class NodeMonitor {
    static final String METHOD = "Heartbeat";

    private final long deadAfterNanos;
    private final LongSupplier clockNanos;
    private final Map<String, Long> heardNanos = new ConcurrentHashMap<>();

    NodeMonitor(Duration deadAfter, LongSupplier clockNanos) {
        this.deadAfterNanos = deadAfter.toNanos();
        this.clockNanos = clockNanos;
    }

    /** Takes the heartbeat of a node, as {@link #heartbeat} makes it. */
    void heard(byte[] heartbeat) {
        heard(parse(heartbeat).getIncarnation());
    }

    /** What the leader with this image says to a heartbeat. */
    static byte[] answer(byte[] heartbeat, MetadataImage image) {
        var from = parse(heartbeat);
        return HeartbeatAnswer.newBuilder()
                .setStanding(Greeting.standing(from.getNodeId(), from.getIncarnation(), image))
                .build()
                .toByteArray();
    }

    private static Heartbeat parse(byte[] heartbeat) {
        try {
            return Heartbeat.parseFrom(heartbeat);
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("heartbeat does not parse", e);
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
        heardNanos.clear();
    }

    /** The first change of a node's state that is due; called while this node leads. */
    Optional<MetadataCommand> verdict(MetadataImage image) {
        long now = clockNanos.getAsLong();
        // Whoever is not known yet begins anew when it registers.
        heardNanos
                .keySet()
                .retainAll(image.nodes().values().stream()
                        .map(NodeInfo::incarnation)
                        .collect(Collectors.toSet()));
        return image.nodes().values().stream()
                .flatMap(node -> verdict(node, now).stream())
                .findFirst();
    }

    private Optional<MetadataCommand> verdict(NodeInfo node, long now) {
        return switch (node.state()) {
            case EXPECTED, REPLACED -> Optional.empty();
            case DEAD -> aliveAgain(node, now);
            case ALIVE, DRAINING -> dead(node, now);
        };
    }

    private Optional<MetadataCommand> dead(NodeInfo node, long now) {
        // A node that just registered, or whose leader just began, has the whole time from now on.
        var last = heardNanos.putIfAbsent(node.incarnation(), now);
        return last != null && now - last > deadAfterNanos
                ? Optional.of(state(node, NodeState.DEAD))
                : Optional.empty();
    }

    private Optional<MetadataCommand> aliveAgain(NodeInfo node, long now) {
        var last = heardNanos.get(node.incarnation());
        if (last == null || now - last > deadAfterNanos) {
            heardNanos.remove(node.incarnation()); // when it registers again, its time begins anew
            return Optional.empty();
        }
        return Optional.of(state(node, NodeState.ALIVE));
    }

    private static MetadataCommand state(NodeInfo node, NodeState state) {
        return new MetadataCommand.SetNodeState(node.nodeId(), node.incarnation(), state);
    }
}
