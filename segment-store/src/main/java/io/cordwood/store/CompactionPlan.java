package io.cordwood.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the next pass of compaction would do, decided from the segment table alone.
 *
 * <p>A pass reads the keys of the <em>dirty</em> offsets, those that no pass has read yet, as far as they fit into memory,
 * and rewrites every sealed segment that begins below the end of what it read. So behind it no two records below that end
 * have the same key, also when many passes were needed to come so far.
 *
 * <p>Invariants: the active segment and what is younger than the topic's lag are left alone. Segments that are rewritten into
 * one file are neighbours. The groups are few, whatever the size of a segment: where there would be many, files grow.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param dirty the offsets whose keys are to be read
 * @param groups the sealed segments below the end of the dirty ones, oldest first; each group becomes one file
 */
public record CompactionPlan(OffsetRange dirty, List<List<SealedSegment>> groups) {
    /** About so many groups at most; more only where files would hold too many offsets. */
    private static final int GROUPS = 100;

    public CompactionPlan {
        groups = groups.stream().map(List::copyOf).toList();
    }

    /**
     * The pass that is due, if one is.
     *
     * @param compactedEnd no two records below it have the same key
     * @param limitOffset segments that end beyond it are left alone
     */
    public static Optional<CompactionPlan> of(
            SegmentTable table, long compactedEnd, long limitOffset, CompactionRules rules, long leaderTimeMs) {
        var eligible =
                eligible(table, limitOffset, rules.minLagMs() == 0 ? Long.MAX_VALUE : leaderTimeMs - rules.minLagMs());
        if (eligible.isEmpty()) {
            return Optional.empty();
        }
        long start = Math.max(compactedEnd, eligible.get(0).baseOffset());
        long end = eligible.get(eligible.size() - 1).endOffset();
        if (start >= end || !isDirtyEnough(eligible, start, rules.minDirtyRatio())) {
            return Optional.empty();
        }
        return Optional.of(new CompactionPlan(new OffsetRange(start, end), groups(eligible, rules.segmentMaxBytes())));
    }

    /** What a pass writes at most. */
    public long sizeBytes() {
        return segments().stream().mapToLong(SealedSegment::sizeBytes).sum();
    }

    /** Of all groups. */
    public List<SealedSegment> segments() {
        return groups.stream().flatMap(List::stream).toList();
    }

    /** The groups that begin below an offset: what a pass rewrites whose keys did not fit beyond it. */
    public List<List<SealedSegment>> groupsBelow(long offset) {
        return groups.stream()
                .map(group -> group.stream()
                        .filter(segment -> segment.baseOffset() < offset)
                        .toList())
                .filter(group -> !group.isEmpty())
                .toList();
    }

    private static List<SealedSegment> eligible(SegmentTable table, long limitOffset, long newestMs) {
        var eligible = new ArrayList<SealedSegment>();
        for (var segment : table.sealed()) {
            if (segment.endOffset() > limitOffset || segment.maxTimestamp() > newestMs) {
                break;
            }
            eligible.add(segment);
        }
        return eligible;
    }

    private static boolean isDirtyEnough(List<SealedSegment> eligible, long start, double ratio) {
        long dirtyBytes = 0;
        long allBytes = 0;
        for (var segment : eligible) {
            allBytes += segment.sizeBytes();
            dirtyBytes += segment.endOffset() > start ? segment.sizeBytes() : 0;
        }
        return dirtyBytes >= ratio * allBytes;
    }

    private static List<List<SealedSegment>> groups(List<SealedSegment> eligible, long segmentMaxBytes) {
        long allBytes = eligible.stream().mapToLong(SealedSegment::sizeBytes).sum();
        long maxBytes = Math.max(segmentMaxBytes, allBytes / GROUPS * 2);
        var groups = new ArrayList<List<SealedSegment>>();
        var group = new ArrayList<SealedSegment>();
        long bytes = 0;
        for (var segment : eligible) {
            boolean spans = !group.isEmpty()
                    && segment.endOffset() - group.get(0).baseOffset() <= Integer.MAX_VALUE
                    && bytes + segment.sizeBytes() <= maxBytes;
            if (!group.isEmpty() && !spans) {
                groups.add(List.copyOf(group));
                group.clear();
                bytes = 0;
            }
            group.add(segment);
            bytes += segment.sizeBytes();
        }
        groups.add(List.copyOf(group));
        return groups;
    }
}
