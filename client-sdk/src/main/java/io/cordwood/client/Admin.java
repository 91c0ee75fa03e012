package io.cordwood.client;

import io.cordwood.proto.v1.AddNodeRequest;
import io.cordwood.proto.v1.AlterReplicasRequest;
import io.cordwood.proto.v1.AlterTopicConfigRequest;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.CreatePartitionsRequest;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DeleteTopicRequest;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.GetTopicConfigRequest;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.ListTopicsRequest;
import io.cordwood.proto.v1.ReplaceNodeRequest;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.proto.v1.TransferLeadershipRequest;
import io.cordwood.proto.v1.TrimPartitionRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Creates, describes and deletes topics, and describes the cluster. Every verb has a blocking form and an
 * {@code Async} twin; both fail with {@link CordwoodException}.
 *
 * <p>Any node takes every call. A call that a node could not take is tried on the next one until the
 * client's request timeout.
 *
 * <p><b>Thread:</b> any. Futures are completed on the client's callback executor.
 */
public final class Admin {
    private static final int PAGE_SIZE = 1000;

    private final UnaryCalls calls;

    Admin(UnaryCalls calls) {
        this.calls = calls;
    }

    /** Lists, describes, measures, resets and deletes consumer groups. */
    public GroupAdmin groups() {
        return new GroupAdmin(calls);
    }

    public TopicDescription createTopic(String name, int partitions, int replicas, Map<String, String> config) {
        return createTopic(NewTopic.of(name)
                .withPartitions(partitions)
                .withReplicas(replicas)
                .withConfig(config));
    }

    /** Returns when each partition has a leader. */
    public TopicDescription createTopic(NewTopic topic) {
        return Waiting.on(create(topic));
    }

    /** As {@link #createTopic(NewTopic)}. */
    public CompletableFuture<TopicDescription> createTopicAsync(NewTopic topic) {
        return calls.published(create(topic));
    }

    private CompletableFuture<TopicDescription> create(NewTopic topic) {
        var request = CreateTopicRequest.newBuilder().setName(topic.name()).putAllConfig(topic.config());
        topic.partitions().ifPresent(request::setPartitionCount);
        topic.replicas().ifPresent(request::setReplicationFactor);
        var created = calls.change(TopicServiceGrpc.getCreateTopicMethod(), request.build())
                .thenCompose(answer -> answer.doneBefore(ErrorCode.TOPIC_EXISTS)
                        ? getTopic(topic.name())
                        : answer.value().thenApply(response -> response.getTopic()));
        return created.thenApply(DescriptionTranslation::topic);
    }

    public TopicDescription topic(String name) {
        return Waiting.on(describe(name));
    }

    /** As {@link #topic}. */
    public CompletableFuture<TopicDescription> topicAsync(String name) {
        return calls.published(describe(name));
    }

    /** All topics but the internal ones, in order of their names. */
    public List<TopicSummary> topics() {
        return Waiting.on(topicsFrom("", new ArrayList<>()));
    }

    /** As {@link #topics}. */
    public CompletableFuture<List<TopicSummary>> topicsAsync() {
        return calls.published(topicsFrom("", new ArrayList<>()));
    }

    /** Deletes the topic and its records. */
    public void deleteTopic(String name) {
        Waiting.on(delete(name));
    }

    /** As {@link #deleteTopic}. */
    public CompletableFuture<Void> deleteTopicAsync(String name) {
        return calls.published(delete(name));
    }

    private CompletableFuture<Void> delete(String name) {
        Names.requireTopic(name);
        var request = DeleteTopicRequest.newBuilder().setName(name).build();
        return calls.change(TopicServiceGrpc.getDeleteTopicMethod(), request)
                .thenCompose(answer -> answer.doneBefore(ErrorCode.UNKNOWN_TOPIC)
                        ? CompletableFuture.<Void>completedFuture(null)
                        : answer.value().<Void>thenApply(response -> null));
    }

