package io.cordwood.server.admin;

import io.cordwood.metadata.FeatureRules;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.DiskRefusals;
import io.cordwood.server.cluster.ImageWatch;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.Partitions;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * Which nodes hold replicas: changed through the metadata. A change has begun when it is answered; the
 * partition's leader carries it out.
 *
 * <p><b>Thread:</b> any; no state of its own. Futures fail with {@link RefusedException} where a rule is
 * broken.
 */
public final class Placements {
    private final Cluster cluster;
    private final ImageWatch watch;

    public Placements(Cluster cluster) {
        this.cluster = cluster;
        this.watch = new ImageWatch(cluster);
    }

    /**
     * @param add node that gets a replica
     * @param remove node that gives its replica up, once the other one has caught up
     */
    public CompletableFuture<PartitionInfo> alter(
            String topic, int partition, OptionalInt add, OptionalInt remove, Deadline deadline) {
        return cluster.currentImage().thenCompose(image -> {
            var found = image.topic(topic)
                    .orElseThrow(() -> Partitions.unknownTopic(topic).exception());
            add.ifPresent(taker -> checkRoom(found, partition, taker));
            return submit(new MetadataCommand.AlterReplicas(found.topicId(), partition, add, remove), image)
                    .thenApply(Topics::index)
                    .thenCompose(index -> watch.require(
                            "the change of the replicas of topic '" + topic + "'",
                            seen -> seen.index() >= index,
                            deadline))
                    .thenApply(seen -> seen.partition(topic, partition)
                            .orElseThrow(() -> Partitions.unknownTopic(topic).exception()));
        });
    }

    /**
     * A replica is not copied to a disk below its floor: the change would be under way for ever. One that
     * has begun already may be asked for again.
     */
    private void checkRoom(TopicInfo topic, int partition, int taker) {
        boolean begun = topic.partition(partition)
                .filter(found -> found.replicas().contains(taker))
                .isPresent();
        NodeDisk.noRoom(taker, cluster.disks(taker)).filter(noRoom -> !begun).ifPresent(noRoom -> {
            throw DiskRefusals.of(noRoom, "no replica can be built there: make room, or choose another node")
                    .exception();
        });
    }

    /** Gives a node's directory up for lost, which the caller has made sure of. */
    public CompletableFuture<NodeInfo> replaceNode(int nodeId, Deadline deadline) {
        return cluster.currentImage().thenCompose(image -> {
            var node = image.node(nodeId)
                    .orElseThrow(() -> Refusal.field(
                                    Reason.UNKNOWN_NODE,
                                    "node_id",
                                    nodeId,
                                    "one of " + image.nodes().keySet())
                            .exception());
            // A repetition names the directory that is given up already.
            var lost = node.isAwaited() ? node.replacedIncarnation() : node.incarnation();
            return submit(new MetadataCommand.ReplaceNode(nodeId, lost), image)
                    .thenApply(Topics::index)
                    .thenCompose(index ->
                            watch.require("the replacement of node " + nodeId, seen -> seen.index() >= index, deadline))
                    .thenApply(seen -> seen.node(nodeId).orElseThrow());
        });
    }

    /** A program that does not know the command may lead the metadata, while the cluster's level is below it. */
    private CompletableFuture<MetadataResult> submit(MetadataCommand command, MetadataImage image) {
        return FeatureRules.check(command, image)
                .<CompletableFuture<MetadataResult>>map(CompletableFuture::completedFuture)
                .orElseGet(() -> cluster.submit(command));
    }
}
