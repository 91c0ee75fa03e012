package io.cordwood.server.rpc;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.proto.v1.TransferLeadershipRequest;
import io.cordwood.proto.v1.TransferLeadershipResponse;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.ImageWatch;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * TransferLeadership: the leader hands a partition to the replica that is named, and answers when the metadata shows it.
 *
 * <p><b>Thread:</b> any.
 */
final class TransferLeadershipCall {
    /** Nobody can publish to the partition meanwhile. */
    private static final Duration WITHIN = Duration.ofSeconds(3);

    private final Cluster cluster;
    private final Partitions partitions;
    private final LeaderRouter router;
    private final ImageWatch watch;
    private final ForwardedMethod<TransferLeadershipRequest, TransferLeadershipResponse> method;

    TransferLeadershipCall(Cluster cluster, Partitions partitions, LeaderRouter router) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.router = router;
        this.watch = new ImageWatch(cluster);
        this.method = ForwardedMethod.of(
                TopicServiceGrpc.getTransferLeadershipMethod(),
                TransferLeadershipRequest.getDefaultInstance(),
                TransferLeadershipResponse.getDefaultInstance(),
                true,
                this::here);
    }

    ForwardedMethod<TransferLeadershipRequest, TransferLeadershipResponse> method() {
        return method;
    }

    CompletableFuture<TransferLeadershipResponse> call(TransferLeadershipRequest request, Deadline deadline) {
        return cluster.currentImage().thenCompose(image -> {
            var nodes = image.nodes().keySet();
            if (!nodes.contains(request.getNodeId())) {
                throw Refusal.field(Reason.UNKNOWN_NODE, "node_id", request.getNodeId(), "one of " + nodes)
                        .exception();
            }
            return router.call(name(request), method, request, deadline);
        });
    }

    private static TopicPartition name(TransferLeadershipRequest request) {
        return new TopicPartition(request.getTopic(), request.getPartition());
    }

    private CompletableFuture<TransferLeadershipResponse> here(TransferLeadershipRequest request, Deadline deadline) {
        var replica = LeaderOnly.find(partitions, name(request)).replica();
        int node = request.getNodeId();
        return replica.transferLeadership(node, deadline.earlier(WITHIN).left())
                // Not required: it may have moved on meanwhile, and who repeats the call would take it back.
                .thenCompose(done -> watch.until(image -> leads(image, name(request), node), deadline.earlier(WITHIN)))
                .thenApply(image -> answer(image, name(request)));
    }

    private static boolean leads(MetadataImage image, TopicPartition name, int node) {
        return image.partition(name.topic(), name.partition())
                .map(partition -> partition.leader().equals(OptionalInt.of(node)))
                .orElse(true); // deleted meanwhile
    }

    private static TransferLeadershipResponse answer(MetadataImage image, TopicPartition name) {
        var partition = image.partition(name.topic(), name.partition())
                .orElseThrow(() -> Partitions.unknownTopic(name.topic()).exception());
        return TransferLeadershipResponse.newBuilder()
                .setPartition(TopicRpc.described(partition))
                .build();
    }
}