    /**
     * Deletes a partition's records below a point. Below the log start it changes nothing; beyond the end it
     * fails with {@link ErrorCode#OFFSET_OUT_OF_RANGE}.
     *
     * @param start the first record to keep
     */
    public TrimmedPartition trim(String topic, int partition, StartPoint start) {
        return Waiting.on(trimmed(topic, partition, start));
    }

    /** As {@link #trim}. */
    public CompletableFuture<TrimmedPartition> trimAsync(String topic, int partition, StartPoint start) {
        return calls.published(trimmed(topic, partition, start));
    }

    /**
     * What is told by the end or by the clock is looked up once: said again after a lost answer it would take
     * more.
     */
    private CompletableFuture<TrimmedPartition> trimmed(String topic, int partition, StartPoint start) {
        Names.requireTopic(topic);
        if (start instanceof StartPoint.AtOffset) {
            return trimmedAt(topic, partition, start);
        }
        return OffsetLookup.resolve(calls, topic, List.of(partition), start)
                .thenCompose(found ->
                        trimmedAt(topic, partition, StartPoint.offset(Objects.requireNonNull(found.get(partition)))));
    }

    private CompletableFuture<TrimmedPartition> trimmedAt(String topic, int partition, StartPoint offset) {
        var request = TrimPartitionRequest.newBuilder()
                .setTopic(topic)
                .setPartition(partition)
                .setStart(offset.toString())
                .build();
        return calls.change(TopicServiceGrpc.getTrimPartitionMethod(), request)
                .thenCompose(answer -> answer.value())
                .thenApply(response -> new TrimmedPartition(response.getLogStartOffset(), response.getHighWatermark()));
    }

    /** All settings of a topic, in order of their keys. */
    public List<TopicSetting> topicConfig(String topic) {
        return Waiting.on(config(topic));
    }

    /** As {@link #topicConfig}. */
    public CompletableFuture<List<TopicSetting>> topicConfigAsync(String topic) {
        return calls.published(config(topic));
    }

    private CompletableFuture<List<TopicSetting>> config(String topic) {
        var request = GetTopicConfigRequest.newBuilder()
                .setName(Names.requireTopic(topic))
                .build();
        return calls.read(TopicServiceGrpc.getGetTopicConfigMethod(), request)
                .thenApply(response -> DescriptionTranslation.settings(response.getSettingsList()));
    }

    /**
     * Changes settings of a topic; its partitions take them without a restart.
     *
     * @param set with their new values
     * @param reset keys that fall back to the nodes' defaults
     */
    public ConfigChange alterTopicConfig(String topic, Map<String, String> set, Set<String> reset) {
        return Waiting.on(alter(topic, set, reset, false));
    }

    /** As {@link #alterTopicConfig}. */
    public CompletableFuture<ConfigChange> alterTopicConfigAsync(
            String topic, Map<String, String> set, Set<String> reset) {
        return calls.published(alter(topic, set, reset, false));
    }

    /** What {@link #alterTopicConfig} would do; fails as it would, and changes nothing. */
    public ConfigChange previewTopicConfig(String topic, Map<String, String> set, Set<String> reset) {
        return Waiting.on(alter(topic, set, reset, true));
    }

    private CompletableFuture<ConfigChange> alter(
            String topic, Map<String, String> set, Set<String> reset, boolean validateOnly) {
        var request = AlterTopicConfigRequest.newBuilder()
                .setName(Names.requireTopic(topic))
                .putAllSet(set)
                .addAllReset(reset)
                .setValidateOnly(validateOnly)
                .build();
        return calls.change(TopicServiceGrpc.getAlterTopicConfigMethod(), request)
                .thenCompose(answer -> answer.value())
                .thenApply(response -> new ConfigChange(
                        DescriptionTranslation.settings(response.getBeforeList()),
                        DescriptionTranslation.settings(response.getAfterList())));
    }

