package io.cordwood.partition;

import io.cordwood.store.PartitionId;

/**
 * Moves the log start: what lies below is hidden from readers, and segments that lie below it as a whole are deleted.
 *
 * @param leaderTimeMs the leader's time, never decreasing
 * @param logStartOffset the first offset that is kept; at most the high watermark when the leader decided
 */
public record TrimEntry(PartitionId partition, long leaderTimeMs, long logStartOffset) implements PartitionEntry {

    public TrimEntry {
        if (logStartOffset < 0) {
            throw new IllegalArgumentException("log start offset " + logStartOffset + " of " + partition);
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
        return logStartOffset;
    }
}
