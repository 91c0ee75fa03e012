package io.cordwood.server;

import io.cordwood.raft.AppendOutcome;
import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.CompactionStatus;
import io.cordwood.raft.Confirmation;
import io.cordwood.raft.PartitionBacklog;
import io.cordwood.raft.PartitionReplica;
import io.cordwood.raft.RaftNode;
import io.cordwood.raft.Registration;
import io.cordwood.raft.TransferOutcome;
import io.cordwood.raft.TrimOutcome;
import io.cordwood.server.cluster.DiskRefusals;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.AppendResult;
import io.cordwood.server.partition.Leadership;
import io.cordwood.server.partition.Replica;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * A replica in its Raft group.
 *
 * <p><b>Thread:</b> any.
 */
record RaftReplica(RaftNode node, PartitionReplica replica) implements Replica {
    private static final String NODE_ID = "node_id";

    @Override
    public CompletableFuture<AppendResult> append(AppendRequest request) {
        return replica.append(request).thenApply(RaftReplica::result);
    }

    @Override
    public CompletableFuture<Void> trim(long newStart) {
        return replica.trim(newStart).thenAccept(outcome -> requireTrimmed(outcome, newStart));
    }

    static void requireTrimmed(TrimOutcome outcome, long newStart) {
        if (outcome instanceof TrimOutcome.NotLeader notLeader) {
            throw notLeader(notLeader.leaderNodeId()).exception();
        } else if (outcome instanceof TrimOutcome.BeyondHighWatermark beyond) {
            throw Refusal.of(
                            Reason.OFFSET_OUT_OF_RANGE,
                            "offset " + beyond.offset() + " lies beyond the high watermark " + beyond.highWatermark())
                    .with(Refusal.VALUE, beyond.offset())
                    .with("log_end_offset", beyond.highWatermark())
                    .exception();
        } else if (outcome instanceof TrimOutcome.Overloaded) {
            throw Refusal.of(Reason.OVERLOADED, "too many changes of the partition wait; try again later")
                    .exception();
        } else if (outcome instanceof TrimOutcome.TimedOut) {
            // The offset, because a start such as last:10 would take what came meanwhile as well.
            throw Refusal.of(
                            Reason.REQUEST_TIMED_OUT,
                            "no majority answered in time, so the trim may happen or not; ask again with start "
                                    + newStart + ", that does no harm")
                    .exception();
        } else if (!(outcome instanceof TrimOutcome.Trimmed)) {
            throw new IllegalStateException("no answer for " + outcome.getClass());
        }
    }

    @Override
    public CompletableFuture<Void> transferLeadership(int nodeId, Duration within) {
        return node.transferLeadership(replica.id(), nodeId, within)
                .thenAccept(outcome -> transferRefusal(outcome, nodeId).ifPresent(refusal -> {
                    throw refusal.exception();
                }));
    }

    @Override
    public CompletableFuture<Confirmation> confirmLeadership(Duration within) {
        return replica.confirmLeadership(within);
    }

    static Optional<Refusal> transferRefusal(TransferOutcome outcome, int nodeId) {
        if (outcome instanceof TransferOutcome.Done) {
            return Optional.empty();
        } else if (outcome instanceof TransferOutcome.NotLeader) {
            return Optional.of(Refusal.of(Reason.NOT_LEADER, "this node does not lead the partition any more")
                    .with(Refusal.OUTCOME, Refusal.NOTHING_DONE));
        } else if (outcome instanceof TransferOutcome.NotReplica not) {
            return Optional.of(
                    Refusal.field(Reason.TARGET_NOT_REPLICA, NODE_ID, nodeId, "a replica, one of " + not.replicas()));
        } else if (outcome instanceof TransferOutcome.Silent silent) {
            return Optional.of(Refusal.of(
                            Reason.REPLICA_NOT_CAUGHT_UP,
                            "node " + nodeId + " has not answered the leader for " + silent.forMs() + " ms")
                    .with(Refusal.FIELD, NODE_ID)
                    .with(Refusal.VALUE, silent.forMs())
                    .with(Refusal.LIMIT, silent.limitMs()));
        } else if (outcome instanceof TransferOutcome.Behind behind) {
            return Optional.of(Refusal.of(
                            Reason.REPLICA_NOT_CAUGHT_UP,
                            "node " + nodeId + " is " + behind.entries() + " entries behind the leader, at most "
                                    + behind.limit() + " are allowed: nobody could publish until it has them")
                    .with(Refusal.FIELD, NODE_ID)
                    .with(Refusal.VALUE, behind.entries())
                    .with(Refusal.LIMIT, behind.limit()));
        } else if (outcome instanceof TransferOutcome.NoRoom noRoom) {
            return Optional.of(
                    DiskRefusals.of(noRoom.disk(), "it would refuse batches, and hand the partition over again"));
        } else if (outcome instanceof TransferOutcome.Failed failed) {
            return Optional.of(
                    Refusal.of(Reason.TRANSFER_FAILED, "node " + nodeId + " did not take over: " + failed.reason())
                            .with(Refusal.FIELD, NODE_ID)
                            .with(Refusal.VALUE, nodeId));
        }
        throw new IllegalStateException("no refusal for " + outcome.getClass());
    }

    @Override
    public Map<Integer, Long> entriesBehind() {
        return replica.entriesBehind();
    }

