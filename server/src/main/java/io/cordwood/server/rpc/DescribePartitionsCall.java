package io.cordwood.server.rpc;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.CompactionDescription;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.DescribePartitionsResponse;
import io.cordwood.proto.v1.PartitionDescription;
import io.cordwood.proto.v1.ReplicaChange;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.raft.CompactionStatus;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.LocalReplicas;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.Replica;
import io.cordwood.server.partition.SoundReplicas;
import io.cordwood.server.partition.TopicPartition;
import io.cordwood.store.PartitionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * DescribePartitions: every node that holds a replica says what it knows of its own ones, and the answers are put
 * together. A node that does not answer leaves its fields empty.
 *
 * <p><b>Thread:</b> any.
 */
final class DescribePartitionsCall {
    private static final Duration NODE_WAIT = Duration.ofSeconds(3);

    private final Cluster cluster;
    private final LocalReplicas replicas;
    private final Forwarding forwarding;
    private final Executor pool;
    private final ForwardedMethod<DescribePartitionsRequest, DescribePartitionsResponse> method;

    DescribePartitionsCall(Cluster cluster, LocalReplicas replicas, Forwarding forwarding, Executor pool) {
        this.cluster = cluster;
        this.replicas = replicas;
        this.forwarding = forwarding;
        this.pool = pool;
        this.method = ForwardedMethod.of(
                ClusterServiceGrpc.getDescribePartitionsMethod(),
                DescribePartitionsRequest.getDefaultInstance(),
                DescribePartitionsResponse.getDefaultInstance(),
                true,
                this::here);
    }

    /** What this node answers to others: its own replicas, and as a leader what it knows of the others. */
    ForwardedMethod<DescribePartitionsRequest, DescribePartitionsResponse> method() {
        return method;
    }

    CompletableFuture<DescribePartitionsResponse> call(DescribePartitionsRequest request, Deadline deadline) {
        return cluster.currentImage().thenCompose(image -> seen(image, request, deadline));
    }

    /** As an image shows them that need not be the newest. */
    CompletableFuture<DescribePartitionsResponse> seen(
            MetadataImage image, DescribePartitionsRequest request, Deadline deadline) {
        var topics = topics(image, request);
        var asked = ask(topics, request, deadline.earlier(NODE_WAIT));
        return CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
                .thenApply(done -> merged(topics, asked, DeadStandings.of(image, cluster)));
    }

    private static Collection<TopicInfo> topics(MetadataImage image, DescribePartitionsRequest request) {
        if (request.getTopic().isEmpty()) {
            return image.topics().values();
        }
        return List.of(image.topic(request.getTopic())
                .orElseThrow(() -> Partitions.unknownTopic(request.getTopic()).exception()));
    }

    /** The answer of each node by the partition's name; empty for a node that gave none. */
    private Map<Integer, CompletableFuture<Optional<Map<TopicPartition, PartitionDescription>>>> ask(
            Collection<TopicInfo> topics, DescribePartitionsRequest request, Deadline deadline) {
        var nodes = new TreeSet<Integer>();
        topics.forEach(topic -> topic.partitions().forEach(partition -> nodes.addAll(partition.replicas())));
        var asked = new TreeMap<Integer, CompletableFuture<Optional<Map<TopicPartition, PartitionDescription>>>>();
        for (int node : nodes) {
            var answer = node == cluster.thisNode()
                    ? here(request, deadline)
                    : forwarding.call(node, method, request, deadline);
            asked.put(
                    node,
                    answer.handle(
                            (response, failure) -> failure == null ? Optional.of(byName(response)) : Optional.empty()));
        }
        return asked;
    }

    private static Map<TopicPartition, PartitionDescription> byName(DescribePartitionsResponse response) {
        var byName = new HashMap<TopicPartition, PartitionDescription>();
        response.getPartitionsList()
                .forEach(partition ->
                        byName.put(new TopicPartition(partition.getTopic(), partition.getPartition()), partition));
        return byName;
    }

    private static DescribePartitionsResponse merged(
            Collection<TopicInfo> topics,
            Map<Integer, CompletableFuture<Optional<Map<TopicPartition, PartitionDescription>>>> asked,
            DeadStandings dead) {
        var response = DescribePartitionsResponse.newBuilder();
        for (var topic : topics) {
            for (var partition : topic.partitions()) {
                var name = new TopicPartition(topic.name(), partition.partition());
                var answers = new TreeMap<Integer, PartitionDescription>();
                var silent = new HashSet<Integer>();
                asked.forEach((node, answer) -> answer.join()
                        .ifPresentOrElse(
                                byName -> Optional.ofNullable(byName.get(name))
                                        .ifPresent(description -> answers.put(node, description)),
                                () -> silent.add(node)));
                var replica = new MetadataImage.Replica(topic, partition);
                var description = merged(name, partition, answers, silent).toBuilder();
                description.getReplicasBuilderList().forEach(told -> dead.describe(replica, told));
                response.addPartitions(description);
            }
        }
        return response.build();
    }

