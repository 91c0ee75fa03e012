package io.cordwood.server.rpc;

import com.google.protobuf.Timestamp;
import io.cordwood.batch.Compression;
import io.cordwood.batch.Murmur2;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.batch.RecordHeader;
import io.cordwood.batch.RecordTooLargeException;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.Durability;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.ProduceResponse;
import io.cordwood.proto.v1.ProducedRecord;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.AppendResult;
import io.cordwood.server.partition.AppendResult.Appended;
import io.cordwood.server.partition.BatchIntake;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.Partitions.Lookup;
import io.cordwood.server.partition.TopicPartition;
import io.cordwood.server.tracing.CallTrace;
import io.micrometer.core.instrument.Timer;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Produce: groups records by partition, brings each group to its leader and there builds batches of them.
 *
 * <p><b>Thread:</b> any; records are encoded on the given pool.
 */
final class ProduceCall {
    private static final int NANOS_PER_MILLI = 1_000_000;

    private final Partitions partitions;
    private final BatchIntake intake;
    private final Executor pool;
    private final Clock clock;
    private final Timer latency;
    private final LeaderRouter router;
    private final ForwardedMethod<ProduceRequest, ProduceResponse> method;

    /** @param latency of batches that are appended */
    ProduceCall(
            Partitions partitions, BatchIntake intake, LeaderRouter router, Executor pool, Clock clock, Timer latency) {
        this.latency = latency;
        this.partitions = partitions;
        this.intake = intake;
        this.router = router;
        this.pool = pool;
        this.clock = clock;
        this.method = ForwardedMethod.traceable(
                DataServiceGrpc.getProduceMethod(),
                ProduceRequest.getDefaultInstance(),
                ProduceResponse.getDefaultInstance(),
                false,
                this::here);
    }

    ForwardedMethod<ProduceRequest, ProduceResponse> method() {
        return method;
    }

