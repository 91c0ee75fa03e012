package io.cordwood.client;

import java.time.Duration;
import java.util.Optional;

/**
 * Where a member stands in one of its partitions.
 *
 * @param position offset of the next record to be taken
 * @param committable every record below it is done
 * @param committed the newest offset that the group has confirmed; -1 where that is nothing
 * @param metadata text beside it, or beside the next one
 * @param window records from the first unfinished to the last taken
 * @param windowFull whether no record is taken until the first unfinished one is done
 * @param current the record that has been under way longest
 * @param failure why the partition cannot be read at the moment
 */
public record PartitionProgress(
        TopicPartition partition,
        long position,
        long committable,
        long committed,
        String metadata,
        int window,
        boolean windowFull,
        boolean paused,
        Optional<Current> current,
        Optional<CordwoodException> failure) {

    /**
     * A record under way.
     *
     * @param age since its handler was started or it was given to the application
     * @param attempt how often its handler was started
     */
    public record Current(long offset, Duration age, int attempt) {}
}
