package io.cordwood.coordinator;

import io.cordwood.metadata.GroupLimits;
import java.time.Duration;

/**
 * What bounds a {@link Coordinator}.
 *
 * @param joinsPerSecond joins that are written; more of them wait
 * @param maxWaitingJoins joins that wait; more are refused
 * @param maxWaitingOffsets offsets that wait to be written; more are refused
 * @param maxOffsetsPerEntry offsets in one raft entry
 * @param maxMembersPerEntry members that join, leave or give up in one raft entry
 * @param gatherDelay how long members that come, go and give up are gathered into one raft entry
 * @param refreshInterval how often it is looked whether topics came, went or grew
 * @param offsetRetention how long the offsets of a group without members are kept
 * @param formerLeader how long a leader that was cut off may answer pings after its successor began
 */
public record CoordinatorConfig(
        GroupLimits limits,
        int joinsPerSecond,
        int maxWaitingJoins,
        int maxWaitingOffsets,
        int maxOffsetsPerEntry,
        int maxMembersPerEntry,
        Duration gatherDelay,
        Duration refreshInterval,
        Duration offsetRetention,
        Duration formerLeader) {
    /** Where nothing else is configured. */
    public static final CoordinatorConfig DEFAULT = new CoordinatorConfig(
            GroupLimits.DEFAULT,
            200,
            2000,
            20_000,
            1000,
            200,
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofDays(7),
            Duration.ofSeconds(4));

    /** That one which waits takes on the average, where all wait that may. */
    private static final long BYTES_OF_AN_OFFSET = 1024;

    private static final long BYTES_OF_A_JOIN = 16 * 1024;

    public CoordinatorConfig {
        if (joinsPerSecond < 1 || maxWaitingJoins < 1 || maxMembersPerEntry < 1) {
            throw new IllegalArgumentException("joins per second " + joinsPerSecond + ", waiting " + maxWaitingJoins
                    + ", members per entry " + maxMembersPerEntry + ": all must be at least 1");
        }
        if (maxOffsetsPerEntry < 1 || maxWaitingOffsets < maxOffsetsPerEntry) {
            throw new IllegalArgumentException("offsets per entry " + maxOffsetsPerEntry
                    + " must be from 1 to the waiting ones " + maxWaitingOffsets);
        }
        if (formerLeader.isNegative()) {
            throw new IllegalArgumentException("former leader " + formerLeader + " must not be negative");
        }
    }

    /** Of the offsets that wait; with more they are refused. There is room for the largest commit. */
    long maxWaitingOffsetBytes() {
        return Math.max(EntryBudget.MAX_BYTES, BYTES_OF_AN_OFFSET * maxWaitingOffsets);
    }

    /** The same of joins. */
    long maxWaitingJoinBytes() {
        return Math.max(EntryBudget.MAX_BYTES, BYTES_OF_A_JOIN * maxWaitingJoins);
    }
}