    @Override
    public long logStartOffset() {
        return replica.logStartOffset();
    }

    @Override
    public long highWatermark() {
        return replica.highWatermark();
    }

    @Override
    public LogRead read(long offset, int maxBytes) throws IOException {
        return replica.read(offset, maxBytes);
    }

    @Override
    public LogRead readSound(long offset, int maxBytes) throws IOException {
        return replica.readSound(offset, maxBytes);
    }

    @Override
    public OptionalLong firstAtOrAfter(long timestampMs, long limitOffset) throws IOException {
        return replica.firstAtOrAfter(timestampMs, limitOffset);
    }

    @Override
    public PartitionBacklog backlog(long offset, long limitOffset) throws IOException {
        return replica.backlog(offset, limitOffset);
    }

    @Override
    public Registration onHighWatermark(Runnable listener) {
        return replica.onHighWatermark(listener);
    }

    @Override
    public Leadership leadership() {
        var found = replica.leadership();
        return new Leadership(found.leading(), found.leaderEpoch(), found.term(), found.leaderNodeId());
    }

    @Override
    public boolean leads() {
        return replica.leads();
    }

    @Override
    public long sizeBytes() {
        return replica.sizeBytes();
    }

    @Override
    public CompactionStatus compaction() {
        return replica.compaction();
    }

    static AppendResult result(AppendOutcome outcome) {
        if (outcome instanceof AppendOutcome.Appended appended) {
            return new AppendResult.Appended(
                    appended.baseOffset(),
                    appended.endOffset(),
                    appended.leaderEpoch(),
                    appended.duplicate(),
                    appended.logAppendTimeMs());
        }
        return new AppendResult.Refused(refusal(outcome));
    }

    private static Refusal refusal(AppendOutcome outcome) {
        if (outcome instanceof AppendOutcome.NotLeader notLeader) {
            return notLeader(notLeader.leaderNodeId());
        } else if (outcome instanceof AppendOutcome.OutOfOrderSequence gap) {
            return Refusal.of(
                            Reason.OUT_OF_ORDER_SEQUENCE,
                            "producer " + gap.producerId() + " sent sequence " + gap.found() + ", expected is "
                                    + gap.expected() + "; a batch before it is missing")
                    .with("producer_id", gap.producerId())
                    .with(Refusal.VALUE, gap.found())
                    .with(Refusal.LIMIT, gap.expected());
        } else if (outcome instanceof AppendOutcome.Fenced fenced) {
            return Refusal.of(
                            Reason.PRODUCER_FENCED,
                            "producer " + fenced.producerId() + " has epoch " + fenced.currentEpoch() + ", epoch "
                                    + fenced.found() + " is over; start a new producer")
                    .with("producer_id", fenced.producerId())
                    .with(Refusal.VALUE, fenced.found())
                    .with(Refusal.LIMIT, fenced.currentEpoch());
        } else if (outcome instanceof AppendOutcome.TooManyProducers many) {
            return Refusal.of(
                            Reason.TOO_MANY_PRODUCERS,
                            "the partition remembers " + many.limit() + " producers and takes no new one; share"
                                    + " producers instead of starting one per record")
                    .with(Refusal.VALUE, many.limit() + 1L)
                    .with(Refusal.LIMIT, many.limit());
        } else if (outcome instanceof AppendOutcome.EndOffsetMismatch mismatch) {
            return Refusal.of(
                            Reason.END_OFFSET_MISMATCH,
                            "the log ends at " + mismatch.found() + ", expected was " + mismatch.expected()
                                    + "; read what was added and decide anew")
                    .with(Refusal.VALUE, mismatch.expected())
                    .with("end_offset", mismatch.found());
        } else if (outcome instanceof AppendOutcome.Overloaded overloaded) {
            return Refusal.of(
                            Reason.OVERLOADED,
                            overloaded.value() + " reaches the limit of " + overloaded.setting() + ", "
                                    + overloaded.limit() + "; send more slowly")
                    .with(Refusal.SETTING, overloaded.setting())
                    .with(Refusal.LIMIT, overloaded.limit())
                    .with(Refusal.VALUE, overloaded.value());
        } else if (outcome instanceof AppendOutcome.NoRoom noRoom) {
            return DiskRefusals.of(noRoom, "nothing was written, send it again when there is room");
        } else if (outcome instanceof AppendOutcome.TimedOut) {
            return timedOut();
        } else if (outcome instanceof AppendOutcome.Damaged) {
            return damaged();
        }
        throw new IllegalStateException("no refusal for " + outcome.getClass());
    }

    private static Refusal timedOut() {
        return Refusal.of(
                Reason.REQUEST_TIMED_OUT,
                "no majority answered in time, so the outcome is unknown; an idempotent producer may send again");
    }

    private static Refusal damaged() {
        return Refusal.of(
                Reason.INTERNAL,
                "the batch was damaged in the leader's memory and not appended, the node's log says more; send it again");
    }

    private static Refusal notLeader(OptionalInt leaderNodeId) {
        var refusal = Refusal.of(
                Reason.NOT_LEADER,
                "this node does not lead the partition any more, so the outcome of a batch in flight is unknown; an"
                        + " idempotent producer may send it again to the leader");
        return leaderNodeId.isPresent() ? refusal.with(Refusal.LEADER_NODE_ID, leaderNodeId.getAsInt()) : refusal;
    }
}
