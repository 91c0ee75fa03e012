package io.cordwood.store;

/**
 * Where a batch lies: what the index holds for its base offset. The CRC is the one in the batch's header; with it a
 * stale entry is told from a good one.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param segmentBase base offset of the segment
 * @param position in the segment's file
 */
record IndexEntry(long offset, long segmentBase, long position, int crc) {
    IndexEntry movedTo(long newSegmentBase, long startPosition) {
        return new IndexEntry(offset, newSegmentBase, startPosition + position, crc);
    }
}
