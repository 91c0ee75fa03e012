package io.cordwood.server.rpc;

import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.proto.v1.TrimPartitionRequest;
import io.cordwood.proto.v1.TrimPartitionResponse;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.Replica;
import io.cordwood.server.partition.StartOffsets;
import io.cordwood.server.partition.StartPoint;
import io.cordwood.server.partition.TopicPartition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * TrimPartition: the leader moves the log start.
 *
 * <p><b>Thread:</b> any.
 */
final class TrimCall {
    private final Partitions partitions;
    private final LeaderRouter router;
    private final StartOffsets starts;
    private final Executor pool;
    private final ForwardedMethod<TrimPartitionRequest, TrimPartitionResponse> method;

    TrimCall(Partitions partitions, LeaderRouter router, StartOffsets starts, Executor pool) {
        this.partitions = partitions;
        this.router = router;
        this.starts = starts;
        this.pool = pool;
        // A start counted from the end would take more each time.
        this.method = ForwardedMethod.of(
                TopicServiceGrpc.getTrimPartitionMethod(),
                TrimPartitionRequest.getDefaultInstance(),
                TrimPartitionResponse.getDefaultInstance(),
                false,
                this::here);
    }

    ForwardedMethod<TrimPartitionRequest, TrimPartitionResponse> method() {
        return method;
    }

    CompletableFuture<TrimPartitionResponse> call(TrimPartitionRequest request, Deadline deadline) {
        if (request.getStart().isEmpty()) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "start", "", "where the log is to begin, such as 42 or latest")
                    .exception();
        }
        StartPoint.parse(request.getStart());
        return router.call(name(request), method, request, deadline);
    }

    private static TopicPartition name(TrimPartitionRequest request) {
        return new TopicPartition(request.getTopic(), request.getPartition());
    }

    private CompletableFuture<TrimPartitionResponse> here(TrimPartitionRequest request, Deadline deadline) {
        // Else a leader that was deposed would refuse an offset because its own log ends before it.
        return LeaderOnly.confirmed(partitions, name(request), deadline)
                .thenComposeAsync(partition -> trim(request, partition.replica()), pool);
    }

    private CompletableFuture<TrimPartitionResponse> trim(TrimPartitionRequest request, Replica replica) {
        var found = starts.find(name(request), replica, StartPoint.parse(request.getStart()));
        if (found.offset() > found.highWatermark()) {
            found.requireInside(request.getTopic());
        }
        return replica.trim(found.offset()).thenApply(done -> answer(replica));
    }

    private static TrimPartitionResponse answer(Replica replica) {
        return TrimPartitionResponse.newBuilder()
                .setLogStartOffset(replica.logStartOffset())
                .setHighWatermark(replica.highWatermark())
                .build();
    }
}
