package io.cordwood.raft;

import java.util.OptionalInt;
import java.util.OptionalLong;

/** What became of a batch. */
public sealed interface AppendOutcome {

    /**
     * It is forced on a majority and will be read at these offsets.
     *
     * @param endOffset exclusive
     * @param duplicate it had been appended before, by an earlier try of the same producer
     * @param logAppendTimeMs the time stamped by the leader, where the topic says so
     */
    record Appended(long baseOffset, long endOffset, int leaderEpoch, boolean duplicate, OptionalLong logAppendTimeMs)
            implements AppendOutcome {}

    /** This replica does not lead, or ceased to while the batch was in flight: then its outcome is unknown. */
    record NotLeader(OptionalInt leaderNodeId) implements AppendOutcome {}

    /** Refused: it leaves a gap in its producer's sequence. */
    record OutOfOrderSequence(long producerId, int expected, int found) implements AppendOutcome {}

    /** Refused: a newer epoch of its producer is known. */
    record Fenced(long producerId, short currentEpoch, short found) implements AppendOutcome {}

    /** Refused: its producer is new, and the partition remembers too many. */
    record TooManyProducers(int limit) implements AppendOutcome {}

    /**
     * Refused: the log does not end where the caller expects.
     *
     * @param found where it ended when the batch was looked at: committed, and nobody else had been elected
     */
    record EndOffsetMismatch(long expected, long found) implements AppendOutcome {}

    /** Refused: a bound is reached; the same batch may be sent again later. */
    record Overloaded(String setting, long limit, long value) implements AppendOutcome {}

    /**
     * Refused: a disk of a node, this one or one of which the majority cannot do without, has less left
     * than its floor; the same batch may be sent again later.
     */
    record NoRoom(int nodeId, String directory, long freeBytes, long floorBytes) implements AppendOutcome {}

    /** Refused: it, or a batch of the same entry, was changed in the memory of this node; it may be sent again. */
    record Damaged() implements AppendOutcome {}

    /** The outcome is unknown: no majority answered in time, or the node is going down. */
    record TimedOut() implements AppendOutcome {}
}
