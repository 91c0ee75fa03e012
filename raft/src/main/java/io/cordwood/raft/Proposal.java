package io.cordwood.raft;

import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.PartitionTail;
import java.util.Optional;

/**
 * An entry without clients' batches that a leader wants in the log, such as a trim.
 *
 * <p>Thread: asked on the appender's turn, where nothing else enters the log between the look at the tail and the submit.
 */
interface Proposal {
    /** The entry, or empty where the log makes it needless by now. */
    Optional<PartitionEntry> entry(PartitionTail tail, long leaderTimeMs);

    /** What goes with the entry; none where it has no batches. The caller's alone from then on. */
    default byte[] payload() {
        return new byte[0];
    }

    /** What became of a proposal. */
    enum Outcome {
        APPLIED,
        /** The entry that made it needless is applied. */
        NOT_NEEDED,
        NOT_LEADER,
        /** Too many wait already. */
        OVERLOADED,
        /** It may be in the log or not. */
        UNKNOWN
    }
}