    /**
     * Gives a topic more partitions; returns when each has a leader. Records of a key may go to another
     * partition from then on.
     *
     * @param total number of partitions afterwards
     */
    public TopicDescription addPartitions(String topic, int total) {
        return Waiting.on(grow(topic, total, false));
    }

    /** As {@link #addPartitions}. */
    public CompletableFuture<TopicDescription> addPartitionsAsync(String topic, int total) {
        return calls.published(grow(topic, total, false));
    }

    /** What {@link #addPartitions} would do; fails as it would, and changes nothing. */
    public TopicDescription previewPartitions(String topic, int total) {
        return Waiting.on(grow(topic, total, true));
    }

    private CompletableFuture<TopicDescription> grow(String topic, int total, boolean validateOnly) {
        var request = CreatePartitionsRequest.newBuilder()
                .setName(Names.requireTopic(topic))
                .setPartitionCount(total)
                .setValidateOnly(validateOnly)
                .build();
        return calls.change(TopicServiceGrpc.getCreatePartitionsMethod(), request)
                .thenCompose(answer -> {
                    var grown = answer.value().thenApply(response -> response.getTopic());
                    return answer.doneBefore(ErrorCode.INVALID_PARTITION_COUNT)
                            ? grownBefore(topic, total, grown)
                            : grown;
                })
                .thenApply(DescriptionTranslation::topic);
    }

    /** After a repeated call only: the growth was ours when the topic has just as many partitions. */
    private CompletableFuture<Topic> grownBefore(String topic, int total, CompletableFuture<Topic> refusal) {
        return getTopic(topic)
                .thenCompose(found ->
                        found.getPartitionCount() == total ? CompletableFuture.completedFuture(found) : refusal);
    }

    /**
     * Has another replica lead a partition, and prefer it from now on.
     *
     * @return the partition as it is afterwards
     */
    public TopicDescription.Placement transferLeadership(String topic, int partition, int toNode) {
        return Waiting.on(transfer(topic, partition, toNode));
    }

    /** As {@link #transferLeadership}. */
    public CompletableFuture<TopicDescription.Placement> transferLeadershipAsync(
            String topic, int partition, int toNode) {
        return calls.published(transfer(topic, partition, toNode));
    }

    private CompletableFuture<TopicDescription.Placement> transfer(String topic, int partition, int toNode) {
        var request = TransferLeadershipRequest.newBuilder()
                .setTopic(Names.requireTopic(topic))
                .setPartition(partition)
                .setNodeId(toNode)
                .build();
        return calls.change(TopicServiceGrpc.getTransferLeadershipMethod(), request)
                .thenCompose(answer -> answer.value())
                .thenApply(response -> DescriptionTranslation.placement(response.getPartition()));
    }

    /**
     * Gives a partition one more replica. It has begun when this returns; {@link #partitions(String)} shows how
     * far it is.
     *
     * @return the partition with its replicas of now
     */
    public TopicDescription.Placement addReplica(String topic, int partition, int node) {
        return Waiting.on(alter(topic, partition, OptionalInt.of(node), OptionalInt.empty()));
    }

    /** As {@link #addReplica}. */
    public CompletableFuture<TopicDescription.Placement> addReplicaAsync(String topic, int partition, int node) {
        return calls.published(alter(topic, partition, OptionalInt.of(node), OptionalInt.empty()));
    }

    /** Takes a replica of a partition away; otherwise as {@link #addReplica}. */
    public TopicDescription.Placement removeReplica(String topic, int partition, int node) {
        return Waiting.on(alter(topic, partition, OptionalInt.empty(), OptionalInt.of(node)));
    }

    /** As {@link #removeReplica}. */
    public CompletableFuture<TopicDescription.Placement> removeReplicaAsync(String topic, int partition, int node) {
        return calls.published(alter(topic, partition, OptionalInt.empty(), OptionalInt.of(node)));
    }

