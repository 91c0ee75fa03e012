package io.cordwood.client;

import io.cordwood.proto.v1.CompactionDescription;
import io.cordwood.proto.v1.DeadReplica;
import io.cordwood.proto.v1.DeadReplicas;
import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.MetadataRole;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.NodeDisk;
import io.cordwood.proto.v1.NodeState;
import io.cordwood.proto.v1.PartitionInfo;
import io.cordwood.proto.v1.ReplicaChange;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.proto.v1.ReplicaState;
import io.cordwood.proto.v1.SettingSource;
import io.cordwood.proto.v1.Topic;
import java.time.Duration;
import java.util.List;
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
                cluster.getAnsweredBy(),
                cluster.getFeatureLevel());
    }

    static NodeDescription node(Node node) {
        return new NodeDescription(
                node.getNodeId(),
                node.getAddress(),
                node.getNodeAddress(),
                node.getRack(),
                state(node.getState()),
                node.getMetadataRole() == MetadataRole.METADATA_ROLE_VOTER,
                node.hasMinFeatureLevel() ? OptionalInt.of(node.getMinFeatureLevel()) : OptionalInt.empty(),
                node.hasMaxFeatureLevel() ? OptionalInt.of(node.getMaxFeatureLevel()) : OptionalInt.empty(),
                node.getDisksList().stream().map(DescriptionTranslation::disk).toList(),
                node.hasDeadReplicas() ? Optional.of(deadReplicas(node.getDeadReplicas())) : Optional.empty());
    }

    private static NodeDescription.DeadReplicas deadReplicas(DeadReplicas replicas) {
        return new NodeDescription.DeadReplicas(
                replicas.getMoving(), replicas.getWaiting(), replicas.getNoTaker(), replicas.getNoMajority());
    }

    private static NodeDescription.Disk disk(NodeDisk disk) {
        return new NodeDescription.Disk(
                disk.getDirectory(),
                disk.getFreeBytes(),
                disk.getFloorBytes(),
                switch (disk.getLevel()) {
                    case DISK_LEVEL_ROOM -> NodeDescription.DiskLevel.ROOM;
                    case DISK_LEVEL_LOW -> NodeDescription.DiskLevel.LOW;
                    case DISK_LEVEL_FULL -> NodeDescription.DiskLevel.FULL;
                    case DISK_LEVEL_UNSPECIFIED, UNRECOGNIZED -> NodeDescription.DiskLevel.UNKNOWN;
                });
    }

    static PartitionDescription partition(io.cordwood.proto.v1.PartitionDescription partition) {
        return new PartitionDescription(
                new TopicPartition(partition.getTopic(), partition.getPartition()),
                partition.hasLeader() ? OptionalInt.of(partition.getLeader()) : OptionalInt.empty(),
                partition.hasLeaderEpoch() ? OptionalInt.of(partition.getLeaderEpoch()) : OptionalInt.empty(),
                partition.hasTerm() ? OptionalLong.of(partition.getTerm()) : OptionalLong.empty(),
                partition.hasHighWatermark() ? OptionalLong.of(partition.getHighWatermark()) : OptionalLong.empty(),
                partition.hasLogStartOffset() ? OptionalLong.of(partition.getLogStartOffset()) : OptionalLong.empty(),
                partition.hasSizeBytes() ? OptionalLong.of(partition.getSizeBytes()) : OptionalLong.empty(),
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

    static TopicDescription.Placement placement(PartitionInfo partition) {
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
                replica.hasSizeBytes() ? OptionalLong.of(replica.getSizeBytes()) : OptionalLong.empty(),
                replica.hasLagRecords() ? OptionalLong.of(replica.getLagRecords()) : OptionalLong.empty(),
                replica.hasLagEntries() ? OptionalLong.of(replica.getLagEntries()) : OptionalLong.empty(),
                state(replica.getState()),
                replica.hasCompaction() ? Optional.of(compaction(replica.getCompaction())) : Optional.empty(),
                change(replica.getChange()),
                standing(replica.getDeadReplica())
                        .map(standing ->
                                new PartitionDescription.DeadReplica(standing, replica.getDeadReplicaReason())));
    }

    private static Optional<PartitionDescription.Standing> standing(DeadReplica dead) {
        return switch (dead) {
            case DEAD_REPLICA_UNSPECIFIED -> Optional.empty();
            case DEAD_REPLICA_MOVING -> Optional.of(PartitionDescription.Standing.MOVING);
            case DEAD_REPLICA_WAITING -> Optional.of(PartitionDescription.Standing.WAITING);
            case DEAD_REPLICA_NO_TAKER -> Optional.of(PartitionDescription.Standing.NO_TAKER);
            case DEAD_REPLICA_NO_MAJORITY -> Optional.of(PartitionDescription.Standing.NO_MAJORITY);
            case UNRECOGNIZED -> Optional.of(PartitionDescription.Standing.UNKNOWN);
        };
    }

    private static Optional<PartitionDescription.ReplicaChange> change(ReplicaChange change) {
        return switch (change) {
            case REPLICA_CHANGE_UNSPECIFIED -> Optional.empty();
            case REPLICA_CHANGE_LOST -> Optional.of(PartitionDescription.ReplicaChange.LOST);
            case REPLICA_CHANGE_JOINING -> Optional.of(PartitionDescription.ReplicaChange.JOINING);
            case REPLICA_CHANGE_LEAVING -> Optional.of(PartitionDescription.ReplicaChange.LEAVING);
            case UNRECOGNIZED -> Optional.of(PartitionDescription.ReplicaChange.UNKNOWN);
        };
    }

    private static PartitionDescription.Compaction compaction(CompactionDescription compaction) {
        return new PartitionDescription.Compaction(
                compaction.getCompactedEndOffset(),
                compaction.getSealedEndOffset(),
                compaction.getRunning(),
                compaction.getDoneBytes(),
                compaction.getTotalBytes(),
                compaction.getLastError(),
                compaction.hasPendingMs()
                        ? Optional.of(Duration.ofMillis(compaction.getPendingMs()))
                        : Optional.empty(),
                compaction.hasRetryMs() ? Optional.of(Duration.ofMillis(compaction.getRetryMs())) : Optional.empty());
    }

    private static PartitionDescription.ReplicaState state(ReplicaState state) {
        return switch (state) {
            case REPLICA_STATE_LEADER -> PartitionDescription.ReplicaState.LEADER;
            case REPLICA_STATE_FOLLOWER -> PartitionDescription.ReplicaState.FOLLOWER;
            case REPLICA_STATE_CATCHING_UP -> PartitionDescription.ReplicaState.CATCHING_UP;
            case REPLICA_STATE_SILENT -> PartitionDescription.ReplicaState.SILENT;
            case REPLICA_STATE_MISSING -> PartitionDescription.ReplicaState.MISSING;
            case REPLICA_STATE_UNSPECIFIED, UNRECOGNIZED -> PartitionDescription.ReplicaState.UNKNOWN;
        };
    }

    static List<TopicSetting> settings(List<io.cordwood.proto.v1.TopicSetting> settings) {
        return settings.stream()
                .map(setting -> new TopicSetting(
                        setting.getKey(),
                        setting.getValue(),
                        setting.getDefaultValue(),
                        setting.getSource() == SettingSource.SETTING_SOURCE_TOPIC))
                .toList();
    }

    private static NodeDescription.State state(NodeState state) {
        return switch (state) {
            case NODE_STATE_ALIVE -> NodeDescription.State.ALIVE;
            case NODE_STATE_DRAINING -> NodeDescription.State.DRAINING;
            case NODE_STATE_DEAD -> NodeDescription.State.DEAD;
            case NODE_STATE_EXPECTED -> NodeDescription.State.EXPECTED;
            case NODE_STATE_REPLACED -> NodeDescription.State.REPLACED;
            case NODE_STATE_UNSPECIFIED, UNRECOGNIZED -> NodeDescription.State.UNKNOWN;
        };
    }
}
