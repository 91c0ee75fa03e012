package io.cordwood.client;

import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribeClusterResponse;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.PartitionInfo;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Who leads what, as far as this client knows: learned on demand, corrected by redirects and refreshed when a leader
 * does not answer.
 *
 * <p>Invariants: at most one refresh per topic is under way, and whoever asks meanwhile shares it; within the life of a
 * topic a partition's known leader epoch never falls; all that is known is of the cluster that answered first, because the
 * ids of topics and producers mean nothing to another one.
 *
 * <p><b>Thread:</b> any; nothing blocks.
 */
final class ClusterView {
    private final UnaryCalls calls;
    private final KnownNodes nodes;
    private final long maxAgeNanos;
    private final AtomicReference<@Nullable String> clusterId = new AtomicReference<>();
    private final ConcurrentHashMap<String, Known> topics = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, CompletableFuture<TopicView>> refreshes = new ConcurrentHashMap<>();

    /** A view and when the cluster said so. */
    private record Known(TopicView view, long atNanos) {}

    /** @param maxAge what is older is asked for anew when somebody uses it */
    ClusterView(UnaryCalls calls, KnownNodes nodes, Duration maxAge) {
        this.calls = calls;
        this.nodes = nodes;
        this.maxAgeNanos = maxAge.toNanos();
    }

    /** What is known, at once; where it is old, for example knows nothing of new partitions, a refresh begins. */
    @Nullable
    TopicView known(String topic) {
        var known = topics.get(topic);
        if (known == null) {
            return null;
        }
        if (System.nanoTime() - known.atNanos > maxAgeNanos) {
            var unused = refresh(topic);
        }
        return known.view;
    }

    /** What is known, or else what the cluster says. */
    CompletableFuture<TopicView> topic(String topic) {
        var known = known(topic);
        return known == null ? refresh(topic) : CompletableFuture.completedFuture(known);
    }

    /** What the cluster says now. */
    CompletableFuture<TopicView> refresh(String topic) {
        var mine = new CompletableFuture<TopicView>();
        var running = refreshes.putIfAbsent(topic, mine);
        if (running != null) {
            return running;
        }
        var unused = fetch(topic).whenComplete((view, failure) -> {
            refreshes.remove(topic, mine);
            if (failure == null) {
                mine.complete(view);
            } else {
                mine.completeExceptionally(StatusTranslation.of(failure));
            }
        });
        return mine;
    }

    /** A node has named the leader, which is news until the next refresh. */
    void redirect(TopicPartition partition, HostPort leader) {
        topics.computeIfPresent(partition.topic(), (name, known) -> {
            var view = known.view;
            int epoch = view.leader(partition.partition())
                    .map(TopicView.Leader::epoch)
                    .orElse(-1);
            return partition.partition() < view.partitionCount()
                    ? new Known(
                            view.withLeader(partition.partition(), new TopicView.Leader(leader, epoch)), known.atNanos)
                    : known;
        });
    }

    private CompletableFuture<TopicView> fetch(String topic) {
        // One after the other: the second is asked of a node that the first has found to be of the same cluster.
        return calls.read(
                        ClusterServiceGrpc.getDescribeClusterMethod(),
                        DescribeClusterRequest.getDefaultInstance(),
                        cluster -> requireSameCluster(cluster.getClusterId()))
                .thenCompose(cluster -> {
                    nodes.learn(addresses(cluster));
                    return described(topic);
                })
                .whenComplete((view, failure) -> forget(topic, failure))
                .thenApply(view -> remember(topic, view));
    }

    /** Of a topic that is known any node's word will do; one of another topic of its name may be older than what is known. */
    private CompletableFuture<TopicView> described(String topic) {
        var known = topics.get(topic);
        if (known == null) {
            return described(topic, false);
        }
        return described(topic, true)
                .thenCompose(found -> found.topicId().equals(known.view.topicId())
                        ? CompletableFuture.completedFuture(found)
                        : described(topic, false));
    }

    private CompletableFuture<TopicView> described(String topic, boolean allowStale) {
        var request = GetTopicRequest.newBuilder().setName(topic).setAllowStale(allowStale);
        return calls.read(TopicServiceGrpc.getGetTopicMethod(), request.build())
                .thenApply(answer -> view(answer.getTopic()));
    }

    /** Throws for an answer of another cluster than the one that answered first. */
    void requireSameCluster(String answering) {
        clusterId.compareAndSet(null, answering);
        var own = clusterId.get();
        if (!answering.equals(own)) {
            throw new CordwoodException(
                    ErrorCode.OTHER_CLUSTER,
                    "cluster " + answering + " answers at the addresses of " + own + ", to which this client belongs",
                    Map.of("field", "cluster_id", "value", answering, "limit", String.valueOf(own)));
        }
    }

    private void forget(String topic, @Nullable Throwable failure) {
        var code = failure == null ? null : StatusTranslation.of(failure).code();
        if (code == ErrorCode.UNKNOWN_TOPIC) {
            topics.remove(topic);
        } else if (code == ErrorCode.OTHER_CLUSTER) {
            topics.clear();
        }
    }

    private TopicView remember(String topic, TopicView view) {
        var found = new Known(view, System.nanoTime());
        return topics.merge(
                        topic, found, (earlier, newer) -> new Known(newer.view.mergedWith(earlier.view), newer.atNanos))
                .view;
    }

    private TopicView view(Topic topic) {
        return new TopicView(
                DescriptionTranslation.topicId(topic),
                topic.getConfigMap(),
                topic.getPartitionsList().stream().map(this::leader).toList());
    }

    private Optional<TopicView.Leader> leader(PartitionInfo partition) {
        if (!partition.hasLeader()) {
            return Optional.empty();
        }
        return Optional.ofNullable(nodes.addressOf(partition.getLeader()))
                .map(address -> new TopicView.Leader(address, partition.getLeaderEpoch()));
    }

    private static Map<Integer, HostPort> addresses(DescribeClusterResponse cluster) {
        var addresses = new HashMap<Integer, HostPort>();
        for (var node : cluster.getNodesList()) {
            // A node that has not come up yet has advertised nothing.
            if (!node.getAddress().isEmpty()) {
                addresses.put(node.getNodeId(), HostPort.parse("address", node.getAddress()));
            }
        }
        return addresses;
    }
}
