package io.cordwood.store;

import java.util.ArrayList;
import java.util.List;

/**
 * The segments of a partition as its entries made them, without a look at the files: every replica that took the same
 * entries has the same table, and {@link PartitionLog} puts the same batches into the same files.
 *
 * <p>Invariants: segments join without a hole, the active one is last. A sealed one is not empty.
 *
 * <p><b>Thread:</b> immutable.
 */
public record SegmentTable(List<SealedSegment> sealed, ActiveSegmentInfo active) {
    public SegmentTable {
        sealed = List.copyOf(sealed);
        for (int i = 0; i < sealed.size(); i++) {
            long next = i + 1 < sealed.size() ? sealed.get(i + 1).baseOffset() : active.baseOffset();
            if (sealed.get(i).endOffset() != next) {
                throw new IllegalArgumentException(
                        "segment " + i + " ends at " + sealed.get(i).endOffset() + ", the next begins at " + next);
            }
        }
    }

    public static SegmentTable empty(long baseOffset) {
        return new SegmentTable(List.of(), ActiveSegmentInfo.empty(baseOffset));
    }

    /**
     * The table behind an entry with payload.
     *
     * @param sizeBytes of the entry's batches
     * @param maxTimestamp of the entry's batches
     * @param roll whether the entry starts a segment of its own; without effect where the active one is empty
     */
    public SegmentTable append(long baseOffset, long sizeBytes, long maxTimestamp, boolean roll, long leaderTimeMs) {
        if (active.isEmpty()) {
            var opened = new ActiveSegmentInfo(active.baseOffset(), leaderTimeMs, sizeBytes, maxTimestamp);
            return new SegmentTable(sealed, opened);
        }
        if (!roll) {
            long grownBytes = active.sizeBytes() + sizeBytes;
            long grownTimestamp = Math.max(active.maxTimestamp(), maxTimestamp);
            return new SegmentTable(
                    sealed,
                    new ActiveSegmentInfo(active.baseOffset(), active.openedAtMs(), grownBytes, grownTimestamp));
        }
        var all = new ArrayList<>(sealed);
        all.add(new SealedSegment(
                active.baseOffset(), baseOffset, active.sizeBytes(), active.maxTimestamp(), SegmentHash.NONE, 0));
        return new SegmentTable(all, new ActiveSegmentInfo(baseOffset, leaderTimeMs, sizeBytes, maxTimestamp));
    }

    /** Without the sealed segments that lie below the new log start as a whole. */
    public SegmentTable trimTo(long newStart) {
        var kept = sealed.stream()
                .filter(segment -> segment.endOffset() > newStart)
                .toList();
        return kept.size() == sealed.size() ? this : new SegmentTable(kept, active);
    }
}
