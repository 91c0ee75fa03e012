package io.cordwood.raft;

import io.cordwood.partition.TrimEntry;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A trim of a replica that leads.
 *
 * <p>Thread: any.
 */
record ReplicaTrim(ReplicaState replica) {
    /** Has the log start move up to an offset. */
    CompletableFuture<TrimOutcome> to(long newStart) {
        if (!replica.appender().isLeading()) {
            return CompletableFuture.completedFuture(new TrimOutcome.NotLeader(replica.leaderNodeId()));
        }
        long highWatermark = replica.log().highWatermark();
        if (newStart > highWatermark) {
            return CompletableFuture.completedFuture(new TrimOutcome.BeyondHighWatermark(newStart, highWatermark));
        }
        if (newStart <= replica.log().logStartOffset()) {
            return CompletableFuture.completedFuture(trimmed());
        }
        return replica.appender()
                .propose((inLog, leaderTimeMs) -> inLog.logStartOffset() >= newStart
                        ? Optional.empty()
                        : Optional.of(new TrimEntry(replica.id(), leaderTimeMs, newStart)))
                .thenApply(this::outcome);
    }

    private TrimOutcome outcome(Proposal.Outcome outcome) {
        return switch (outcome) {
            case APPLIED, NOT_NEEDED -> trimmed();
            case UNKNOWN -> new TrimOutcome.TimedOut();
            case NOT_LEADER -> new TrimOutcome.NotLeader(replica.leaderNodeId());
            case OVERLOADED -> new TrimOutcome.Overloaded();
        };
    }

    private TrimOutcome trimmed() {
        return new TrimOutcome.Trimmed(
                replica.log().logStartOffset(), replica.log().highWatermark());
    }
}
