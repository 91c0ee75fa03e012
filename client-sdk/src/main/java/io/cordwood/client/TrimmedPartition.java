package io.cordwood.client;

/**
 * What a partition holds behind a trim.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param logStartOffset the first offset that is kept
 * @param highWatermark the next offset to be read at the end
 */
public record TrimmedPartition(long logStartOffset, long highWatermark) {}
