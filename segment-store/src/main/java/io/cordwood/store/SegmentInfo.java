package io.cordwood.store;

/**
 * One segment file as it is now. The last one of a log is the active one.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param endOffset exclusive
 */
public record SegmentInfo(long baseOffset, long endOffset, long sizeBytes) {}