    private static PartitionDescription merged(
            TopicPartition name, PartitionInfo info, Map<Integer, PartitionDescription> answers, Set<Integer> silent) {
        var description =
                PartitionDescription.newBuilder().setTopic(name.topic()).setPartition(name.partition());
        var leader = newestLeader(answers.values());
        if (leader == null) {
            info.leader().ifPresent(description::setLeader);
            description.setError(Errors.status(Refusal.of(
                    Reason.LEADER_UNKNOWN,
                    "no replica of partition " + name + " says that it leads: "
                            + sound(info, answers.keySet(), silent).tooFew().orElse("try again shortly"))));
        } else {
            description
                    .setLeader(leader.getLeader())
                    .setLeaderEpoch(leader.getLeaderEpoch())
                    .setTerm(leader.getTerm())
                    .setHighWatermark(leader.getHighWatermark())
                    .setLogStartOffset(leader.getLogStartOffset())
                    .setSizeBytes(leader.getReplicas(0).getSizeBytes());
        }
        var said = new ReplicaStates(leader, silent);
        info.replicas().forEach(node -> description.addReplicas(changed(info, said.merged(node, answers.get(node)))));
        return description.build();
    }

    /** A node that has no replica open need not have told the metadata yet that it set it aside. */
    private static SoundReplicas sound(PartitionInfo info, Set<Integer> open, Set<Integer> silent) {
        var lost = new TreeSet<>(info.replicas());
        lost.removeAll(open);
        lost.removeAll(silent);
        return new SoundReplicas(new TreeSet<>(info.replicas()), lost, new TreeSet<>(silent));
    }

    private static ReplicaDescription changed(PartitionInfo info, ReplicaDescription replica) {
        return info.changes()
                .of(replica.getNodeId())
                .map(change ->
                        replica.toBuilder().setChange(kind(change.kind())).build())
                .orElse(replica);
    }

    private static ReplicaChange kind(io.cordwood.metadata.ReplicaChange.Kind kind) {
        return switch (kind) {
            case LOST -> ReplicaChange.REPLICA_CHANGE_LOST;
            case JOINING -> ReplicaChange.REPLICA_CHANGE_JOINING;
            case LEAVING -> ReplicaChange.REPLICA_CHANGE_LEAVING;
        };
    }

    /** Of several that believe to lead, the one of the highest term. */
    private static @Nullable PartitionDescription newestLeader(Collection<PartitionDescription> answers) {
        PartitionDescription newest = null;
        for (var answer : answers) {
            if (answer.hasLeader() && (newest == null || answer.getTerm() > newest.getTerm())) {
                newest = answer;
            }
        }
        return newest;
    }

    private CompletableFuture<DescribePartitionsResponse> here(DescribePartitionsRequest request, Deadline deadline) {
        return CompletableFuture.supplyAsync(() -> describe(request), pool);
    }

    private DescribePartitionsResponse describe(DescribePartitionsRequest request) {
        var response = DescribePartitionsResponse.newBuilder();
        for (var held : new ArrayList<>(cluster.image().replicasOn(cluster.thisNode()))) {
            var name = new TopicPartition(held.topic().name(), held.partition().partition());
            boolean wanted = request.getTopic().isEmpty() || request.getTopic().equals(name.topic());
            if (wanted) {
                replicas.find(new PartitionId(held.topic().topicId(), name.partition()))
                        .ifPresent(
                                replica -> response.addPartitions(describe(name, replica, isCompacted(held.topic()))));
            }
        }
        return response.build();
    }

    private static boolean isCompacted(TopicInfo topic) {
        return TopicConfig.resolve(topic.config(), TopicConfig.DEFAULTS)
                .cleanup()
                .policy()
                .compacts();
    }

    private static CompactionDescription describe(CompactionStatus status) {
        var description = CompactionDescription.newBuilder()
                .setCompactedEndOffset(status.compactedEndOffset())
                .setSealedEndOffset(status.sealedEndOffset())
                .setRunning(status.running())
                .setDoneBytes(status.doneBytes())
                .setTotalBytes(status.totalBytes())
                .setLastError(status.lastError());
        status.pendingMs().ifPresent(description::setPendingMs);
        status.retryMs().ifPresent(description::setRetryMs);
        return description.build();
    }

    private PartitionDescription describe(TopicPartition name, Replica replica, boolean compacted) {
        var leadership = replica.leadership();
        var own = ReplicaDescription.newBuilder()
                .setNodeId(cluster.thisNode())
                .setHighWatermark(replica.highWatermark())
                .setSizeBytes(replica.sizeBytes());
        var compaction = replica.compaction();
        if (compacted || compaction.isUnfinished()) {
            own.setCompaction(describe(compaction));
        }
        var description = PartitionDescription.newBuilder()
                .setTopic(name.topic())
                .setPartition(name.partition())
                .setTerm(leadership.term())
                .setHighWatermark(replica.highWatermark())
                .setLogStartOffset(replica.logStartOffset())
                .addReplicas(own);
        if (leadership.isLeader()) {
            replica.entriesBehind()
                    .forEach((node, entries) -> description.addReplicas(
                            ReplicaDescription.newBuilder().setNodeId(node).setLagEntries(entries)));
            description.setLeader(cluster.thisNode()).setLeaderEpoch(leadership.leaderEpoch());
        }
        return description.build();
    }
}
