package io.cordwood.raft;

import io.cordwood.metadata.FeatureRange;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeLimits;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.internal.v1.Image;
import io.cordwood.proto.internal.v1.NodeEntry;
import io.cordwood.proto.internal.v1.NodeRegistration;
import io.cordwood.proto.internal.v1.PartitionEntry;
import io.cordwood.proto.internal.v1.TopicEntry;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Metadata images to protobuf messages and back. Stateless. */
final class ImageMessages {
    private ImageMessages() {}

    static Image of(MetadataImage image) {
        return Image.newBuilder()
                .setIndex(image.index())
                .setClusterId(image.clusterId())
                .setFeatureLevel(image.featureLevel())
                .addAllNodes(
                        image.nodes().values().stream().map(ImageMessages::node).toList())
                .addAllTopics(image.topics().values().stream()
                        .map(ImageMessages::topic)
                        .toList())
                .setNextProducerId(image.nextProducerId())
                .addAllGroups(GroupImageMessages.of(image.groups()))
                .build();
    }

    static MetadataImage parse(Image message) {
        var nodes = new TreeMap<Integer, NodeInfo>();
        message.getNodesList()
                .forEach(entry -> nodes.put(entry.getRegistration().getNodeId(), node(entry)));
        var topics = new TreeMap<String, TopicInfo>();
        message.getTopicsList().forEach(entry -> topics.put(entry.getName(), topic(entry)));
        return new MetadataImage(
                message.getIndex(),
                message.getClusterId(),
                message.getFeatureLevel(),
                nodes,
                topics,
                message.getNextProducerId(),
                GroupImageMessages.parse(message.getGroupsList()));
    }

    private static NodeEntry node(NodeInfo node) {
        return NodeEntry.newBuilder()
                .setRegistration(NodeRegistration.newBuilder()
                        .setNodeId(node.nodeId())
                        .setIncarnation(node.incarnation())
                        .setNodeAddress(node.nodeAddress())
                        .putAllClientAddresses(node.clientAddresses())
                        .setRack(node.rack())
                        .setMaxPartitions(node.limits().maxPartitions())
                        .setMaxBatchBytes(node.limits().maxBatchBytes())
                        .setMinFeatureLevel(node.features().min())
                        .setMaxFeatureLevel(node.features().max()))
                .setState(CommandMessages.status(node.state()))
                .setVoter(node.voter())
                .setReplacedIncarnation(node.replacedIncarnation())
                .build();
    }

    private static NodeInfo node(NodeEntry entry) {
        var said = entry.getRegistration();
        return new NodeInfo(
                said.getNodeId(),
                said.getNodeAddress(),
                new TreeMap<>(said.getClientAddressesMap()),
                said.getRack(),
                said.getIncarnation(),
                CommandMessages.state(entry.getState()),
                entry.getVoter(),
                new NodeLimits(said.getMaxPartitions(), said.getMaxBatchBytes()),
                new FeatureRange(said.getMinFeatureLevel(), said.getMaxFeatureLevel()),
                entry.getReplacedIncarnation());
    }

    private static TopicEntry topic(TopicInfo topic) {
        return TopicEntry.newBuilder()
                .setName(topic.name())
                .setTopicId(Uuids.toBytes(topic.topicId()))
                .putAllConfig(topic.config())
                .addAllPartitions(topic.partitions().stream()
                        .map(ImageMessages::partition)
                        .toList())
                .build();
    }

    private static TopicInfo topic(TopicEntry entry) {
        return new TopicInfo(
                entry.getName(),
                Uuids.parse(entry.getTopicId()),
                new TreeMap<>(entry.getConfigMap()),
                IntStream.range(0, entry.getPartitionsCount())
                        .mapToObj(i -> partition(i, entry.getPartitions(i)))
                        .toList());
    }

    private static PartitionEntry partition(PartitionInfo partition) {
        var entry = PartitionEntry.newBuilder()
                .setRaftGroupId(Uuids.toBytes(partition.raftGroupId()))
                .setEpochBase(partition.epochBase())
                .addAllReplicas(partition.replicas())
                .setLeaderTerm(partition.leaderTerm())
                .addAllChanges(ReplicaMessages.of(partition.changes()))
                .setChangesLastAt(partition.changes().lastAt());
        partition.leader().ifPresent(entry::setLeader);
        return entry.build();
    }

    private static PartitionInfo partition(int number, PartitionEntry entry) {
        return new PartitionInfo(
                number,
                Uuids.parse(entry.getRaftGroupId()),
                entry.getEpochBase(),
                entry.getReplicasList(),
                entry.hasLeader() ? OptionalInt.of(entry.getLeader()) : OptionalInt.empty(),
                entry.getLeaderTerm(),
                ReplicaMessages.parse(entry.getChangesList(), entry.getChangesLastAt()));
    }
}
