package io.cordwood.raft;

import java.util.OptionalLong;

/**
 * What lies in a partition from an offset on, up to another one.
 *
 * <p>Thread: immutable.
 *
 * @param bytes of the batches that hold these offsets; the first and the last one count whole
 * @param nextTimestampMs of the first record that is there; empty where there is none, or it has none
 * @param untilTrimmedMs until retention may trim that record, as things are now; 0 where it may already, empty where it
 *     will not
 * @param appendedPerSecond offsets that were appended to the partition, over about the last minute
 */
public record PartitionBacklog(
        long bytes, OptionalLong nextTimestampMs, OptionalLong untilTrimmedMs, double appendedPerSecond) {}
