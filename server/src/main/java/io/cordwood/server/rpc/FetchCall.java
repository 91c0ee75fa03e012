package io.cordwood.server.rpc;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.FetchResponse;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.Chunk;
import io.cordwood.server.partition.LocalPartition;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.ReadFailures;
import io.cordwood.server.partition.Replica;
import io.cordwood.server.partition.StartOffsets;
import io.cordwood.server.partition.StartPoint;
import io.cordwood.server.partition.TopicPartition;
import io.cordwood.server.partition.Waiting;
import io.cordwood.server.tracing.Tracing;
import io.cordwood.store.LogClosedException;
import io.cordwood.store.OffsetTrimmedException;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Fetch: reads some records on the partition's leader.
 *
 * <p><b>Thread:</b> any; the disk is read on the given pool.
 */
final class FetchCall {
    private static final int DEFAULT_RECORDS = 100;
    private static final int RECORDS_MAX = 10_000;
    private static final int DEFAULT_BYTES = 1 << 20;
    private static final int BYTES_MAX = 4 << 20;
    /** No other replica answers a Fetch. */
    private static final String ADVICE = "subscribe at another replica";

    private static final Duration WAIT_MAX = Duration.ofSeconds(30);

    private final Partitions partitions;
    private final LeaderRouter router;
    private final Executor readers;
    private final StartOffsets starts;
    private final Watchers watchers;
    private final ForwardedMethod<FetchRequest, FetchResponse> method;

    /**
     * Who sees what is fetched.
     *
     * @param latency to read and decode, without the wait for records
     */
    record Watchers(Timer latency, Tracing tracing) {}

    FetchCall(Partitions partitions, LeaderRouter router, Executor readers, StartOffsets starts, Watchers watchers) {
        this.starts = starts;
        this.watchers = watchers;
        this.partitions = partitions;
        this.router = router;
        this.readers = readers;
        this.method = ForwardedMethod.of(
                DataServiceGrpc.getFetchMethod(),
                FetchRequest.getDefaultInstance(),
                FetchResponse.getDefaultInstance(),
                true,
                this::here);
    }

    ForwardedMethod<FetchRequest, FetchResponse> method() {
        return method;
    }

    CompletableFuture<FetchResponse> call(FetchRequest request, Deadline deadline) {
        StartPoint.parse(request.getStart());
        requireIn("max_records", maxRecords(request), RECORDS_MAX);
        requireIn("max_bytes", maxBytes(request), BYTES_MAX);
        requireWait(request);
        return router.call(name(request), method, request, deadline);
    }

    private CompletableFuture<FetchResponse> here(FetchRequest request, Deadline deadline) {
        return CompletableFuture.supplyAsync(() -> begin(request, LeaderOnly.find(partitions, name(request))), readers)
                .thenCompose(begun -> begun.found().isBeyondEnd()
                        // A leader that was deposed does not know how much there is.
                        ? LeaderOnly.confirmed(partitions, name(request), deadline)
                                .thenApplyAsync(partition -> begin(request, partition), readers)
                        : CompletableFuture.completedFuture(begun))
                .thenCompose(begun -> {
                    begun.found().requireInside(request.getTopic());
                    return fetch(request, begun, deadline);
                });
    }

    /** Where to read. */
    private record Begun(LocalPartition partition, StartOffsets.Found found) {}

    private Begun begin(FetchRequest request, LocalPartition partition) {
        return new Begun(
                partition, starts.find(name(request), partition.replica(), StartPoint.parse(request.getStart())));
    }

    private CompletableFuture<FetchResponse> fetch(FetchRequest request, Begun begun, Deadline deadline) {
        var replica = begun.partition().replica();
        long offset = begun.found().offset();
        boolean thereAlready = offset < begun.found().highWatermark();
        var wait = deadline.earlier(maxWait(request));
        var waited = thereAlready || wait.passed()
                ? CompletableFuture.completedFuture(thereAlready)
                : Waiting.highWatermarkPast(replica, offset, wait);
        return waited.thenApplyAsync(
                there -> there
                        ? answer(request, begun.partition(), offset)
                        : nothing(replica, offset).build(),
                readers);
    }

    private FetchResponse answer(FetchRequest request, LocalPartition partition, long offset) {
        long startNanos = System.nanoTime();
        try {
            var response = read(request, partition, offset);
            watchers.latency().record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
            return response;
        } catch (LogClosedException e) {
            throw partitions.notReplica(name(request)).exception();
        } catch (IOException | MalformedBatchException | CompressionUnavailableException e) {
            throw ReadFailures.refusal(name(request), offset, e, ADVICE).exception();
        }
    }

    private FetchResponse read(FetchRequest request, LocalPartition partition, long offset) throws IOException {
        var replica = partition.replica();
        try {
            var range = replica.readSound(offset, maxBytes(request));
            var chunk = Chunk.within(range, Long.MAX_VALUE, Long.MAX_VALUE).from(offset);
            var decoded = chunk.decoded(maxRecords(request));
            var response = nothing(replica, decoded.endOffset());
            for (var record : decoded.records()) {
                response.addRecords(RecordContents.stored(record, request.getEncoding()));
            }
            partition.traffic().fetch().add(response.getRecordsCount(), decoded.endedBytes());
            var delivery = watchers.tracing()
                    .delivery(request.getTopic(), request.getPartition(), offset, decoded.endOffset());
            var built = response.build();
            delivery.sent();
            return built;
        } catch (OffsetTrimmedException e) {
            throw StartPoint.outOfRange(offset, e.logStartOffset(), replica.highWatermark())
                    .orElseThrow()
                    .with(Refusal.TOPIC, request.getTopic())
                    .exception();
        }
    }

    private static FetchResponse.Builder nothing(Replica replica, long nextOffset) {
        return FetchResponse.newBuilder()
                .setNextOffset(nextOffset)
                .setHighWatermark(replica.highWatermark())
                .setLogStartOffset(replica.logStartOffset())
                .setLeaderEpoch(replica.leadership().leaderEpoch());
    }

    private static TopicPartition name(FetchRequest request) {
        return new TopicPartition(request.getTopic(), request.getPartition());
    }

    private static int maxRecords(FetchRequest request) {
        return request.hasMaxRecords() ? request.getMaxRecords() : DEFAULT_RECORDS;
    }

    private static int maxBytes(FetchRequest request) {
        return request.hasMaxBytes() ? request.getMaxBytes() : DEFAULT_BYTES;
    }

    private static Duration maxWait(FetchRequest request) {
        return Duration.ofSeconds(
                request.getMaxWait().getSeconds(), request.getMaxWait().getNanos());
    }

    /** The seconds first: a duration of as many as the field can hold overflows. */
    private static void requireWait(FetchRequest request) {
        long seconds = request.getMaxWait().getSeconds();
        boolean inRange = 0 <= seconds && seconds <= WAIT_MAX.toSeconds();
        if (!inRange || maxWait(request).isNegative() || maxWait(request).compareTo(WAIT_MAX) > 0) {
            var value = inRange ? maxWait(request) : seconds + "s";
            throw Refusal.field(Reason.INVALID_ARGUMENT, "max_wait", value, "from 0s to " + WAIT_MAX.toSeconds() + "s")
                    .exception();
        }
    }

    private static void requireIn(String field, int value, int max) {
        if (value < 1 || value > max) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, field, value, "from 1 to " + max)
                    .exception();
        }
    }
}
