package io.cordwood.server.partition;

import io.cordwood.batch.BatchCheck;
import io.cordwood.batch.BatchCheck.Accepted;
import io.cordwood.batch.BatchCheck.Rejected;
import io.cordwood.batch.BatchValidator;
import io.cordwood.metadata.CleanupConfig;
import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.TopicTraffic;
import io.cordwood.metrics.Traffic;
import io.cordwood.raft.AppendRequest;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.metrics.ServerMeters;
import io.cordwood.server.partition.AppendResult.Refused;
import io.cordwood.server.partition.Partitions.Lookup;
import io.cordwood.server.tracing.BatchTrace;
import io.cordwood.server.tracing.CallTrace;
import io.cordwood.server.tracing.Tracing;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way of one batch into the log: find the partition, check that it leads, check the batch, append.
 *
 * <p><b>Thread:</b> any; checking costs CPU, so never an event loop.
 */
public final class BatchIntake {
    private final Partitions partitions;
    private final Clock clock;
    private final ServerMeters meters;
    private final Function<TopicTraffic, Traffic> way;
    private final Tracing tracing;

    /** @param way which of a topic's counters the batches count in */
    public BatchIntake(
            Partitions partitions,
            Clock clock,
            ServerMeters meters,
            Function<TopicTraffic, Traffic> way,
            Tracing tracing) {
        this.partitions = partitions;
        this.clock = clock;
        this.meters = meters;
        this.way = way;
        this.tracing = tracing;
    }

    /**
     * Futures of one caller complete in order per partition, except refusals, which are complete on return.
     *
     * @param topicId as text, what the caller takes for the topic's id; null = any
     * @param bytes never written to by the caller again
     * @param caller the trace that the batch is a part of
     */
    public CompletableFuture<AppendResult> append(
            TopicPartition name,
            @Nullable String topicId,
            ByteBuffer bytes,
            OptionalLong expectedEndOffset,
            CallTrace caller) {
        if (!tracing.isOn()) {
            return append(name, topicId, bytes, expectedEndOffset, BatchTrace.NONE);
        }
        var trace = tracing.publish(caller, name.topic(), name.partition());
        return append(name, topicId, bytes, expectedEndOffset, trace)
                .whenComplete((result, failure) -> end(trace, result, failure));
    }

    private static void end(BatchTrace trace, @Nullable AppendResult result, @Nullable Throwable failure) {
        if (result instanceof AppendResult.Appended appended) {
            trace.committed(appended.baseOffset(), appended.endOffset(), appended.duplicate());
        } else if (result instanceof Refused refused) {
            trace.refused(refused.refusal().reason().name().toLowerCase(Locale.ROOT));
        } else if (failure != null) {
            trace.failed(failure);
        }
    }

    private CompletableFuture<AppendResult> append(
            TopicPartition name,
            @Nullable String topicId,
            ByteBuffer bytes,
            OptionalLong expectedEndOffset,
            BatchTrace trace) {
        var lookup = partitions.find(name, topicId);
        if (lookup instanceof Lookup.Missing missing) {
            boolean elsewhere = missing.refusal().reason() == Reason.NOT_REPLICA;
            return refused(elsewhere ? partitions.notLeader(name) : missing.refusal());
        }
        var partition = ((Lookup.Found) lookup).partition();
        if (!partition.replica().leads()) {
            return refused(partitions.notLeader(name));
        }
        var check = new BatchValidator(partition.limits()).check(bytes, partition.rules(), clock.millis());
        if (check instanceof Accepted accepted) {
            trace.committing();
            return append(partition, accepted, expectedEndOffset);
        }
        return refused(refusal(check));
    }

    private CompletableFuture<AppendResult> append(
            LocalPartition partition, Accepted accepted, OptionalLong expectedEndOffset) {
        var request = new AppendRequest(accepted.batch(), partition.rules().type(), expectedEndOffset);
        var traffic = way.apply(partition.traffic());
        // Numbers and not the batch: its bytes are not needed any more once they are copied into an entry.
        int records = accepted.batch().recordCount();
        int bytes = accepted.batch().sizeBytes();
        return partition.replica().append(request).thenApply(result -> {
            var told = withLeaderAddress(result);
            count(told, traffic, records, bytes);
            return told;
        });
    }

