package io.cordwood.partition;

import io.cordwood.store.CompactionTimes;
import io.cordwood.store.OffsetRange;
import io.cordwood.store.PartitionId;
import io.cordwood.store.SealedSegment;
import java.util.List;

/**
 * Replaces sealed segments by what a pass of compaction has made of them. Every replica makes the same pass for itself, and
 * compares. All that the result depends on stands here, and nothing of it comes from a replica's own clock.
 *
 * @param leaderTimeMs the leader's time, never decreasing
 * @param pass what decided about each record
 * @param firstSourceEnd end of the oldest segment that the pass worked on and no trim took meanwhile; the log starts below it
 * @param segments the rewritten files; what each was made from is in the log
 */
public record CompactEntry(
        PartitionId partition, long leaderTimeMs, Pass pass, long firstSourceEnd, List<SealedSegment> segments)
        implements PartitionEntry {
    /** Most segments in one entry: with them a header is no longer than that of the largest append. */
    public static final int MAX_SEGMENTS = 300;

    /** How this program rewrites. A replica that knows only others takes the files of one that knows it. */
    public static final short REWRITE_VERSION = 1;

    /**
     * What a pass went by.
     *
     * @param scanned the offsets whose keys it read: behind it no two records below its end have the same key
     * @param keys how many different keys they have
     * @param times what decided about tombstones
     * @param rewriteVersion the rules by which the files were written
     */
    public record Pass(OffsetRange scanned, int keys, CompactionTimes times, short rewriteVersion) {
        public Pass {
            if (scanned.isEmpty() || keys < 0) {
                throw new IllegalArgumentException("compaction of " + scanned + " with " + keys + " keys");
            }
        }
    }

    public CompactEntry {
        segments = List.copyOf(segments);
        if (segments.size() > MAX_SEGMENTS || firstSourceEnd < 1) {
            throw new IllegalArgumentException("compaction of " + partition + " from a segment that ends at "
                    + firstSourceEnd + ", " + segments.size() + " segments");
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

    @Override
    public long compactedEnd(long compactedEndBefore) {
        return pass.scanned().end();
    }
}
