package io.cordwood.raft;

import java.util.OptionalInt;

/**
 * What became of a trim.
 *
 * <p>Thread: immutable.
 */
public sealed interface TrimOutcome {
    /** The log starts at or beyond the offset that was asked for; also where it did before. */
    record Trimmed(long logStartOffset, long highWatermark) implements TrimOutcome {}

    /** The offset lies beyond what is committed: nothing changed. */
    record BeyondHighWatermark(long offset, long highWatermark) implements TrimOutcome {}

    /** This replica does not lead. */
    record NotLeader(OptionalInt leaderNodeId) implements TrimOutcome {}

    /** Too many changes wait; another try later helps. */
    record Overloaded() implements TrimOutcome {}

    /** It may happen or not; another try with the same offset does no harm. */
    record TimedOut() implements TrimOutcome {}
}
