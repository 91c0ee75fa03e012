package io.cordwood.server.rpc;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.proto.internal.v1.MeasureLagRequest;
import io.cordwood.proto.v1.PartitionLag;
import io.cordwood.raft.PartitionBacklog;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.partition.LocalPartition;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.ReadFailures;
import io.cordwood.server.partition.TopicPartition;
import io.cordwood.store.LogClosedException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Has the leader of a partition measure what lies behind an offset. As with ListOffsets a majority confirms
 * it first: the end up to which it measures is not below what was acknowledged before the call.
 *
 * <p>Invariant: where the log cannot be read, the offsets are told all the same.
 *
 * <p><b>Thread:</b> any; the disk is read on the given pool.
 */
final class LagMeasure {
    private final Partitions partitions;
    private final LeaderRouter router;
    private final Executor pool;
    private final Clock clock;
    private final ForwardedMethod<MeasureLagRequest, PartitionLag> method;

    LagMeasure(Partitions partitions, LeaderRouter router, Executor pool, Clock clock) {
        this.partitions = partitions;
        this.router = router;
        this.pool = pool;
        this.clock = clock;
        this.method = ForwardedMethod.internal(
                "cordwood.internal.v1/MeasureLag",
                MeasureLagRequest.getDefaultInstance(),
                PartitionLag.getDefaultInstance(),
                this::here);
    }

    ForwardedMethod<MeasureLagRequest, PartitionLag> method() {
        return method;
    }

    /** As this node knows it. */
    OptionalInt leader(TopicPartition name) {
        return partitions.leader(name);
    }

    /** @param elections until when a leader is waited for */
    CompletableFuture<PartitionLag> call(MeasureLagRequest request, Deadline deadline, Deadline elections) {
        return router.call(name(request), method, request, deadline, elections);
    }

    private static TopicPartition name(MeasureLagRequest request) {
        return new TopicPartition(request.getTopic(), request.getPartition());
    }

    private CompletableFuture<PartitionLag> here(MeasureLagRequest request, Deadline deadline) {
        return LeaderOnly.confirmed(partitions, name(request), deadline)
                .thenApplyAsync(partition -> measured(request, partition), pool);
    }

    private PartitionLag measured(MeasureLagRequest request, LocalPartition partition) {
        requireSameTopic(request, partition);
        var replica = partition.replica();
        long start = replica.logStartOffset();
        // After a restart the start is ahead of the end until the entries are applied again that it came
        // behind.
        long end = Math.max(start, replica.highWatermark());
        long first = request.getFromEnd() ? end : start;
        long from = request.hasOffset() ? Math.min(Math.max(start, request.getOffset()), end) : first;
        var lag = PartitionLag.newBuilder()
                .setTopic(request.getTopic())
                .setTopicId(request.getTopicId())
                .setPartition(request.getPartition())
                .setLogStartOffset(start)
                .setHighWatermark(end)
                .setRecords(end - from);
        if (request.hasOffset()) {
            lag.setTrimmedRecords(Math.max(0, start - request.getOffset()));
        }
        try {
            describe(replica.backlog(from, end), lag);
        } catch (LogClosedException e) {
            throw partitions.notReplica(partition.name()).exception();
        } catch (IOException | CompressionUnavailableException e) {
            lag.setError(Errors.status(
                    ReadFailures.refusal(partition.name(), from, e, "the lag in offsets is right nevertheless")));
        }
        return lag.build();
    }

    private void requireSameTopic(MeasureLagRequest request, LocalPartition partition) {
        if (partitions.find(partition.name(), request.getTopicId()) instanceof Partitions.Lookup.Missing missing) {
            throw missing.refusal().exception();
        }
    }

    private void describe(PartitionBacklog backlog, PartitionLag.Builder lag) {
        lag.setBytes(backlog.bytes()).setAppendedPerSecond(backlog.appendedPerSecond());
        backlog.nextTimestampMs()
                .ifPresent(timestampMs ->
                        lag.setAge(GroupMessages.wire(Duration.ofMillis(Math.max(0, clock.millis() - timestampMs)))));
        backlog.untilTrimmedMs()
                .ifPresent(millis -> lag.setUntilTrimmed(GroupMessages.wire(Duration.ofMillis(millis))));
    }
}
