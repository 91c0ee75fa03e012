package io.cordwood.store;

/**
 * Where a batch lies, and how old what lies before it is: what the index holds for its base offset.
 *
 * <p>Leader epoch and CRC are those in the batch's header; with them a stale entry is told from a good one. As an epoch
 * has one leader, which appends at an offset once, a batch of the same offset and epoch also follows the same batches:
 * so the maximum timestamp is right wherever the header is.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param segmentBase base offset of the segment
 * @param position in the segment's file
 * @param maxTimestampBefore of the segment's batches before this one; -1 = none
 */
record IndexEntry(long offset, long segmentBase, long position, int leaderEpoch, int crc, long maxTimestampBefore) {}
