package io.cordwood.metadata;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The cluster's metadata at one raft index: immutable, published after each applied command.
 *
 * <p>Invariant: a command leaves what it does not touch as the very same objects.
 *
 * <p>Thread: any.
 *
 * @param index raft index of the last command that is contained; 0 before the first
 * @param clusterId 22 characters of base64url; empty until the cluster is formed
 * @param featureLevel what all nodes may write; 0 until the cluster is formed
 * @param nodes by id
 * @param topics by name
 * @param nextProducerId first producer id that was not handed out yet
 * @param groups consumer groups
 */
public record MetadataImage(
        long index,
        String clusterId,
        int featureLevel,
        SortedMap<Integer, NodeInfo> nodes,
        SortedMap<String, TopicInfo> topics,
        long nextProducerId,
        GroupRegistry groups) {

    /** What a cluster knows before its first command. */
    public static final MetadataImage EMPTY = new MetadataImage(0, "", 0, new TreeMap<>(), new TreeMap<>(), 1);

    public MetadataImage {
        nodes = FixedMap.copyOf(nodes);
        topics = FixedMap.copyOf(topics);
    }

    /** Of a cluster without consumer groups. */
    public MetadataImage(
            long index,
            String clusterId,
            int featureLevel,
            SortedMap<Integer, NodeInfo> nodes,
            SortedMap<String, TopicInfo> topics,
            long nextProducerId) {
        this(index, clusterId, featureLevel, nodes, topics, nextProducerId, GroupRegistry.EMPTY);
    }

    public boolean formed() {
        return !clusterId.isEmpty();
    }

    public Optional<NodeInfo> node(int nodeId) {
        return Optional.ofNullable(nodes.get(nodeId));
    }

    public Optional<TopicInfo> topic(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    public Optional<TopicInfo> topic(UUID topicId) {
        return topics.values().stream()
                .filter(topic -> topic.topicId().equals(topicId))
                .findFirst();
    }

    public Optional<PartitionInfo> partition(String topic, int partition) {
        return topic(topic).flatMap(found -> found.partition(partition));
    }

    public List<NodeInfo> nodesIn(NodeState state) {
        return nodes.values().stream().filter(node -> node.state() == state).toList();
    }

    /** All partitions that have a replica on the node, in order of topic name and number. */
    public List<Replica> replicasOn(int nodeId) {
        var replicas = new ArrayList<Replica>();
        for (TopicInfo topic : topics.values()) {
            for (PartitionInfo partition : topic.partitions()) {
                if (partition.replicas().contains(nodeId)) {
                    replicas.add(new Replica(topic, partition));
                }
            }
        }
        return replicas;
    }

    /** A partition together with its topic. */
    public record Replica(TopicInfo topic, PartitionInfo partition) {}

    MetadataImage withIndex(long newIndex) {
        return new MetadataImage(newIndex, clusterId, featureLevel, nodes, topics, nextProducerId, groups);
    }

    MetadataImage withCluster(String newClusterId, int level, SortedMap<Integer, NodeInfo> newNodes) {
        return new MetadataImage(index, newClusterId, level, newNodes, topics, nextProducerId, groups);
    }

    MetadataImage withFeatureLevel(int level) {
        return new MetadataImage(index, clusterId, level, nodes, topics, nextProducerId, groups);
    }

    MetadataImage withNode(NodeInfo node) {
        var newNodes = new TreeMap<>(nodes);
        newNodes.put(node.nodeId(), node);
        return new MetadataImage(index, clusterId, featureLevel, newNodes, topics, nextProducerId, groups);
    }

    /** With a topic in the place of the one of its name. */
    MetadataImage withTopic(TopicInfo topic) {
        var newTopics = new TreeMap<>(topics);
        newTopics.put(topic.name(), topic);
        return withTopics(newTopics);
    }

    MetadataImage withTopics(SortedMap<String, TopicInfo> newTopics) {
        return new MetadataImage(index, clusterId, featureLevel, nodes, newTopics, nextProducerId, groups);
    }

    MetadataImage withNextProducerId(long next) {
        return new MetadataImage(index, clusterId, featureLevel, nodes, topics, next, groups);
    }

    MetadataImage withGroups(GroupRegistry newGroups) {
        return new MetadataImage(index, clusterId, featureLevel, nodes, topics, nextProducerId, newGroups);
    }
}
