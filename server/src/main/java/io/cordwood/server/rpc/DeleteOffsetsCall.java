package io.cordwood.server.rpc;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.v1.DeleteOffsetsRequest;
import io.cordwood.proto.v1.DeleteOffsetsResponse;
import io.cordwood.proto.v1.OffsetDeletion;
import io.cordwood.server.cluster.Cluster;
import io.cordwood.server.cluster.GroupRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.group.Groups;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.TopicPartition;
import java.util.ArrayList;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * DeleteOffsets: what names no partition is refused here, the rest by the metadata.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class DeleteOffsetsCall {
    private static final int PARTITIONS_MAX = 1000;

    private final Cluster cluster;
    private final Groups groups;

    DeleteOffsetsCall(Cluster cluster, Groups groups) {
        this.cluster = cluster;
        this.groups = groups;
    }

    CompletableFuture<DeleteOffsetsResponse> call(DeleteOffsetsRequest request) {
        int count = request.getPartitionsCount();
        if (count < 1 || count > PARTITIONS_MAX) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "partitions", count, "from 1 to " + PARTITIONS_MAX)
                    .exception();
        }
        return cluster.currentImage().thenCompose(image -> delete(request, image));
    }

    private CompletableFuture<DeleteOffsetsResponse> delete(DeleteOffsetsRequest request, MetadataImage image) {
        var refused = new TreeMap<Integer, Refusal>();
        var ids = new ArrayList<PartitionId>();
        var places = new ArrayList<Integer>();
        for (int place = 0; place < request.getPartitionsCount(); place++) {
            var partition = request.getPartitions(place);
            var name = new TopicPartition(partition.getTopic(), partition.getPartition());
            var missing = Partitions.check(image, name);
            if (missing.isPresent()) {
                refused.put(place, missing.get());
            } else {
                var topicId = image.topic(name.topic()).orElseThrow().topicId();
                ids.add(new PartitionId(topicId, name.partition()));
                places.add(place);
            }
        }
        return groups.deleteOffsets(request.getGroup(), ids).thenApply(kept -> {
            kept.forEach((place, refusal) -> refused.put(places.get(place), GroupRefusals.of(refusal)));
            return response(request, refused);
        });
    }

    private static DeleteOffsetsResponse response(DeleteOffsetsRequest request, SortedMap<Integer, Refusal> refused) {
        var response = DeleteOffsetsResponse.newBuilder();
        for (int place = 0; place < request.getPartitionsCount(); place++) {
            var partition = request.getPartitions(place);
            var result =
                    OffsetDeletion.newBuilder().setTopic(partition.getTopic()).setPartition(partition.getPartition());
            Optional.ofNullable(refused.get(place))
                    .map(refusal -> refusal.with(Refusal.TOPIC, partition.getTopic()))
                    .ifPresent(refusal -> result.setError(Errors.status(refusal)));
            response.addResults(result);
        }
        return response.build();
    }
}
