package io.cordwood.raft;

import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.PartitionState;
import io.cordwood.partition.PartitionTail;
import io.cordwood.partition.TrimEntry;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica of a partition: holds together its raft log's tail, its segment files and its applied state.
 *
 * <p>Invariants: high watermark &lt;= tail; files hold every entry up to the high watermark; the state that checkpoints describe is
 * one entry behind the applied one, because a checkpoint at the very end of the log can make Ratis notify a follower for ever
 * (RATIS-2500).
 *
 * <p>Thread: each method says who calls it. {@code behind} and {@code last} belong to the updater.
 */
final class ReplicaState implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaState.class);

    private final PartitionContext context;
    private final PartitionTail tail;
    private final PartitionLog log;
    private final SegmentWriter writer;
    private final Appender appender;
    private final HighWatermarkListeners listeners = new HighWatermarkListeners();
    /** First raft index whose bytes were not found at the start. Legal above the floor, but it must not be committed. */
    private volatile long unverifiedFrom;

    private volatile OptionalInt leaderNodeId = OptionalInt.empty();
    private volatile long appliedIndex;
    /** Payload applied since the newest checkpoint. Written by the updater. */
    private final AtomicLong bytesSinceCheckpoint = new AtomicLong();
    /** The newest term that this replica led. The updater's alone. */
    private long ledTerm = -1;

    private final PartitionState behind;
    private @Nullable Step last;

    /** An applied raft index; the entry is null where it changed nothing of ours. */
    private record Step(long term, long index, @Nullable PartitionEntry entry) {}

    ReplicaState(PartitionContext context, RecoveredReplica recovered) {
        this.context = context;
        log = recovered.log();
        tail = recovered.tail();
        behind = recovered.state();
        appliedIndex = behind.index();
        unverifiedFrom = recovered.unverifiedFrom();
        writer = new SegmentWriter(
                context.id(),
                log,
                context.node().writers().next(),
                context.node().halt());
        appender = new Appender(
                tail,
                context.submitter(),
                new Appender.Settings(
                        context.epochBase(),
                        context.settings(),
                        context.node().clockMs(),
                        log::highWatermark,
                        () -> leaderNodeId),
                context.node().appenderLimits(),
                context.node().appenderThreads());
    }

    PartitionId id() {
        return context.id();
    }

    NodeHalt halt() {
        return context.node().halt();
    }

    ReplicaSettings settings() {
        return context.settings();
    }

    PartitionTail tail() {
        return tail;
    }

    PartitionLog log() {
        return log;
    }

    Appender appender() {
        return appender;
    }

    HighWatermarkListeners listeners() {
        return listeners;
    }

    OptionalInt leaderNodeId() {
        return leaderNodeId;
    }

    int leaderEpoch(long term) {
        return Math.addExact(context.epochBase(), Math.toIntExact(term));
    }

    /** The newest checkpoint, where there is one. At the start. */
    Optional<TermIndex> checkpointTermIndex() {
        return behind.index() < 0 ? Optional.empty() : Optional.of(TermIndex.valueOf(behind.term(), behind.index()));
    }

    /** Takes a leader's own entry. Under the log write lock. */
    void appendAsLeader(SubmittedEntry submitted, long term, long index) {
        take(submitted.entry(), term, index);
        if (submitted.entry() instanceof AppendEntry append) {
            context.node().window().put(context.groupId(), term, index, submitted.getContent());
            writer.appendOwn(append, leaderEpoch(term), submitted.payload());
        }
    }

    /** Takes an entry that a leader sent into the tail and its payload towards the files. Under the log write lock. */
    void append(PartitionEntry entry, ByteBuffer payload, long term, long index) {
        take(entry, term, index);
        if (entry instanceof AppendEntry append) {
            writer.append(append, leaderEpoch(term), payload);
        }
    }

    private void take(PartitionEntry entry, long term, long index) {
        try {
            tail.append(entry, term, index);
        } catch (IllegalStateException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    /** Forces the segments. By Ratis' log worker, which forces its own log after it. */
    CompletableFuture<Void> force() {
        return writer.force();
    }

    /**
     * Forgets the entries from a raft index on. Their bytes stay in the files until the next entry says where it belongs: a leader
     * whose files were cut before its raft log could be elected without being able to serve. Under the log write lock.
     */
    void truncate(long firstRemovedIndex) {
        // After a restart the floor knows of more applied entries than the checkpoint that the replay begins at.
        long applied = Math.max(
                appliedIndex, context.node().floor().of(context.groupUuid()).orElse(-1));
        if (firstRemovedIndex <= applied) {
            throw damaged("raft index " + firstRemovedIndex + " shall be truncated, " + applied + " is applied", null);
        }
        LOG.info("{}: raft log truncated from index {} on", id(), firstRemovedIndex);
        tail.truncate(firstRemovedIndex);
        if (firstRemovedIndex <= unverifiedFrom) {
            unverifiedFrom = Long.MAX_VALUE;
        }
    }

    /**
     * The payload of an entry for a follower: from memory, else from the files. By Ratis' log appenders.
     *
     * @throws PayloadUnavailableException where the files hold something else
     */
    ByteString payload(PartitionEntry entry, long term, long index) throws IOException {
        return entry instanceof AppendEntry append ? payloadOf(append, term, index) : SubmittedEntry.NO_PAYLOAD;
    }

    private ByteString payloadOf(AppendEntry entry, long term, long index) throws IOException {
        var recent = context.node().window().get(context.groupId(), term, index);
        if (recent.isPresent()) {
            return recent.get();
        }
        var stored = log.readExactly(entry.baseOffset(), entry.endOffset(), entry.payloadBytes());
        if (stored.isEmpty() || !SegmentWriter.holds(entry, leaderEpoch(term), stored.get())) {
            throw new PayloadUnavailableException("the files of " + id() + " do not hold offsets [" + entry.baseOffset()
                    + ", " + entry.endOffset() + ") of raft index " + index);
        }
        return UnsafeByteOperations.unsafeWrap(stored.get());
    }

    /** Applies a committed entry: readers may see it from now on. By the updater. */
    void apply(long term, long index) {
        var entry = tail.applied(term, index)
                .orElseThrow(() -> damaged("raft index " + index + " of term " + term + " is not in the tail", null));
        if (index >= unverifiedFrom) {
            throw damaged("raft index " + index + " is committed, its bytes were missing at the start", null);
        }
        advance(new Step(term, index, entry));
        if (entry instanceof AppendEntry append) {
            log.advanceHighWatermark(append.endOffset());
            bytesSinceCheckpoint.addAndGet(append.payloadBytes());
            listeners.fire();
            if (append.roll()) {
                writer.deleteTrimmed();
            }
        } else if (entry instanceof TrimEntry trim) {
            trim(trim, index);
        }
    }

    private void trim(TrimEntry entry, long index) {
        try {
            log.raiseLogStart(entry.logStartOffset());
        } catch (IllegalStateException e) {
            throw damaged("raft index " + index + ": " + e.getMessage(), e);
        }
        bytesSinceCheckpoint.incrementAndGet(); // a checkpoint knows the log start, so it is worth one
        writer.deleteTrimmed();
    }

    /** Has the log start move up to an offset, where this replica leads. By any thread. */
    CompletableFuture<TrimOutcome> trimTo(long newStart) {
        if (!appender.isLeading()) {
            return CompletableFuture.completedFuture(new TrimOutcome.NotLeader(leaderNodeId));
        }
        long highWatermark = log.highWatermark();
        if (newStart > highWatermark) {
            return CompletableFuture.completedFuture(new TrimOutcome.BeyondHighWatermark(newStart, highWatermark));
        }
        if (newStart <= log.logStartOffset()) {
            return CompletableFuture.completedFuture(trimmed());
        }
        return appender.propose((inLog, leaderTimeMs) -> inLog.logStartOffset() >= newStart
                        ? Optional.empty()
                        : Optional.of(new TrimEntry(id(), leaderTimeMs, newStart)))
                .thenApply(this::trimOutcome);
    }

    private TrimOutcome trimOutcome(Proposal.Outcome outcome) {
        return switch (outcome) {
            case APPLIED -> trimmed();
            // Another trim of this or a higher offset is in the log before it; it may still be lost.
            case NOT_NEEDED, UNKNOWN -> new TrimOutcome.TimedOut();
            case NOT_LEADER -> new TrimOutcome.NotLeader(leaderNodeId);
            case OVERLOADED -> new TrimOutcome.Overloaded();
        };
    }

    private TrimOutcome trimmed() {
        return new TrimOutcome.Trimmed(log.logStartOffset(), log.highWatermark());
    }

    /** Takes note of an applied configuration entry. By the updater. */
    void skip(long term, long index) {
        advance(new Step(term, index, null));
    }

    private void advance(Step step) {
        try {
            settle();
        } catch (IllegalStateException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
        last = step;
        appliedIndex = step.index();
        // What is applied was forced here, and is never truncated: a floor that needs no lowering.
        context.node().floor().raise(context.groupUuid(), step.index());
    }

    /** Brings the state behind up to the newest step. */
    private void settle() {
        var step = last;
        if (step != null && step.entry() != null) {
            behind.apply(step.entry(), step.term(), step.index());
        } else if (step != null) {
            behind.skip(step.term(), step.index());
        }
    }

    /**
     * Begins to lead: the first entry of its term is applied. By the updater.
     *
     * @param stillLeads whether Ratis says that this replica leads in the term: it may cease to at any moment, and take
     *     entries of the next leader, because the updater does not hold the server's lock
     */
    void lead(long term, BooleanSupplier stillLeads) {
        if (term <= ledTerm) {
            return; // a later configuration of the same term
        }
        ledTerm = term;
        try {
            // The newest step is that first entry, of Ratis' own, so the state behind it lacks nothing.
            tail.lead(term, behind.copyProducers(), behind.segments().active());
        } catch (IllegalStateException e) {
            if (stillLeads.getAsBoolean()) {
                throw damaged(String.valueOf(e.getMessage()), e);
            }
            LOG.info("{}: led term {} no longer when its first entry was applied", id(), term);
            return;
        }
        LOG.info(
                "{}: leads in term {} (leader epoch {}) from offset {}",
                id(),
                term,
                leaderEpoch(term),
                tail.endOffset());
        appender.open();
        if (!stillLeads.getAsBoolean()) {
            // It was told to stop before it began.
            stopLeading();
        }
    }

    /** Ceases to lead. Under the server's lock. */
    void stopLeading() {
        LOG.info("{}: does not lead any more", id());
        appender.stop();
    }

    void leaderChanged(@Nullable RaftPeerId newLeader) {
        leaderNodeId = newLeader == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(newLeader.toString()));
    }

    /** Writes a checkpoint one entry behind what is applied. By the updater, while it applies nothing. */
    Optional<TermIndex> takeCheckpoint() throws IOException {
        if (behind.index() < 0) {
            return Optional.empty();
        }
        CheckpointFile.write(context.node().storage().disk(), context.directory(), behind.checkpoint());
        bytesSinceCheckpoint.set(0);
        return Optional.of(TermIndex.valueOf(behind.term(), behind.index()));
    }

    long bytesSinceCheckpoint() {
        return bytesSinceCheckpoint.get();
    }

    /** Stops the node: its next start sets this group aside. Returned to be thrown. */
    IllegalStateException damaged(String reason, @Nullable Throwable cause) {
        halt().damaged(id(), reason, cause);
        return new IllegalStateException(id() + ": " + reason, cause);
    }

    /** Takes no more batches. */
    void stop() {
        appender.stop();
    }

    /** After Ratis has closed the division and its log: nothing is flushed any more. */
    @Override
    public void close() throws IOException {
        stop();
        writer.inOrder(() -> {}).join();
        log.close();
    }
}
