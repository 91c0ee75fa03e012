package io.cordwood.server.rpc;

import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.PartitionOffsets;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.StartOffsets;
import io.cordwood.server.partition.StartPoint;
import io.cordwood.server.partition.TopicPartition;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;

/**
 * ListOffsets: asks the leader of each partition; what is wrong with one is said at that one.
 *
 * <p><b>Thread:</b> any; the disk is read on the given pool.
 */
final class ListOffsetsCall {
    private final Partitions partitions;
    private final LeaderRouter router;
    private final Executor pool;
    private final StartOffsets starts;
    private final ForwardedMethod<ListOffsetsRequest, ListOffsetsResponse> method;

    ListOffsetsCall(Partitions partitions, LeaderRouter router, Executor pool, StartOffsets starts) {
        this.starts = starts;
        this.partitions = partitions;
        this.router = router;
        this.pool = pool;
        this.method = ForwardedMethod.of(
                DataServiceGrpc.getListOffsetsMethod(),
                ListOffsetsRequest.getDefaultInstance(),
                ListOffsetsResponse.getDefaultInstance(),
                true,
                this::here);
    }

    ForwardedMethod<ListOffsetsRequest, ListOffsetsResponse> method() {
        return method;
    }

    CompletableFuture<ListOffsetsResponse> call(ListOffsetsRequest request, Deadline deadline) {
        RepeatedFields.requireFew("partitions", request.getPartitionsCount());
        StartPoint.parse(request.getStart());
        return router.topic(request.getTopic()).thenCompose(topic -> {
            var wanted = request.getPartitionsCount() > 0
                    ? request.getPartitionsList().stream().distinct().toList()
                    : IntStream.range(0, topic.partitions().size()).boxed().toList();
            var parts = wanted.stream()
                    .map(partition -> one(request, partition, deadline))
                    .toList();
            return joined(parts);
        });
    }

    private static CompletableFuture<ListOffsetsResponse> joined(List<CompletableFuture<PartitionOffsets>> parts) {
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).thenApply(done -> {
            var response = ListOffsetsResponse.newBuilder();
            parts.forEach(part -> response.addPartitions(part.join()));
            return response.build();
        });
    }

    private CompletableFuture<PartitionOffsets> one(ListOffsetsRequest request, int partition, Deadline deadline) {
        var part =
                request.toBuilder().clearPartitions().addPartitions(partition).build();
        return router.call(new TopicPartition(request.getTopic(), partition), method, part, deadline)
                .handle((response, failure) -> failure == null
                        ? response.getPartitions(0)
                        : PartitionOffsets.newBuilder()
                                .setPartition(partition)
                                .setError(Errors.status(failure))
                                .build());
    }

    private CompletableFuture<ListOffsetsResponse> here(ListOffsetsRequest request, Deadline deadline) {
        return CompletableFuture.supplyAsync(
                () -> ListOffsetsResponse.newBuilder()
                        .addPartitions(offsets(request, request.getPartitions(0)))
                        .build(),
                pool);
    }

    private PartitionOffsets offsets(ListOffsetsRequest request, int partition) {
        var name = new TopicPartition(request.getTopic(), partition);
        var replica = LeaderOnly.find(partitions, name).replica();
        var found =
                starts.find(name, replica, StartPoint.parse(request.getStart())).requireInside(request.getTopic());
        return PartitionOffsets.newBuilder()
                .setPartition(partition)
                .setOffset(found.offset())
                .setLogStartOffset(found.logStartOffset())
                .setHighWatermark(found.highWatermark())
                .setLeaderEpoch(replica.leadership().leaderEpoch())
                .build();
    }
}
