package io.cordwood.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a partition as its entries made them, without a look at the files: every replica that took the same
 * entries has the same table, and {@link PartitionLog} puts the same batches into the same files.
 *
 * <p>Invariants: segments join without a hole, the active one is last. A sealed one is not empty. {@link #of} checks all of
 * them; the other methods keep what holds, so that an entry costs the same however many segments are sealed, and one that
 * seals a segment costs one copy of the list.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class SegmentTable {
    private final List<SealedSegment> sealed;
    private final ActiveSegmentInfo active;

    /** @param sealed never changed from now on; it joins the active one without a hole */
    private SegmentTable(List<SealedSegment> sealed, ActiveSegmentInfo active) {
        this.sealed = sealed;
        this.active = active;
    }

    /** The table of these segments, as somebody else wrote them down. */
    public static SegmentTable of(List<SealedSegment> sealed, ActiveSegmentInfo active) {
        var all = List.copyOf(sealed);
        for (int i = 0; i < all.size(); i++) {
            long next = i + 1 < all.size() ? all.get(i + 1).baseOffset() : active.baseOffset();
            if (all.get(i).endOffset() != next) {
                throw new IllegalArgumentException(
                        "segment " + i + " ends at " + all.get(i).endOffset() + ", the next begins at " + next);
            }
        }
        return new SegmentTable(all, active);
    }

    public static SegmentTable empty(long baseOffset) {
        return new SegmentTable(List.of(), ActiveSegmentInfo.empty(baseOffset));
    }

    /** Oldest first; cannot be changed. */
    public List<SealedSegment> sealed() {
        return sealed;
    }

    /** The one that takes the next batch. */
    public ActiveSegmentInfo active() {
        return active;
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
        return seal(baseOffset, new ActiveSegmentInfo(baseOffset, leaderTimeMs, sizeBytes, maxTimestamp));
    }

    private SegmentTable seal(long endOffset, ActiveSegmentInfo next) {
        var all = new ArrayList<SealedSegment>(sealed.size() + 1);
        all.addAll(sealed);
        all.add(new SealedSegment(
                active.baseOffset(), endOffset, active.sizeBytes(), active.maxTimestamp(), SegmentHash.NONE, 0));
        return new SegmentTable(Collections.unmodifiableList(all), next);
    }

    /** Without the sealed segments that lie below the new log start as a whole. */
    public SegmentTable trimTo(long newStart) {
        var kept = sealed.stream()
                .filter(segment -> segment.endOffset() > newStart)
                .toList();
        return kept.size() == sealed.size() ? this : new SegmentTable(kept, active);
    }

    /**
     * With a segment that compaction wrote in the place of those that it was written from; unchanged where one of them is not
     * here any more.
     */
    public SegmentTable replace(SealedSegment rewritten) {
        var kept = new ArrayList<SealedSegment>(sealed.size());
        int at = -1;
        long end = rewritten.baseOffset();
        for (var segment : sealed) {
            if (segment.baseOffset() != end || end == rewritten.endOffset()) {
                kept.add(segment);
            } else {
                at = kept.size();
                end = segment.endOffset();
            }
        }
        if (at < 0 || end != rewritten.endOffset()) {
            return this;
        }
        kept.add(at, rewritten);
        return new SegmentTable(Collections.unmodifiableList(kept), active);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SegmentTable that && sealed.equals(that.sealed) && active.equals(that.active);
    }

    @Override
    public int hashCode() {
        return 31 * sealed.hashCode() + active.hashCode();
    }

    @Override
    public String toString() {
        return "sealed " + sealed + ", active " + active;
    }
}
