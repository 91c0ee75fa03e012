package io.cordwood.partition;

import io.cordwood.store.ActiveSegmentInfo;
import io.cordwood.store.PartitionId;
import io.cordwood.store.ProducerState;
import io.cordwood.store.SealedSegment;
import io.cordwood.store.SegmentTable;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The end of a replica's own raft log: the next offset, the log start, and the entries that are in the log and not applied. On a leader also
 * what producers have sent up to there, which is what new batches are judged against.
 *
 * <p>Invariants: the end offset is that of the newest entry in the raft log, never of the segment files; entries follow each
 * other without a gap, in offsets and in raft indexes; the log start never falls, but where entries are truncated.
 *
 * <p>Thread: entries are added and truncated by the holder of Ratis' log write lock, applied by Ratis' updater, and looked at by
 * the appender. Its monitor guards every field: it is held for a few field accesses per entry, and a queue would make the log
 * write lock wait for a thread.
 */
public final class PartitionTail {
    private final PartitionId partition;
    private final ArrayDeque<InLog> unapplied = new ArrayDeque<>();
    private long appliedEndOffset;
    private long appliedLogStartOffset;
    private long appliedLeaderTimeMs;
    private long appliedCompactedEnd;
    private @Nullable Leading leading;

    /** An entry, and the offsets behind it. */
    private record InLog(
            long term, long index, PartitionEntry entry, long endOffset, long logStartOffset, long compactedEnd) {}

    /** What only a leader keeps: of its own term, up to the end of the log. */
    private static final class Leading {
        private final long term;
        private final ProducerState producers;
        private ActiveSegmentInfo active;

        Leading(long term, ProducerState producers, ActiveSegmentInfo active) {
            this.term = term;
            this.producers = producers;
            this.active = active;
        }

        void took(PartitionEntry taken) {
            if (!(taken instanceof AppendEntry entry)) {
                return;
            }
            PartitionState.remember(producers, entry);
            active = PartitionState.extend(SegmentTable.of(List.of(), active), entry)
                    .active();
        }
    }

    /** A tail at what is applied: of a new replica, or before the entries found in its raft log are added. */
    public PartitionTail(
            PartitionId partition, long logStartOffset, long highWatermark, long lastLeaderTimeMs, long compactedEnd) {
        this.partition = partition;
        appliedLogStartOffset = logStartOffset;
        appliedEndOffset = highWatermark;
        appliedLeaderTimeMs = lastLeaderTimeMs;
        appliedCompactedEnd = compactedEnd;
    }

    /** Exclusive end of the newest entry in the raft log: the next offset. */
    public synchronized long endOffset() {
        return unapplied.isEmpty() ? appliedEndOffset : unapplied.getLast().endOffset();
    }

    /** The log start behind the newest entry in the raft log. */
    public synchronized long logStartOffset() {
        return unapplied.isEmpty() ? appliedLogStartOffset : unapplied.getLast().logStartOffset();
    }

    /** Up to where the entries in the raft log say that keys were read. */
    private long compactedEnd() {
        return unapplied.isEmpty() ? appliedCompactedEnd : unapplied.getLast().compactedEnd();
    }

    /** Leader time of the newest entry in the raft log. */
    public synchronized long lastLeaderTimeMs() {
        return unapplied.isEmpty()
                ? appliedLeaderTimeMs
                : unapplied.getLast().entry().leaderTimeMs();
    }

    /** Takes an entry that goes into the raft log. */
    public synchronized void append(PartitionEntry entry, long term, long index) {
        long end = endOffset();
        long start = logStartOffset();
        if (entry instanceof AppendEntry append) {
            require(append.baseOffset() == end, "base offset", end, append.baseOffset(), index);
        }
        long newStart = entry.logStartOffset(start);
        require(newStart >= start, "log start at or above", start, newStart, index);
        require(newStart <= end, "log start at or below", end, newStart, index);
        require(
                entry.leaderTimeMs() >= lastLeaderTimeMs(),
                "leader time",
                lastLeaderTimeMs(),
                entry.leaderTimeMs(),
                index);
        unapplied.addLast(
                new InLog(term, index, entry, entry.endOffset(end), newStart, entry.compactedEnd(compactedEnd())));
        if (leading != null && leading.term == term) {
            leading.took(entry);
        } else {
            leading = null;
        }
    }

    /** Forgets the entries from a raft index on. */
    public synchronized void truncate(long firstRemovedIndex) {
        while (!unapplied.isEmpty() && unapplied.getLast().index() >= firstRemovedIndex) {
            unapplied.removeLast();
        }
        leading = null;
    }

