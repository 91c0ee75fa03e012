package io.cordwood.server.rpc;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.ReplicaChange.Kind;
import io.cordwood.proto.v1.PartitionDescription;
import io.cordwood.proto.v1.ReplicaChange;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.explain.NodePicture;
import io.cordwood.server.explain.NodePicture.Answer;
import io.cordwood.server.explain.NodePicture.Health;
import io.cordwood.server.explain.PartitionPicture;
import io.cordwood.server.explain.PartitionPicture.Replica;
import io.cordwood.server.explain.PartitionPicture.Standing;
import io.cordwood.server.health.Hindrance;
import io.cordwood.server.partition.TopicPartition;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What is known of nodes and partitions, as pictures.
 *
 * <p><b>Thread:</b> any; immutable.
 */
final class ClusterPictures {
    private final MetadataImage image;
    private final Cluster cluster;
    private final DeadStandings dead;

    ClusterPictures(MetadataImage image, Cluster cluster) {
        this.image = image;
        this.cluster = cluster;
        this.dead = DeadStandings.of(image, cluster);
    }

    /** All that there are, none of which was asked. */
    List<NodePicture> nodes() {
        return image.nodes().values().stream()
                .map(node -> node(node, Health.UNKNOWN))
                .toList();
    }

    /** @param hindrances as the node told them; empty where it did not answer */
    NodePicture node(NodeInfo node, Optional<List<Hindrance>> hindrances) {
        var answer = hindrances.isPresent() ? Answer.GIVEN : Answer.NONE;
        return node(
                node,
                new Health(
                        answer, hindrances.orElse(List.of()), changing(node, Kind.LOST), changing(node, Kind.JOINING)));
    }

    private NodePicture node(NodeInfo node, Health health) {
        return new NodePicture(node.nodeId(), node.state(), cluster.disks(node.nodeId()), dead.counts(node), health);
    }

    private List<String> changing(NodeInfo node, Kind kind) {
        return image.replicasOn(node.nodeId()).stream()
                .filter(replica -> replica.partition().changes().is(node.nodeId(), kind))
                .map(replica -> new TopicPartition(
                                replica.topic().name(), replica.partition().partition())
                        .toString())
                .toList();
    }

    static PartitionPicture partition(PartitionDescription described) {
        // Where no replica says that it leads, a leader that is named is one that the metadata heard of
        // before.
        var leader = described.hasLeader() && !described.hasError()
                ? OptionalInt.of(described.getLeader())
                : OptionalInt.empty();
        return new PartitionPicture(
                new TopicPartition(described.getTopic(), described.getPartition()),
                leader,
                described.getReplicasList().stream()
                        .map(ClusterPictures::replica)
                        .toList());
    }

    private static Replica replica(ReplicaDescription described) {
        var behind = described.hasLagEntries() ? OptionalLong.of(described.getLagEntries()) : OptionalLong.empty();
        return new Replica(described.getNodeId(), standing(described), behind);
    }

    private static Standing standing(ReplicaDescription described) {
        if (described.getChange() == ReplicaChange.REPLICA_CHANGE_LOST) {
            return Standing.LOST;
        }
        if (described.getChange() == ReplicaChange.REPLICA_CHANGE_JOINING) {
            return Standing.JOINING;
        }
        return switch (described.getState()) {
            case REPLICA_STATE_LEADER, REPLICA_STATE_FOLLOWER -> Standing.SOUND;
            case REPLICA_STATE_CATCHING_UP -> Standing.FAR_BEHIND;
            case REPLICA_STATE_MISSING -> Standing.MISSING;
            case REPLICA_STATE_SILENT, REPLICA_STATE_UNSPECIFIED, UNRECOGNIZED -> Standing.SILENT;
        };
    }
}
