package io.cordwood.partition;

import io.cordwood.store.PartitionId;

/**
 * One entry of a partition's raft log, as decided by the leader.
 *
 * <p>Thread: immutable.
 */
public sealed interface PartitionEntry permits AppendEntry, TrimEntry, CompactEntry {
    PartitionId partition();

    /** The leader's time, never decreasing, milliseconds since 1970. */
    long leaderTimeMs();

    /** Bytes that the entry brings into the segment files; 0 where it is all in its header. */
    int payloadBytes();

    /** Exclusive end of the log behind this entry. */
    long endOffset(long endOffsetBefore);

    /** The log start behind this entry. */
    long logStartOffset(long logStartOffsetBefore);

    /** Up to where compaction has read keys, behind this entry. */
    default long compactedEnd(long compactedEndBefore) {
        return compactedEndBefore;
    }
}
