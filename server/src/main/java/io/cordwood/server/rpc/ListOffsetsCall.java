package io.cordwood.server.rpc;

import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.ListOffsetsResponse;
import io.cordwood.proto.v1.PartitionOffsets;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.Replica;
import io.cordwood.server.partition.StartOffsets;
import io.cordwood.server.partition.StartPoint;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;

/**
 * ListOffsets: asks the leader of each partition; what is wrong with one is said at that one. A leader
 * answers after a majority has confirmed it, so no end is below that of what was acknowledged before the
 * call.
 *
 * <p>Invariant: however many partitions are asked for, a node asks another one whether it leads them in few
 * questions, one at a time, see {@code TermQuestions}: they need no limit of their own.
 *
 * <p><b>Thread:</b> any, none waits for a confirmation; the disk is read on the given pool.
 */
final class ListOffsetsCall {
    private static final Duration END_TIMEOUT = Duration.ofSeconds(1);

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

    /** The high watermark of one partition; fails where its leader cannot say. */
    CompletableFuture<Long> end(TopicPartition partition) {
        var request = ListOffsetsRequest.newBuilder()
                .setTopic(partition.topic())
                .addPartitions(partition.partition())
                .setStart("latest")
                .build();
        return call(request, Deadline.after(END_TIMEOUT)).thenApply(response -> {
            var found = response.getPartitions(0);
            if (found.hasError()) {
                throw Errors.refusal(found.getError()).exception();
            }
            return found.getHighWatermark();
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
        var name = new TopicPartition(request.getTopic(), request.getPartitions(0));
        return LeaderOnly.confirmed(partitions, name, deadline)
                .thenApplyAsync(
                        partition -> ListOffsetsResponse.newBuilder()
                                .addPartitions(offsets(request, name, partition.replica()))
                                .build(),
                        pool);
    }

    private PartitionOffsets offsets(ListOffsetsRequest request, TopicPartition name, Replica replica) {
        var found =
                starts.find(name, replica, StartPoint.parse(request.getStart())).requireInside(request.getTopic());
        var leadership = replica.leadership();
        if (!leadership.isLeader()) { // the epoch would be that of another leader
            throw partitions.notLeader(name).exception();
        }
        return PartitionOffsets.newBuilder()
                .setPartition(name.partition())
                .setOffset(found.offset())
                .setLogStartOffset(found.logStartOffset())
                .setHighWatermark(found.highWatermark())
                .setLeaderEpoch(leadership.leaderEpoch())
                .build();
    }
}
