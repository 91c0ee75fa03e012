package io.cordwood.raft;

import io.cordwood.store.SealedSegment;

/**
 * Names a sealed segment in the same way on every replica.
 *
 * <p>Thread: immutable.
 *
 * @param endOffset exclusive
 * @param generation how often compaction wrote it
 */
record CopyKey(long baseOffset, long endOffset, int generation) {
    static CopyKey of(SealedSegment segment) {
        return new CopyKey(segment.baseOffset(), segment.endOffset(), segment.compactionGeneration());
    }
}
