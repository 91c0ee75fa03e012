package io.cordwood.client;

import java.util.OptionalLong;

/**
 * A partition whose offset in a group was set, or would be.
 *
 * @param before what was committed; empty where nothing was
 * @param offset of the next record to process
 * @param logStartOffset the first offset that is kept
 * @param highWatermark exclusive end of what is committed
 */
public record ResetOffset(
        TopicPartition partition, OptionalLong before, long offset, long logStartOffset, long highWatermark) {}
