package io.cordwood.store;

/**
 * What a topic wants of compaction.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param minLagMs a segment whose newest record is younger stays as it is
 * @param deleteRetentionMs how long a record without a value is kept, from the pass that leaves it as the only one of its key
 * @param minDirtyRatio a pass begins when at least so much of the sealed bytes came since the last one; within [0, 1]
 * @param segmentMaxBytes neighbouring segments are merged into one of at most so many bytes
 */
public record CompactionRules(long minLagMs, long deleteRetentionMs, double minDirtyRatio, long segmentMaxBytes) {
    public CompactionRules {
        if (minLagMs < 0 || deleteRetentionMs < 0 || segmentMaxBytes < 1) {
            throw new IllegalArgumentException("minLagMs " + minLagMs + ", deleteRetentionMs " + deleteRetentionMs
                    + " and segmentMaxBytes " + segmentMaxBytes + " must not be negative");
        }
        if (!(minDirtyRatio >= 0 && minDirtyRatio <= 1)) {
            throw new IllegalArgumentException("minDirtyRatio must be within [0, 1], found " + minDirtyRatio);
        }
    }
}
