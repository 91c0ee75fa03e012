package io.cordwood.client;

import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.MetadataRole;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.NodeState;
import io.cordwood.proto.v1.PartitionInfo;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.proto.v1.Topic;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/** From the answers of the topic and cluster services to the public descriptions. */
final class DescriptionTranslation {
    private DescriptionTranslation() {}

    static TopicDescription topic(Topic topic) {
        return new TopicDescription(
                topic.getName(),
                topicId(topic),
                topic.getReplicationFactor(),
                topic.getConfigMap(),
                topic.getPartitionsList().stream()
                        .map(DescriptionTranslation::placement)
                        .toList());
    }

    static TopicSummary summary(Topic topic) {
        return new TopicSummary(
                topic.getName(),
                topicId(topic),
                topic.getPartitionCount(),
                topic.getReplicationFactor(),
                topic.getConfigMap());
    }

    static ClusterDescription cluster(DescribeClusterResponse cluster) {
        return new ClusterDescription(
                cluster.getClusterId(),
                cluster.getNodesList().stream()
                        .map(DescriptionTranslation::node)
                        .toList(),
                cluster.hasMetadataLeader() ? OptionalInt.of(cluster.getMetadataLeader()) : OptionalInt.empty(),
                cluster.getAnsweredBy());
    }

    static NodeDescription node(Node node) {
        return new NodeDescription(
                node.getNodeId(),
                node.getAddress(),
                node.getNodeAddress(),
                node.getRack(),
                state(node.getState()),
                node.getMetadataRole() == MetadataRole.METADATA_ROLE_VOTER);
    }

    static PartitionDescription partition(io.cordwood.proto.v1.PartitionDescription partition) {
        return new PartitionDescription(
                new TopicPartition(partition.getTopic(), partition.getPartition()),
                partition.hasLeader() ? OptionalInt.of(partition.getLeader()) : OptionalInt.empty(),
                partition.hasLeaderEpoch() ? OptionalInt.of(partition.getLeaderEpoch()) : OptionalInt.empty(),
                partition.hasTerm() ? OptionalLong.of(partition.getTerm()) : OptionalLong.empty(),
                partition.hasHighWatermark() ? OptionalLong.of(partition.getHighWatermark()) : OptionalLong.empty(),
                partition.hasLogStartOffset() ? OptionalLong.of(partition.getLogStartOffset()) : OptionalLong.empty(),
                partition.getReplicasList().stream()
                        .map(DescriptionTranslation::replica)
                        .toList(),
                partition.hasError() ? Optional.of(StatusTranslation.of(partition.getError())) : Optional.empty());
    }

    static UUID topicId(Topic topic) {
        try {
            return UUID.fromString(topic.getTopicId());
        } catch (IllegalArgumentException e) {
            throw new CordwoodException(
                    ErrorCode.UNKNOWN,
                    "the server describes topic " + topic.getName() + " with topic id '" + topic.getTopicId()
                            + "', which is no UUID");
        }
    }

    private static TopicDescription.Placement placement(PartitionInfo partition) {
        return new TopicDescription.Placement(
                partition.getPartition(),
                partition.hasLeader() ? OptionalInt.of(partition.getLeader()) : OptionalInt.empty(),
                partition.hasLeaderEpoch() ? OptionalInt.of(partition.getLeaderEpoch()) : OptionalInt.empty(),
                partition.getReplicasList());
    }

    private static PartitionDescription.Replica replica(ReplicaDescription replica) {
        return new PartitionDescription.Replica(
                replica.getNodeId(),
                replica.hasHighWatermark() ? OptionalLong.of(replica.getHighWatermark()) : OptionalLong.empty(),
                replica.hasSizeBytes() ? OptionalLong.of(replica.getSizeBytes()) : OptionalLong.empty());
    }

    private static NodeDescription.State state(NodeState state) {
        return switch (state) {
            case NODE_STATE_ALIVE -> NodeDescription.State.ALIVE;
            case NODE_STATE_DRAINING -> NodeDescription.State.DRAINING;
            case NODE_STATE_DEAD -> NodeDescription.State.DEAD;
            case NODE_STATE_EXPECTED -> NodeDescription.State.EXPECTED;
            case NODE_STATE_UNSPECIFIED, UNRECOGNIZED -> NodeDescription.State.UNKNOWN;
        };
    }
}
