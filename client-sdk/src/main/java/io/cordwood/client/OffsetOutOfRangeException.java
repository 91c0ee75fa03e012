package io.cordwood.client;

import java.util.Map;

/**
 * A position outside of what the log keeps: {@code [logStartOffset, logEndOffset]}, the end itself being the place of
 * the next record.
 *
 * <p><b>Thread:</b> immutable.
 */
public final class OffsetOutOfRangeException extends CordwoodException {
    private final TopicPartition partition;
    private final long offset;
    private final long logStartOffset;
    private final long logEndOffset;

    OffsetOutOfRangeException(TopicPartition partition, long offset, long logStartOffset, long logEndOffset) {
        super(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                "offset of " + partition + " is " + offset + ", kept are " + logStartOffset + " to " + logEndOffset,
                Map.of(
                        "topic", partition.topic(),
                        "partition", Integer.toString(partition.partition()),
                        "field", "offset",
                        "value", Long.toString(offset),
                        "limit", logStartOffset + " to " + logEndOffset,
                        "log_start_offset", Long.toString(logStartOffset),
                        "log_end_offset", Long.toString(logEndOffset)));
        this.partition = partition;
        this.offset = offset;
        this.logStartOffset = logStartOffset;
        this.logEndOffset = logEndOffset;
    }

    public TopicPartition partition() {
        return partition;
    }

    /** The position asked for. */
    public long offset() {
        return offset;
    }

    /** First offset that is kept. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** Exclusive end of what is committed. */
    public long logEndOffset() {
        return logEndOffset;
    }
}
