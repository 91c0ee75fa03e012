package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.time.Duration;
import java.util.List;

/**
 * What the entries that were applied leave in a replica's memory: a checkpoint holds it, and entries behind
 * the checkpoint bring it forward.
 *
 * <p><b>Thread:</b> one owner.
 */
final class ReplicaMemory {
    static final Duration PRODUCER_EXPIRY = Duration.ofSeconds(2);

    private final ProducerState producers;
    private List<LeaderEpoch> epochs = List.of();
    private SegmentTable table = SegmentTable.empty(0);
    private long highWatermark;
    private long logStart;
    private long leaderTimeMs;
    private long compactedEnd;

    /** A value to be compared. */
    record Snapshot(
            List<ProducerEntry> producers,
            List<LeaderEpoch> epochs,
            SegmentTable table,
            long highWatermark,
            long logStart,
            long leaderTimeMs,
            long compactedEnd) {}

    private ReplicaMemory(List<ProducerEntry> producers) {
        this.producers = ProducerState.of(ProducerState.DEFAULT_PRODUCERS_MAX, PRODUCER_EXPIRY, producers);
    }

    static ReplicaMemory empty() {
        return new ReplicaMemory(List.of());
    }

    static ReplicaMemory of(Checkpoint checkpoint) {
        var memory = new ReplicaMemory(checkpoint.producers());
        memory.epochs = checkpoint.leaderEpochs();
        memory.table = checkpoint.segments();
        memory.highWatermark = checkpoint.highWatermark();
        memory.logStart = checkpoint.logStartOffset();
        memory.leaderTimeMs = checkpoint.lastLeaderTimeMs();
        memory.compactedEnd = checkpoint.compactedEnd();
        return memory;
    }

    /** The state behind these entries. */
    static ReplicaMemory after(List<ReplicaEntry> entries) {
        var memory = empty();
        entries.forEach(entry -> entry.applyTo(memory));
        return memory;
    }

    void append(ReplicaEntry.Append entry) {
        leaderTimeMs = entry.leaderTimeMs();
        producers.expire(leaderTimeMs);
        long size = 0;
        long maxTimestamp = RecordBatch.NO_TIMESTAMP;
        for (var batch : entry.batches()) {
            var view = batch.view();
            size += view.sizeBytes();
            epochs = LeaderEpochs.append(epochs, view.leaderEpoch(), view.baseOffset());
            maxTimestamp = Math.max(maxTimestamp, view.maxTimestamp());
            if (view.hasProducer()) {
                var appended = new ProducerEntry.Batch(view.baseSequence(), view.recordCount(), view.baseOffset());
                producers.append(view.producerId(), view.producerEpoch(), appended, leaderTimeMs);
            }
        }
        table = table.append(entry.baseOffset(), size, maxTimestamp, entry.roll(), leaderTimeMs)
                .trimTo(logStart);
        highWatermark = entry.endOffset();
    }

    void trim(long newStart) {
        logStart = Math.max(logStart, newStart);
        table = table.trimTo(logStart);
        epochs = LeaderEpochs.trim(epochs, logStart);
    }

    void compact(ReplicaEntry.Compact entry) {
        for (var segment : entry.segments()) {
            table = table.replace(segment);
        }
        compactedEnd = entry.scanned().end();
    }

    SegmentTable table() {
        return table;
    }

    long highWatermark() {
        return highWatermark;
    }

    long logStart() {
        return logStart;
    }

    long compactedEnd() {
        return compactedEnd;
    }

    long leaderTimeMs() {
        return leaderTimeMs;
    }

    Checkpoint checkpoint(long index) {
        return new Checkpoint(
                TestLog.ID,
                1,
                index,
                highWatermark,
                logStart,
                leaderTimeMs,
                epochs,
                producers.entries(),
                table,
                compactedEnd);
    }

    Snapshot snapshot() {
        return new Snapshot(producers.entries(), epochs, table, highWatermark, logStart, leaderTimeMs, compactedEnd);
    }
}
