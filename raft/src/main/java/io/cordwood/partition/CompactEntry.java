package io.cordwood.partition;

import io.cordwood.store.CompactionTimes;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SealedSegment;
import java.util.List;

/**
 * Replaces sealed segments by what a pass of compaction has made of them. Every replica makes the same pass for itself, and
 * compares.
 *
 * @param leaderTimeMs the leader's time, never decreasing
 * @param scanned the offsets whose keys the pass read: behind it no two records below its end have the same key
 * @param keys how many different keys they have
 * @param times what decided about tombstones
 * @param segments the rewritten files; a segment whose sources are not all in the log any more is passed over
 */
public record CompactEntry(
        PartitionId partition,
        long leaderTimeMs,
        OffsetRange scanned,
        int keys,
        CompactionTimes times,
        List<SealedSegment> segments)
        implements PartitionEntry {
    /** Most segments in one entry: with them a header is no longer than that of the largest append. */
    public static final int MAX_SEGMENTS = 300;

    public CompactEntry {
        segments = List.copyOf(segments);
        if (scanned.isEmpty() || keys < 0 || segments.size() > MAX_SEGMENTS) {
            throw new IllegalArgumentException("compaction of " + scanned + " of " + partition + " with " + keys
                    + " keys and " + segments.size() + " segments");
        }
        for (var segment : segments) {
            if (segment.compactionGeneration() < 1 || !segment.hash().isComputed()) {
                throw new IllegalArgumentException(segment + " of " + partition + " was not rewritten");
            }
        }
    }

    @Override
    public int payloadBytes() {
        return 0;
    }

    @Override
    public long endOffset(long endOffsetBefore) {
        return endOffsetBefore;
    }

    @Override
    public long logStartOffset(long logStartOffsetBefore) {
        return logStartOffsetBefore;
    }
}