    /** One answer per record in the order of the request; fails as a whole where every partition failed. */
    CompletableFuture<ProduceResponse> call(ProduceRequest request, Deadline deadline) {
        if (request.getRecordsCount() == 0) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "records", "empty", "one record or more")
                    .exception();
        }
        RepeatedFields.requireFew("records", request.getRecordsCount());
        request.getRecordsList()
                .forEach(record -> RepeatedFields.requireFew("records.headers", record.getHeadersCount()));
        if (request.hasExpectedEndOffset() && !request.hasPartition()) {
            throw Refusal.field(Reason.INVALID_ARGUMENT, "partition", "absent", "given with expected_end_offset")
                    .exception();
        }
        var traced = method.within(TraceHeaders.ofCurrentCall());
        return router.topic(request.getTopic())
                .thenComposeAsync(topic -> spread(request, topic, traced, deadline), pool);
    }

    private CompletableFuture<ProduceResponse> spread(
            ProduceRequest request,
            TopicInfo topic,
            ForwardedMethod<ProduceRequest, ProduceResponse> traced,
            Deadline deadline) {
        var groups = groups(request, topic);
        var parts = new ArrayList<CompletableFuture<Map<Integer, ProducedRecord>>>();
        groups.forEach((partition, places) -> parts.add(part(request, partition, places, traced, deadline)));
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).thenApply(done -> {
            var byPlace = new TreeMap<Integer, ProducedRecord>();
            parts.forEach(part -> byPlace.putAll(part.join()));
            return response(List.copyOf(byPlace.values()));
        });
    }

    private static ProduceResponse response(List<ProducedRecord> records) {
        if (records.stream().allMatch(ProducedRecord::hasError)) {
            throw Errors.refusal(records.get(0).getError()).exception();
        }
        return ProduceResponse.newBuilder()
                .addAllRecords(records)
                .setDurability(Durability.DURABILITY_MAJORITY_FORCED)
                .build();
    }

    private static Map<Integer, List<Integer>> groups(ProduceRequest request, TopicInfo topic) {
        int count = topic.partitions().size();
        var groups = new TreeMap<Integer, List<Integer>>();
        for (int place = 0; place < request.getRecordsCount(); place++) {
            int partition =
                    request.hasPartition() ? request.getPartition() : partitionOf(request.getRecords(place), count);
            groups.computeIfAbsent(partition, number -> new ArrayList<>()).add(place);
        }
        return groups;
    }

    private static int partitionOf(NewRecord record, int partitionCount) {
        var key = RecordContents.bytes(record.getKey());
        return key == null ? 0 : Murmur2.partition(key, partitionCount);
    }

    private CompletableFuture<Map<Integer, ProducedRecord>> part(
            ProduceRequest request,
            int partition,
            List<Integer> places,
            ForwardedMethod<ProduceRequest, ProduceResponse> traced,
            Deadline deadline) {
        var part = ProduceRequest.newBuilder().setTopic(request.getTopic()).setPartition(partition);
        places.forEach(place -> part.addRecords(request.getRecords(place)));
        if (request.hasExpectedEndOffset()) {
            part.setExpectedEndOffset(request.getExpectedEndOffset());
        }
        var name = new TopicPartition(request.getTopic(), partition);
        return router.call(name, traced, part.build(), deadline)
                .handle((response, failure) -> failure == null
                        ? response.getRecordsList().stream()
                                .map(this::readdressed)
                                .toList()
                        : failed(partition, places.size(), Errors.refusal(failure)))
                .thenApply(records -> byPlace(places, records));
    }

    private static Map<Integer, ProducedRecord> byPlace(List<Integer> places, List<ProducedRecord> records) {
        var byPlace = new TreeMap<Integer, ProducedRecord>();
        for (int i = 0; i < places.size(); i++) {
            byPlace.put(places.get(i), records.get(i));
        }
        return byPlace;
    }

    /** One record of several may have been refused, perhaps by another node. */
    private ProducedRecord readdressed(ProducedRecord record) {
        return record.hasError()
                ? failed(record.getPartition(), partitions.readdressed(Errors.refusal(record.getError())))
                : record;
    }

    /** On the leader: all records are of one partition. */
    private CompletableFuture<ProduceResponse> here(ProduceRequest request, Deadline deadline, CallTrace trace) {
        return CompletableFuture.completedFuture(request)
                .thenComposeAsync(part -> append(part, trace), pool)
                .orTimeout(deadline.left().toNanos(), TimeUnit.NANOSECONDS)
                .exceptionallyCompose(failure -> RefusedException.failedFuture(timedOut(failure, request)));
    }

    private static Refusal timedOut(Throwable failure, ProduceRequest request) {
        boolean deadline = RefusedException.unwrap(failure) instanceof TimeoutException;
        return deadline
                ? Refusal.of(
                        Reason.REQUEST_TIMED_OUT,
                        "no majority answered in time for topic '" + request.getTopic()
                                + "'; the records may be in the log, look before sending again")
                : Errors.refusal(failure);
    }

    private CompletableFuture<ProduceResponse> append(ProduceRequest request, CallTrace trace) {
        var name = new TopicPartition(request.getTopic(), request.getPartition());
        var batches = batches(request, name);
        if (request.hasExpectedEndOffset() && batches.size() > 1) {
            throw Refusal.field(
                            Reason.RECORD_TOO_LARGE,
                            "records",
                            batches.size() + " batches",
                            "one batch with expected_end_offset")
                    .with(Refusal.SETTING, TopicConfig.MAX_BATCH_BYTES)
                    .exception();
        }
        var expected =
                request.hasExpectedEndOffset() ? OptionalLong.of(request.getExpectedEndOffset()) : OptionalLong.empty();
        long startNanos = System.nanoTime();
        var parts = batches.stream()
                .map(batch -> intake.append(name, null, batch.bytes, expected, trace)
                        .thenApply(result -> timed(result, startNanos))
                        .thenApply(result -> answers(name.partition(), batch.recordCount, result)))
                .toList();
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).thenApply(done -> {
            var records = new ArrayList<ProducedRecord>();
            parts.forEach(part -> records.addAll(part.join()));
            return response(records);
        });
    }

    private record Batch(ByteBuffer bytes, int recordCount) {}

    private List<Batch> batches(ProduceRequest request, TopicPartition name) {
        var lookup = partitions.find(name);
        if (lookup instanceof Lookup.Missing missing) {
            throw missing.refusal().exception();
        }
        int maxBytes = ((Lookup.Found) lookup).partition().limits().batchMaxBytes();
        var batches = new ArrayList<Batch>();
        var builder = new RecordBatchBuilder(Compression.NONE, maxBytes);
        for (int i = 0; i < request.getRecordsCount(); i++) {
            if (!tryAppend(builder, request.getRecords(i), i)) {
                batches.add(new Batch(builder.build(), builder.recordCount()));
                builder.reset();
                tryAppend(builder, request.getRecords(i), i);
            }
        }
        batches.add(new Batch(builder.build(), builder.recordCount()));
        return batches;
    }

    private boolean tryAppend(RecordBatchBuilder builder, NewRecord record, int place) {
        var headers = record.getHeadersList().stream()
                .map(header -> new RecordHeader(header.getKey(), RecordContents.bytes(header.getValue())))
                .toList();
        try {
            return builder.tryAppend(
                    timestamp(record, place),
                    RecordContents.bytes(record.getKey()),
                    RecordContents.bytes(record.getValue()),
                    headers);
        } catch (RecordTooLargeException e) {
            throw Refusal.field(
                            Reason.RECORD_TOO_LARGE,
                            "records[" + place + "]",
                            e.sizeBytes() + " bytes",
                            "at most " + e.limitBytes() + " bytes")
                    .with(Refusal.VALUE, e.sizeBytes())
                    .with(Refusal.LIMIT, e.limitBytes())
                    .with(Refusal.SETTING, TopicConfig.MAX_BATCH_BYTES)
                    .exception();
        }
    }

    private long timestamp(NewRecord record, int place) {
        if (!record.hasTimestamp()) {
            return clock.millis();
        }
        Timestamp given = record.getTimestamp();
        if (given.getSeconds() < 0 || given.getSeconds() > Long.MAX_VALUE / 2_000 || given.getNanos() < 0) {
            throw Refusal.field(
                            Reason.TIMESTAMP_OUT_OF_RANGE,
                            "records[" + place + "].timestamp",
                            given.getSeconds() + " s",
                            "1970 or later")
                    .exception();
        }
        return given.getSeconds() * 1_000 + given.getNanos() / NANOS_PER_MILLI;
    }

    private AppendResult timed(AppendResult result, long startNanos) {
        if (result instanceof Appended) {
            latency.record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
        }
        return result;
    }

    private static List<ProducedRecord> answers(int partition, int count, AppendResult result) {
        if (!(result instanceof Appended appended)) {
            return failed(partition, count, ((AppendResult.Refused) result).refusal());
        }
        var answers = new ArrayList<ProducedRecord>(count);
        for (int i = 0; i < count; i++) {
            answers.add(ProducedRecord.newBuilder()
                    .setPartition(partition)
                    .setOffset(appended.baseOffset() + i)
                    .setLeaderEpoch(appended.leaderEpoch())
                    .build());
        }
        return answers;
    }

    /** The same answer for each record: they share it. */
    private static List<ProducedRecord> failed(int partition, int count, Refusal refusal) {
        return Collections.nCopies(count, failed(partition, refusal));
    }

    private static ProducedRecord failed(int partition, Refusal refusal) {
        return ProducedRecord.newBuilder()
                .setPartition(partition)
                .setError(Errors.status(refusal))
                .build();
    }
}