    /**
     * Moves a replica of a partition: the old one goes when the new one has caught up. Otherwise as {@link
     * #addReplica}.
     */
    public TopicDescription.Placement moveReplica(String topic, int partition, int fromNode, int toNode) {
        return Waiting.on(alter(topic, partition, OptionalInt.of(toNode), OptionalInt.of(fromNode)));
    }

    /** As {@link #moveReplica}. */
    public CompletableFuture<TopicDescription.Placement> moveReplicaAsync(
            String topic, int partition, int fromNode, int toNode) {
        return calls.published(alter(topic, partition, OptionalInt.of(toNode), OptionalInt.of(fromNode)));
    }

    private CompletableFuture<TopicDescription.Placement> alter(
            String topic, int partition, OptionalInt add, OptionalInt remove) {
        var request = AlterReplicasRequest.newBuilder()
                .setTopic(Names.requireTopic(topic))
                .setPartition(partition);
        add.ifPresent(request::setAddNodeId);
        remove.ifPresent(request::setRemoveNodeId);
        return calls.change(TopicServiceGrpc.getAlterReplicasMethod(), request.build())
                .thenCompose(answer -> {
                    var altered = answer.value()
                            .thenApply(response -> DescriptionTranslation.placement(response.getPartition()));
                    return answer.doneBefore(ErrorCode.REPLICA_EXISTS)
                                    || answer.doneBefore(ErrorCode.TARGET_NOT_REPLICA)
                            ? alteredBefore(topic, partition, add, remove, altered)
                            : altered;
                });
    }

    /** After a repeated call only: the change was ours, and is over, where the replicas are as it makes them. */
    private CompletableFuture<TopicDescription.Placement> alteredBefore(
            String topic,
            int partition,
            OptionalInt add,
            OptionalInt remove,
            CompletableFuture<TopicDescription.Placement> refusal) {
        return describe(topic)
                .thenCompose(found -> found.partitions().stream()
                        .filter(placement -> placement.partition() == partition)
                        .filter(placement -> add.stream().allMatch(placement.replicas()::contains))
                        .filter(placement -> remove.stream().noneMatch(placement.replicas()::contains))
                        .findFirst()
                        .map(CompletableFuture::completedFuture)
                        .orElse(refusal));
    }

    public ClusterDescription cluster() {
        return Waiting.on(describeCluster());
    }

    /** As {@link #cluster}. */
    public CompletableFuture<ClusterDescription> clusterAsync() {
        return calls.published(describeCluster());
    }

    /** What holds a group, a topic or a node back. */
    public Explanation explain(Explained subject) {
        return Waiting.on(explanation(subject));
    }

    /** As {@link #explain}. */
    public CompletableFuture<Explanation> explainAsync(Explained subject) {
        return calls.published(explanation(subject));
    }

    private CompletableFuture<Explanation> explanation(Explained subject) {
        return calls.read(ClusterServiceGrpc.getExplainMethod(), LagTranslation.explain(subject))
                .thenApply(LagTranslation::explanation);
    }

    /** The partitions of a topic with what their leaders and replicas say now. */
    public List<PartitionDescription> partitions(String topic) {
        return Waiting.on(describePartitions(Names.requireTopic(topic)));
    }

    /** As {@link #partitions(String)}. */
    public CompletableFuture<List<PartitionDescription>> partitionsAsync(String topic) {
        return calls.published(describePartitions(Names.requireTopic(topic)));
    }

    /** The partitions of all topics. */
    public List<PartitionDescription> partitions() {
        return Waiting.on(describePartitions(""));
    }

    /** As {@link #partitions()}. */
    public CompletableFuture<List<PartitionDescription>> partitionsAsync() {
        return calls.published(describePartitions(""));
    }

    /**
     * Lets a new node join: it does so when it is started with this id.
     *
     * @param hostPort its address for the other nodes
     */
    public NodeDescription addNode(int nodeId, String hostPort) {
        return Waiting.on(add(nodeId, hostPort));
    }

