package io.cordwood.partition;

import io.cordwood.store.Checkpoint;
import io.cordwood.store.LeaderEpoch;
import io.cordwood.store.LeaderEpochs;
import io.cordwood.store.PartitionId;
import io.cordwood.store.ProducerEntry;
import io.cordwood.store.ProducerState;
import io.cordwood.store.SegmentTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The deterministic core of a partition: what its committed entries add up to. The same entries give the same state on every
 * replica, and a state restored from a checkpoint goes on like the one it was taken from.
 *
 * <p>Invariants: the high watermark never falls; each append begins at the high watermark; the log start never falls and never
 * passes the high watermark; what is compacted is sealed; leader time and leader epoch never decrease. An entry that contradicts one of them is a fault of ours and throws {@link IllegalStateException}.
 *
 * <p>Thread: one owner (Ratis' state machine updater).
 */
public final class PartitionState {
    private final PartitionId partition;
    private final int epochBase;
    private final ProducerState producers;
    private List<LeaderEpoch> leaderEpochs;
    private long term;
    private long index;
    private long highWatermark;
    private long logStartOffset;
    private long lastLeaderTimeMs;
    private SegmentTable segments;
    private long compactedEnd;

    private PartitionState(Checkpoint checkpoint, int epochBase) {
        partition = checkpoint.partition();
        this.epochBase = epochBase;
        producers = ProducerState.of(checkpoint.producers());
        leaderEpochs = new ArrayList<>(checkpoint.leaderEpochs());
        term = checkpoint.term();
        index = checkpoint.index();
        highWatermark = checkpoint.highWatermark();
        logStartOffset = checkpoint.logStartOffset();
        lastLeaderTimeMs = checkpoint.lastLeaderTimeMs();
        segments = checkpoint.segments();
        compactedEnd = checkpoint.compactedEnd();
    }

    /** The state of a partition before its first entry. */
    public static PartitionState empty(PartitionId partition, int epochBase) {
        var nothing = new Checkpoint(partition, 0, -1, 0, 0, 0, List.of(), List.of(), SegmentTable.empty(0));
        return new PartitionState(nothing, epochBase);
    }

    /** The state that a checkpoint describes. */
    public static PartitionState of(Checkpoint checkpoint, int epochBase) {
        return new PartitionState(checkpoint, epochBase);
    }

    /** Takes note of an entry that changes nothing here: a configuration of the raft group. */
    public void skip(long entryTerm, long entryIndex) {
        term = entryTerm;
        index = entryIndex;
    }

    /** Applies the entry at a raft index. */
    public void apply(PartitionEntry entry, long entryTerm, long entryIndex) {
        check(entry, entryTerm, entryIndex);
        if (entry instanceof AppendEntry append) {
            append(append, entryTerm);
        } else if (entry instanceof TrimEntry trim) {
            trim(trim);
        } else if (entry instanceof CompactEntry compact) {
            compact(compact);
        } else {
            throw new IllegalStateException("entry " + entry);
        }
        lastLeaderTimeMs = entry.leaderTimeMs();
        term = entryTerm;
        index = entryIndex;
    }

    private void append(AppendEntry entry, long entryTerm) {
        require(entry.baseOffset() == highWatermark, "base offset", highWatermark, entry.baseOffset());
        noteLeaderEpoch(Math.addExact(epochBase, Math.toIntExact(entryTerm)), entry.baseOffset());
        segments = segmentsBehind(entry);
        remember(producers, entry);
        highWatermark = entry.endOffset();
    }

    private void trim(TrimEntry entry) {
        long newStart = entry.logStartOffset();
        require(newStart >= logStartOffset, "log start at or above", logStartOffset, newStart);
        require(newStart <= highWatermark, "log start at or below", highWatermark, newStart);
        logStartOffset = newStart;
        segments = segmentsBehind(entry);
        leaderEpochs = new ArrayList<>(LeaderEpochs.trim(leaderEpochs, newStart));
    }

    private void compact(CompactEntry entry) {
        long sealedEnd = segments.active().baseOffset();
        var scanned = entry.pass().scanned();
        require(scanned.end() <= sealedEnd, "compacted end at or below", sealedEnd, scanned);
        require(scanned.start() >= compactedEnd, "keys read from", compactedEnd, scanned);
        require(logStartOffset < entry.firstSourceEnd(), "log start below", entry.firstSourceEnd(), logStartOffset);
        var behind = segmentsBehind(entry);
        for (var segment : entry.segments()) {
            require(behind.sealed().contains(segment), "sources of " + segment, "in the log", segments);
        }
        segments = behind;
        compactedEnd = scanned.end();
    }

    /** The segments as one more entry makes them. */
    private SegmentTable segmentsBehind(PartitionEntry entry) {
        if (entry instanceof AppendEntry append) {
            var extended = extend(segments, append);
            // The segment that was active until now may lie below the log start as a whole.
            return append.roll() ? extended.trimTo(logStartOffset) : extended;
        }
        if (entry instanceof TrimEntry trim) {
            return segments.trimTo(trim.logStartOffset());
        }
        if (entry instanceof CompactEntry compact) {
            var replaced = segments;
            for (var segment : compact.segments()) {
                replaced = replaced.replace(segment);
            }
            return replaced;
        }
        throw new IllegalStateException("entry " + entry);
    }

    /** What a pass of compaction is decided on: the segments, and up to where keys were read. */
    public record Compactable(SegmentTable segments, long compactedEnd) {}

    /** The segments behind one more entry, which changes nothing here; null = behind none. */
    public Compactable compactableBehind(@Nullable PartitionEntry next) {
        return next == null
                ? new Compactable(segments, compactedEnd)
                : new Compactable(segmentsBehind(next), next.compactedEnd(compactedEnd));
    }

    /** Adds an entry's batches to a memory of producers. */
    static void remember(ProducerState producers, AppendEntry entry) {
        producers.expire(entry.leaderTimeMs());
        for (BatchHeader batch : entry.batches()) {
            if (batch.isIdempotent()) {
                producers.append(
                        batch.producerId(),
                        batch.producerEpoch(),
                        new ProducerEntry.Batch(batch.firstSequence(), batch.recordCount(), batch.baseOffset()),
                        entry.leaderTimeMs());
            }
        }
    }

    /** The segments behind an entry. */
    static SegmentTable extend(SegmentTable segments, AppendEntry entry) {
        long maxTimestampMs = entry.batches().stream()
                .mapToLong(BatchHeader::maxTimestampMs)
                .max()
                .orElseThrow();
        return segments.append(
                entry.baseOffset(), entry.payloadBytes(), maxTimestampMs, entry.roll(), entry.leaderTimeMs());
    }

    private void check(PartitionEntry entry, long entryTerm, long entryIndex) {
        require(entry.partition().equals(partition), "partition", partition, entry.partition());
        require(entry.leaderTimeMs() >= lastLeaderTimeMs, "leader time", lastLeaderTimeMs, entry.leaderTimeMs());
        require(entryTerm >= term, "term", term, entryTerm);
        require(entryIndex > index, "raft index", index, entryIndex);
    }

    private void require(boolean holds, String field, Object expected, Object found) {
        if (!holds) {
            throw new IllegalStateException(
                    field + " of an entry of " + partition + ": expected " + expected + ", found " + found);
        }
    }

    private void noteLeaderEpoch(int epoch, long startOffset) {
        if (leaderEpochs.isEmpty() || leaderEpochs.get(leaderEpochs.size() - 1).epoch() < epoch) {
            leaderEpochs.add(new LeaderEpoch(epoch, startOffset));
        }
    }

    /** Exclusive end of what is applied. */
    public long highWatermark() {
        return highWatermark;
    }

    /** First offset that is kept. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** Time of the newest entry, or 0. */
    public long lastLeaderTimeMs() {
        return lastLeaderTimeMs;
    }

    /** The segments as the entries made them. */
    public SegmentTable segments() {
        return segments;
    }

    /** No two records below it have the same key, in a topic that is compacted. */
    public long compactedEnd() {
        return compactedEnd;
    }

    /** Raft index of the newest entry, or -1. */
    public long index() {
        return index;
    }

    /** Its term. */
    public long term() {
        return term;
    }

    /** A private copy of what is known of producers. */
    public ProducerState copyProducers() {
        return producers.copy();
    }

    /** Describes this state. */
    public Checkpoint checkpoint() {
        return new Checkpoint(
                partition,
                term,
                index,
                highWatermark,
                logStartOffset,
                lastLeaderTimeMs,
                leaderEpochs,
                producers.entries(),
                segments,
                compactedEnd);
    }
}
