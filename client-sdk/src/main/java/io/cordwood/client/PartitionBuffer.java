package io.cordwood.client;

import io.cordwood.batch.RecordTooLargeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Records of one partition that are not sent yet: sealed batches in order and the open one that takes more.
 *
 * <p>Invariants: batches leave in the order in which they were opened; a closed buffer is empty and stays so.
 *
 * <p><b>Thread:</b> any sender of records appends, one sender thread takes. The lock guards the open batch, the
 * queue and the limits: records are encoded by the threads that send them, straight into the open batch; a queue of records between
 * them and the sender thread would cost an object for each.
 */
final class PartitionBuffer {
    private final TopicPartition partition;
    private final UUID topicId;
    private final ProducerConfig config;
    private int batchMaxBytes;
    private int recordMaxBytes;
    private final ArrayDeque<ProducerBatch> sealed = new ArrayDeque<>();
    /** Size of {@code sealed}, which whoever chooses a partition asks of all of them: without the lock. */
    private volatile int queuedBatches;

    private @Nullable ProducerBatch open;
    private CompletableFuture<Void> newestDone = CompletableFuture.completedFuture(null);
    private @Nullable CordwoodException closedBy;

    /** @param topicMaxBytes largest batch that the topic takes */
    PartitionBuffer(TopicPartition partition, UUID topicId, ProducerConfig config, int topicMaxBytes) {
        this.partition = partition;
        this.topicId = topicId;
        this.config = config;
        topicTakes(topicMaxBytes);
    }

    TopicPartition partition() {
        return partition;
    }

    UUID topicId() {
        return topicId;
    }

    /** Batches that are opened from now on follow the topic's setting, up or down. */
    synchronized void topicTakes(int topicMaxBytes) {
        batchMaxBytes = Math.min(config.batchBytes(), topicMaxBytes);
        recordMaxBytes = Math.min(config.recordMaxBytes(), topicMaxBytes);
    }

    /** Batches that are opened from now on are at most so large: the log has refused a larger one. */
    synchronized void limitTo(int bytes) {
        batchMaxBytes = Math.min(batchMaxBytes, bytes);
        recordMaxBytes = Math.min(recordMaxBytes, bytes);
    }

    /** The future of the record, or null when it needs a new batch: call {@link #appendToNewBatch} then. */
    synchronized @Nullable CompletableFuture<RecordMetadata> tryAppend(
            ProducerRecord record, long timestampMs, int reserved) {
        return open == null ? null : open.tryAppend(record, timestampMs, reserved);
    }

    /**
     * Seals the open batch, if any, and puts the record into a new one. The sender thread must be told afterwards.
     *
     * @throws CordwoodException RECORD_TOO_LARGE, or what the buffer was closed by
     */
    synchronized CompletableFuture<RecordMetadata> appendToNewBatch(
            ProducerRecord record, long timestampMs, int reserved) {
        if (closedBy != null) {
            throw closedBy.because("the record for " + partition + " was not sent");
        }
        // Another thread may have opened a batch since the caller looked.
        var fitted = tryAppend(record, timestampMs, reserved);
        if (fitted != null) {
            return fitted;
        }
        var batch =
                new ProducerBatch(config.compression(), Math.min(recordMaxBytes, Math.max(batchMaxBytes, reserved)));
        var future = firstOf(batch, record, timestampMs, reserved);
        seal();
        open = batch;
        newestDone = batch.done();
        return future;
    }

    /** Takes the next batch to send, or null when there is none or the open one may wait for more records. */
    synchronized @Nullable ProducerBatch take(long nowNanos, boolean force) {
        if (sealed.isEmpty() && open != null && (force || nowNanos - open.createdNanos() >= lingerNanos())) {
            seal();
        }
        return takeSealed();
    }

    /** Takes the next batch to send that takes no more records, or null. */
    synchronized @Nullable ProducerBatch takeSealed() {
        var batch = sealed.poll();
        queuedBatches = sealed.size();
        return batch;
    }

    /** How many wait to be taken that take no more records. */
    int queuedBatches() {
        return queuedBatches;
    }

    /** When {@link #take} without force will give a batch; in the past where it would now. */
    synchronized OptionalLong readyNanos() {
        if (!sealed.isEmpty()) {
            return OptionalLong.of(sealed.element().createdNanos());
        }
        return open == null ? OptionalLong.empty() : OptionalLong.of(open.createdNanos() + lingerNanos());
    }

    /** When the oldest record arrived. */
    synchronized OptionalLong oldestNanos() {
        var oldest = sealed.isEmpty() ? open : sealed.element();
        return oldest == null ? OptionalLong.empty() : OptionalLong.of(oldest.createdNanos());
    }

    /** Seals what is there; the future completes when all records so far are settled. */
    synchronized CompletableFuture<Void> flush() {
        seal();
        return newestDone;
    }

    /** Everything, in order. */
    synchronized List<ProducerBatch> drain() {
        seal();
        var all = new ArrayList<>(sealed);
        sealed.clear();
        queuedBatches = 0;
        return all;
    }

    /** Refuses records from now on and gives back what there was. */
    synchronized List<ProducerBatch> close(CordwoodException reason) {
        closedBy = reason;
        return drain();
    }

    private CompletableFuture<RecordMetadata> firstOf(
            ProducerBatch batch, ProducerRecord record, long timestampMs, int reserved) {
        try {
            var future = batch.tryAppend(record, timestampMs, reserved);
            if (future == null) {
                throw new IllegalStateException("an empty batch refused " + record + " without a reason");
            }
            return future;
        } catch (RecordTooLargeException e) {
            throw tooLarge(partition.topic(), e.sizeBytes(), e.limitBytes());
        }
    }

    static CordwoodException tooLarge(String topic, long sizeBytes, int limitBytes) {
        return CordwoodException.invalid(
                ErrorCode.RECORD_TOO_LARGE,
                "record for " + topic,
                sizeBytes + " bytes in a batch of its own",
                "up to " + limitBytes + " bytes (recordMaxBytes of the producer, max.batch.bytes of the topic)");
    }

    private void seal() {
        if (open != null) {
            sealed.add(open);
            queuedBatches = sealed.size();
            open = null;
        }
    }

    private long lingerNanos() {
        return config.linger().toNanos();
    }
}
