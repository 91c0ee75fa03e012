package io.cordwood.server.rpc;

import io.cordwood.metadata.DeadReplicas;
import io.cordwood.metadata.DeadReplicas.Standing;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.v1.DeadReplica;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.cluster.Cluster;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tells of the replicas of dead nodes what becomes of them, as this node sees it.
 *
 * <p><b>Thread:</b> any; immutable.
 */
final class DeadStandings {
    private final DeadReplicas replicas;

    private DeadStandings(DeadReplicas replicas) {
        this.replicas = replicas;
    }

    static DeadStandings of(MetadataImage image, Cluster cluster) {
        var full = image.nodes().keySet().stream()
                .filter(node -> !NodeDisk.haveRoomForMore(cluster.disks(node)))
                .collect(Collectors.toSet());
        return new DeadStandings(new DeadReplicas(image, full));
    }

    /** How many replicas of a node there are by what becomes of them; none where it is not dead. */
    Map<Standing, Integer> counts(NodeInfo node) {
        return node.state() == NodeState.DEAD ? DeadReplicas.counts(replicas.on(node.nodeId())) : Map.of();
    }

    void describe(NodeInfo node, Node.Builder described) {
        if (node.state() != NodeState.DEAD) {
            return;
        }
        var counts = counts(node);
        described.setDeadReplicas(io.cordwood.proto.v1.DeadReplicas.newBuilder()
                .setMoving(counts.getOrDefault(Standing.MOVING, 0))
                .setWaiting(counts.getOrDefault(Standing.WAITING, 0))
                .setNoTaker(counts.getOrDefault(Standing.NO_TAKER, 0))
                .setNoMajority(counts.getOrDefault(Standing.NO_MAJORITY, 0)));
    }

    void describe(MetadataImage.Replica partition, ReplicaDescription.Builder described) {
        replicas.of(partition, described.getNodeId())
                .ifPresent(dead -> described.setDeadReplica(of(dead.standing())).setDeadReplicaReason(dead.why()));
    }

    private static DeadReplica of(Standing standing) {
        return switch (standing) {
            case MOVING -> DeadReplica.DEAD_REPLICA_MOVING;
            case WAITING -> DeadReplica.DEAD_REPLICA_WAITING;
            case NO_TAKER -> DeadReplica.DEAD_REPLICA_NO_TAKER;
            case NO_MAJORITY -> DeadReplica.DEAD_REPLICA_NO_MAJORITY;
        };
    }
}
