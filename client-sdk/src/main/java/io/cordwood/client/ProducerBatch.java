package io.cordwood.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.proto.v1.PublishAck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Records of one partition on their way, with the futures of their senders.
 *
 * <p>Invariant: once encoded, neither its bytes nor its sequence change, however often it is sent.
 *
 * <p><b>Thread:</b> filled under the lock of its {@link PartitionBuffer}; from then on owned by the sender thread;
 * completed once, on the callback executor.
 */
final class ProducerBatch {
    /** Where an encoded batch stands. */
    enum State {
        /** To be sent, for the first time or again. */
        PENDING,
        /** Sent and not answered. */
        SENT,
        /** In the log, and waiting for an earlier one to be settled. */
        ACKED
    }

    private final RecordBatchBuilder builder;
    private final long createdNanos = System.nanoTime();
    private final List<CompletableFuture<RecordMetadata>> records = new ArrayList<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private long[] timestamps = new long[16];
    private int reservedBytes;
    private ByteString encoded = ByteString.EMPTY;
    private State state = State.PENDING;
    private boolean sentAsHead;
    private long sentNanos;
    private @Nullable PublishAck ack;

    ProducerBatch(Compression compression, int maxBytes) {
        this.builder = new RecordBatchBuilder(compression, maxBytes);
    }

    /**
     * The future of the record, or null when it does not fit any more.
     *
     * @throws io.cordwood.batch.RecordTooLargeException when it does not fit even alone
     */
    @Nullable
    CompletableFuture<RecordMetadata> tryAppend(ProducerRecord record, long timestampMs, int reserved) {
        if (!builder.tryAppend(timestampMs, record.key(), record.value(), record.headers())) {
            return null;
        }
        if (records.size() == timestamps.length) {
            timestamps = Arrays.copyOf(timestamps, timestamps.length * 2);
        }
        timestamps[records.size()] = timestampMs;
        reservedBytes += reserved;
        var future = new CompletableFuture<RecordMetadata>();
        records.add(future);
        return future;
    }

    /** Encodes as the next of an idempotent producer, or of none. */
    void encode(@Nullable ProducerIdentity identity, int firstSequence) {
        var bytes = identity == null ? builder.build() : builder.build(identity.id(), identity.epoch(), firstSequence);
        encoded = UnsafeByteOperations.unsafeWrap(bytes);
    }

    void markSent(boolean asHead, long nowNanos) {
        state = State.SENT;
        sentAsHead = asHead;
        sentNanos = nowNanos;
    }

    void markPending() {
        state = State.PENDING;
    }

    void markAcked(PublishAck answer) {
        state = State.ACKED;
        ack = answer;
    }

    State state() {
        return state;
    }

    /** Whether everything before it was settled when it was sent last. */
    boolean sentAsHead() {
        return sentAsHead;
    }

    long sentNanos() {
        return sentNanos;
    }

    long createdNanos() {
        return createdNanos;
    }

    int recordCount() {
        return records.size();
    }

    int reservedBytes() {
        return reservedBytes;
    }

    ByteString encoded() {
        return encoded;
    }

    /** Completes when all its records are, well or not; never exceptionally. */
    CompletableFuture<Void> done() {
        return done;
    }

    /** Tells the senders of an acknowledged batch. */
    void succeed(TopicPartition partition) {
        var answer = ack;
        if (answer == null) {
            throw new IllegalStateException("a batch of " + partition + " in state " + state + " has no ack");
        }
        for (int i = 0; i < records.size(); i++) {
            long timestamp = answer.hasLogAppendTimeMs() ? answer.getLogAppendTimeMs() : timestamps[i];
            records.get(i)
                    .complete(new RecordMetadata(
                            partition.topic(),
                            partition.partition(),
                            answer.getBaseOffset() + i,
                            timestamp,
                            answer.getLeaderEpoch()));
        }
        done.complete(null);
    }

    /** Tells the senders of a batch that will not be sent again. */
    void fail(CordwoodException failure) {
        for (var record : records) {
            record.completeExceptionally(failure);
        }
        done.complete(null);
    }
}