    private void count(AppendResult result, Traffic traffic, int records, int bytes) {
        if (result instanceof Refused refused) {
            meters.refused(ServerMeters.Refused.BATCH, refused.refusal().reason());
        } else if (((AppendResult.Appended) result).duplicate()) {
            meters.duplicate();
        } else {
            traffic.add(records, bytes);
        }
    }

    /** The replica knows the leader's id, the metadata its address. */
    private AppendResult withLeaderAddress(AppendResult result) {
        if (result instanceof Refused refused && refused.refusal().reason() == Reason.NOT_LEADER) {
            var leader = refused.refusal().details().get(Refusal.LEADER_NODE_ID);
            return leader == null
                    ? result
                    : new Refused(partitions.withLeader(refused.refusal(), OptionalInt.of(Integer.parseInt(leader))));
        }
        return result;
    }

    private CompletableFuture<AppendResult> refused(Refusal refusal) {
        return CompletableFuture.completedFuture(fault(refusal));
    }

    /** What a batch is answered whose append failed: it counts as one that was refused here. */
    Refused fault(Refusal refusal) {
        meters.refused(ServerMeters.Refused.BATCH, refusal.reason());
        return new Refused(refusal);
    }

    private static Refusal refusal(BatchCheck check) {
        if (check instanceof Rejected rejected) {
            var refusal = Refusal.of(reason(rejected.reason()), sentence(rejected))
                    .with(Refusal.FIELD, rejected.field())
                    .with(Refusal.VALUE, rejected.value());
            refusal = rejected.limit() < 0 ? refusal : refusal.with(Refusal.LIMIT, rejected.limit());
            return switch (rejected.reason()) {
                case TOO_LARGE -> refusal.with(Refusal.SETTING, TopicConfig.MAX_BATCH_BYTES);
                case KEY_MISSING -> refusal.with(Refusal.SETTING, CleanupConfig.POLICY);
                default -> refusal;
            };
        }
        throw new IllegalStateException("no refusal of " + check);
    }

    private static String sentence(Rejected rejected) {
        return switch (rejected.reason()) {
            case TOO_LARGE -> rejected.detail() + "; send smaller batches or raise the topic's max.batch.bytes";
            case BAD_CRC -> rejected.detail() + "; the batch was damaged on its way, send it again";
            case COMPRESSION_UNAVAILABLE, UNKNOWN_COMPRESSION -> rejected.detail() + "; use another compression";
            case KEY_MISSING -> rejected.detail() + ", and the topic is compacted: give every record a key";
            default -> rejected.detail() + " (" + rejected.field() + ")";
        };
    }

    private static Reason reason(BatchCheck.Reason reason) {
        return switch (reason) {
            case EMPTY -> Reason.EMPTY_BATCH;
            case TOO_LARGE -> Reason.RECORD_TOO_LARGE;
            case BAD_CRC -> Reason.CORRUPT_BATCH;
            case UNKNOWN_COMPRESSION, COMPRESSION_UNAVAILABLE -> Reason.UNSUPPORTED_COMPRESSION;
            case TIMESTAMP_OUT_OF_RANGE -> Reason.TIMESTAMP_OUT_OF_RANGE;
            case TOO_SMALL,
                    WRONG_MAGIC,
                    LENGTH_MISMATCH,
                    BASE_OFFSET_NOT_ZERO,
                    COUNT_MISMATCH,
                    CONTROL_BATCH,
                    BAD_SEQUENCE,
                    BAD_ATTRIBUTES,
                    BAD_RECORD,
                    DECOMPRESSION_LIMIT -> Reason.INVALID_BATCH;
            case KEY_MISSING -> Reason.KEY_REQUIRED;
        };
    }
}
