package io.cordwood.store;

/**
 * What a checkpoint says about a segment that takes no more batches.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param endOffset exclusive
 * @param maxTimestamp of its batches, in ms; -1 when none has one
 * @param compactionGeneration how often the file was rewritten; 0 = as it was appended
 */
public record SealedSegment(
        long baseOffset,
        long endOffset,
        long sizeBytes,
        long maxTimestamp,
        SegmentHash hash,
        int compactionGeneration) {
    public SealedSegment {
        if (baseOffset < 0 || endOffset <= baseOffset || sizeBytes < 0 || compactionGeneration < 0) {
            throw new IllegalArgumentException("no segment: [" + baseOffset + ", " + endOffset + ") of " + sizeBytes
                    + " bytes, compaction generation " + compactionGeneration);
        }
    }

    public OffsetRange offsets() {
        return new OffsetRange(baseOffset, endOffset);
    }
}