    /** The oldest entry that is not applied becomes applied. Returns it; empty where that is not the one at this index. */
    public synchronized Optional<PartitionEntry> applied(long term, long index) {
        var oldest = unapplied.peekFirst();
        if (oldest == null || oldest.index() != index || oldest.term() != term) {
            return Optional.empty();
        }
        unapplied.removeFirst();
        appliedEndOffset = oldest.endOffset();
        appliedLogStartOffset = oldest.logStartOffset();
        appliedLeaderTimeMs = oldest.entry().leaderTimeMs();
        appliedCompactedEnd = oldest.compactedEnd();
        return Optional.of(oldest.entry());
    }

    /** Begins anew at a state that was fetched: whatever was in the raft log lies below it. */
    public synchronized void restart(
            long logStartOffset, long highWatermark, long lastLeaderTimeMs, long compactedEnd) {
        unapplied.clear();
        leading = null;
        appliedLogStartOffset = logStartOffset;
        appliedEndOffset = highWatermark;
        appliedLeaderTimeMs = lastLeaderTimeMs;
        appliedCompactedEnd = compactedEnd;
    }

    /** Exclusive end of what the entries up to a raft index brought, as far as it is not below what is applied. */
    public synchronized long endOffsetBehind(long index) {
        long end = appliedEndOffset;
        for (var inLog : unapplied) {
            end = inLog.index() <= index ? inLog.endOffset() : end;
        }
        return end;
    }

    /** Where the files of compactions that are not applied begin; {@link Long#MAX_VALUE} where there is none. */
    public synchronized long compactedFrom() {
        return unapplied.stream()
                .filter(inLog -> inLog.entry() instanceof CompactEntry)
                .flatMap(inLog -> ((CompactEntry) inLog.entry()).segments().stream())
                .mapToLong(SealedSegment::baseOffset)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /** Raft index of the first entry that is not applied and has bytes beyond this offset. */
    public synchronized OptionalLong firstIndexBeyond(long offset) {
        return unapplied.stream()
                .filter(inLog -> inLog.entry().payloadBytes() > 0 && inLog.endOffset() > offset)
                .mapToLong(InLog::index)
                .findFirst();
    }

    /**
     * Begins to lead: the term's first entry is applied, so everything before it is, and nothing can have followed.
     *
     * @param active the active segment as those entries made it
     * @throws IllegalStateException where the log holds entries that are not applied
     */
    public synchronized void lead(long term, ProducerState producers, ActiveSegmentInfo active) {
        if (!unapplied.isEmpty()) {
            throw new IllegalStateException(unapplied.size() + " entries of " + partition
                    + " are not applied at the start of term " + term + ", from raft index "
                    + unapplied.getFirst().index());
        }
        leading = new Leading(term, producers, active);
    }

    /** The draft of an entry to append, or empty where this replica does not lead. */
    public synchronized Optional<AppendDraft> draft() {
        var current = leading;
        if (current == null) {
            return Optional.empty();
        }
        var place = new AppendDraft.Place(endOffset(), logStartOffset(), current.active);
        return Optional.of(new AppendDraft(partition, current.term, place, current.producers));
    }

    /** The term in which this replica leads; empty where it does not. */
    public synchronized OptionalLong leadingTerm() {
        return leading == null ? OptionalLong.empty() : OptionalLong.of(leading.term);
    }

    /** The base offset of the segment that takes the next batch; empty where this replica does not lead. */
    public synchronized OptionalLong activeBaseOffset() {
        return leading == null ? OptionalLong.empty() : OptionalLong.of(leading.active.baseOffset());
    }

    /** Whether an entry still fits: made in the term that leads, and for what the log holds now. */
    public synchronized boolean accepts(PartitionEntry entry, long draftTerm) {
        if (leading == null || leading.term != draftTerm || entry.leaderTimeMs() < lastLeaderTimeMs()) {
            return false;
        }
        if (entry instanceof AppendEntry append) {
            return append.baseOffset() == endOffset();
        }
        if (entry instanceof CompactEntry compact) {
            // Another pass, or a trim of what it worked on, may have come in between.
            return compact.pass().scanned().start() >= compactedEnd() && logStartOffset() < compact.firstSourceEnd();
        }
        return entry.logStartOffset(logStartOffset()) >= logStartOffset();
    }

    private void require(boolean holds, String field, long expected, long found, long index) {
        if (!holds) {
            throw new IllegalStateException(field + " of the entry at raft index " + index + " of " + partition
                    + ": expected " + expected + ", found " + found);
        }
    }
}
