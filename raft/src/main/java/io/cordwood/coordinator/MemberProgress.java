package io.cordwood.coordinator;

import io.cordwood.metadata.PartitionId;
import java.time.Duration;
import java.util.Optional;

/**
 * What a member says that it does in a partition where it does not just read on. It is for people, and
 * decides nothing.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param offset of the next record that it will commit when what is under way is done
 * @param paused by the application
 * @param full what is read ahead fills the member's bounds
 * @param processing how long the record at the offset is with the application; empty where it has not got
 *     it
 * @param failedAttempts times that the record at the offset was handled and failed
 * @param stop why the member does not go on by itself; empty where it does
 */
public record MemberProgress(
        PartitionId partition,
        long offset,
        boolean paused,
        boolean full,
        Optional<Duration> processing,
        int failedAttempts,
        Optional<Stop> stop) {

    /**
     * The member waits for somebody.
     *
     * @param outOfRange what it would read next is not in the log, and the group goes on nowhere then
     * @param why in the member's words
     */
    public record Stop(boolean outOfRange, String why) {}
}