    /** As {@link #addNode}. */
    public CompletableFuture<NodeDescription> addNodeAsync(int nodeId, String hostPort) {
        return calls.published(add(nodeId, hostPort));
    }

    private CompletableFuture<NodeDescription> add(int nodeId, String hostPort) {
        if (nodeId < 1) {
            throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, "nodeId", nodeId, "at least 1");
        }
        var address = HostPort.parse("nodeAddress", hostPort).toString();
        var request = AddNodeRequest.newBuilder()
                .setNodeId(nodeId)
                .setNodeAddress(address)
                .build();
        return calls.change(ClusterServiceGrpc.getAddNodeMethod(), request).thenCompose(answer -> {
            var node = answer.value().thenApply(response -> DescriptionTranslation.node(response.getNode()));
            return answer.doneBefore(ErrorCode.NODE_EXISTS) ? knownNode(nodeId, address, node) : node;
        });
    }

    /**
     * Lets a node whose directory is lost come back under its id with an empty one; it then rebuilds its
     * replicas. The old directory is never taken again.
     */
    public NodeDescription replaceNode(int nodeId) {
        return Waiting.on(replace(nodeId));
    }

    /** As {@link #replaceNode}. */
    public CompletableFuture<NodeDescription> replaceNodeAsync(int nodeId) {
        return calls.published(replace(nodeId));
    }

    private CompletableFuture<NodeDescription> replace(int nodeId) {
        var request = ReplaceNodeRequest.newBuilder().setNodeId(nodeId).build();
        return calls.change(ClusterServiceGrpc.getReplaceNodeMethod(), request)
                .thenCompose(answer -> answer.value())
                .thenApply(response -> DescriptionTranslation.node(response.getNode()));
    }

    /** After a repeated call only: the node is ours when it is registered under the same address. */
    private CompletableFuture<NodeDescription> knownNode(
            int nodeId, String address, CompletableFuture<NodeDescription> refusal) {
        return describeCluster()
                .thenCompose(cluster -> cluster.nodes().stream()
                        .filter(node ->
                                node.nodeId() == nodeId && node.nodeAddress().equals(address))
                        .findFirst()
                        .map(CompletableFuture::completedFuture)
                        .orElse(refusal));
    }

    private CompletableFuture<TopicDescription> describe(String name) {
        return getTopic(Names.requireTopic(name)).thenApply(DescriptionTranslation::topic);
    }

    private CompletableFuture<ClusterDescription> describeCluster() {
        var request = DescribeClusterRequest.getDefaultInstance();
        return calls.read(ClusterServiceGrpc.getDescribeClusterMethod(), request)
                .thenApply(DescriptionTranslation::cluster);
    }

    private CompletableFuture<Topic> getTopic(String name) {
        var request = GetTopicRequest.newBuilder().setName(name).build();
        return calls.read(TopicServiceGrpc.getGetTopicMethod(), request).thenApply(response -> response.getTopic());
    }

    private CompletableFuture<List<TopicSummary>> topicsFrom(String pageToken, List<TopicSummary> found) {
        var request = ListTopicsRequest.newBuilder()
                .setPageSize(PAGE_SIZE)
                .setPageToken(pageToken)
                .build();
        return calls.read(TopicServiceGrpc.getListTopicsMethod(), request).thenCompose(page -> {
            page.getTopicsList().forEach(topic -> found.add(DescriptionTranslation.summary(topic)));
            return page.getNextPageToken().isEmpty()
                    ? CompletableFuture.completedFuture(List.copyOf(found))
                    : topicsFrom(page.getNextPageToken(), found);
        });
    }

    private CompletableFuture<List<PartitionDescription>> describePartitions(String topic) {
        var request = DescribePartitionsRequest.newBuilder().setTopic(topic).build();
        return calls.read(ClusterServiceGrpc.getDescribePartitionsMethod(), request)
                .thenApply(response -> response.getPartitionsList().stream()
                        .map(DescriptionTranslation::partition)
                        .toList());
    }
}
