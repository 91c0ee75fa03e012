package io.cordwood.client;

import org.jspecify.annotations.Nullable;

/**
 * A record between its partition's source and the end of its processing.
 *
 * <p>Invariants: it ends once, finished or dropped. Dropped while it is under way, it keeps its key and its
 * bytes until that is over, and its outcome means nothing.
 *
 * <p><b>Thread:</b> the consumer's; workers read only the record.
 */
final class TakenRecord {
    enum Phase {
        /** Waits for a commit, its key, a worker, its time or the application. */
        WAITING,
        /** With its handler or the application. */
        UNDER_WAY,
        /** On its way to a retry or dead-letter topic. */
        BEING_STORED,
        /** Done: counts as progress. */
        FINISHED,
        /** No longer this member's, or overtaken by a seek. */
        DROPPED
    }

    final OwnedPartition owner;
    final ConsumedRecord record;
    final ProgressTracker.Mark mark;
    final int sizeBytes;
    Phase phase = Phase.WAITING;
    /** Whether others of its key wait for it. */
    boolean holdsKey;

    int attempts;
    int storeFailures;

    /** Since when it waits for nothing but a worker or the application; null where it does not. */
    @Nullable
    Long readyNanos;

    TakenRecord(OwnedPartition owner, ConsumedRecord record, ProgressTracker.Mark mark) {
        this.owner = owner;
        this.record = record;
        this.mark = mark;
        this.sizeBytes = record.sizeBytes();
    }

    boolean isUnderWay() {
        return phase == Phase.UNDER_WAY || phase == Phase.BEING_STORED;
    }

    boolean isOver() {
        return phase == Phase.FINISHED || phase == Phase.DROPPED;
    }

    @Override
    public String toString() {
        return record + " " + phase;
    }
}
