package io.cordwood.client;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How far a group is behind in a partition. Where it could not be measured {@code error} says why, and
 * what is not known is 0 or empty; where only the log could not be read, the offsets are known all the
 * same.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param offset that the group has committed; where it is empty, the lag is that of where members would
 *     begin
 * @param logStartOffset first offset that is kept
 * @param highWatermark exclusive end of what is committed
 * @param records offsets up to the high watermark; fewer records where compaction removed some
 * @param bytes of the batches that hold them, as they are stored; exact, but the first and the last one count
 *     whole
 * @param trimmedRecords offsets that the group had not processed and that are trimmed
 * @param age of the next record, by its timestamp; empty where there is none to process
 * @param untilTrimmed until retention may remove the next record; 0 where it may already, empty where no
 *     retention will
 * @param committedPerSecond offsets that the group committed, over about the last minute
 * @param appendedPerSecond offsets that were appended, over about the last minute
 * @param untilCaughtUp if both rates stay; empty where they are not known, or where it never will
 * @param error why it could not be measured, or not wholly
 */
public record PartitionLag(
        TopicPartition partition,
        OptionalLong offset,
        long logStartOffset,
        long highWatermark,
        long records,
        long bytes,
        long trimmedRecords,
        Optional<Duration> age,
        Optional<Duration> untilTrimmed,
        OptionalDouble committedPerSecond,
        OptionalDouble appendedPerSecond,
        Optional<Duration> untilCaughtUp,
        Optional<CordwoodException> error) {

    /** Whether the offsets, and the lag in records, are known. */
    public boolean knowsOffsets() {
        return error.isEmpty() || highWatermark > 0;
    }
}
