package io.cordwood.store;

import java.util.List;

/**
 * The state of one partition behind the entry at a raft index. It holds no records: those lie in the segments.
 *
 * <p>Invariants: log start, active segment and what is compacted lie at or below the high watermark; leader epochs rise.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param highWatermark exclusive end of what the entries up to the index appended
 * @param lastLeaderTimeMs the leader time of the newest of them; never falls
 * @param producers least recently used first
 * @param compactedEnd no two records below it have the same key, in a topic that is compacted
 */
public record Checkpoint(
        PartitionId partition,
        long term,
        long index,
        long highWatermark,
        long logStartOffset,
        long lastLeaderTimeMs,
        List<LeaderEpoch> leaderEpochs,
        List<ProducerEntry> producers,
        SegmentTable segments,
        long compactedEnd) {
    public Checkpoint {
        leaderEpochs = List.copyOf(leaderEpochs);
        producers = List.copyOf(producers);
        requireAtMost("log start offset", logStartOffset, highWatermark);
        requireAtMost("active segment's base offset", segments.active().baseOffset(), highWatermark);
        requireAtMost("compacted end", compactedEnd, highWatermark);
        for (int i = 1; i < leaderEpochs.size(); i++) {
            requireRise(leaderEpochs.get(i - 1), leaderEpochs.get(i));
        }
    }

    /** Of a partition that no pass of compaction has gone over. */
    public Checkpoint(
            PartitionId partition,
            long term,
            long index,
            long highWatermark,
            long logStartOffset,
            long lastLeaderTimeMs,
            List<LeaderEpoch> leaderEpochs,
            List<ProducerEntry> producers,
            SegmentTable segments) {
        this(
                partition,
                term,
                index,
                highWatermark,
                logStartOffset,
                lastLeaderTimeMs,
                leaderEpochs,
                producers,
                segments,
                0);
    }

    private static void requireAtMost(String name, long found, long highWatermark) {
        if (found < 0 || found > highWatermark) {
            throw new IllegalArgumentException(
                    name + " must be within [0, high watermark " + highWatermark + "], found " + found);
        }
    }

    private static void requireRise(LeaderEpoch earlier, LeaderEpoch later) {
        if (later.epoch() <= earlier.epoch() || later.startOffset() < earlier.startOffset()) {
            throw new IllegalArgumentException(later + " cannot follow " + earlier);
        }
    }
}
