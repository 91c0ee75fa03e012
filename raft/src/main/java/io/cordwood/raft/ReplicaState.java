package io.cordwood.raft;

import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.CompactEntry;
import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.PartitionTail;
import io.cordwood.partition.TrimEntry;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.LeaderEpochs;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.SegmentTable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica of a partition: holds together its raft log's tail, its segment files and its applied state.
 *
 * <p>Invariants: high watermark &lt;= tail; files hold every entry up to the high watermark; the checkpoint file is never older than
 * the one before it.
 *
 * <p>Thread: each method says who calls it. The monitor of {@code stateLock} guards the checkpoint file and the change from the
 * replica's own state to a fetched one, which two threads make together.
 */
final class ReplicaState implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaState.class);

    private final PartitionContext context;
    private final PartitionTail tail;
    private final PartitionLog log;
    private final SegmentWriter writer;
    private final Appender appender;
    private final HighWatermarkListeners listeners = new HighWatermarkListeners();
    /** First raft index whose bytes are not, or no longer, in the files. Legal above the floor; it must not be committed. */
    private final AtomicLong unverifiedFrom;
    /** By Ratis. */
    private final LogChanges logChanges = new LogChanges();

    private volatile OptionalInt leaderNodeId = OptionalInt.empty();
    private volatile long appliedIndex;
    /** Payload applied since the newest checkpoint. Written by the updater. */
    private final AtomicLong bytesSinceCheckpoint = new AtomicLong();
    /** The newest term that this replica led. The updater's alone. */
    private long ledTerm = -1;

    private final PayloadHold hold;
    private final ReplicaCompaction compaction = new ReplicaCompaction(this);
    /** The newest checkpoint in the file. */
    private volatile Durable durable;

    private final AppliedState applied;
    private final AppendPace pace;
    private final Object stateLock = new Object();
    /** Fetched and in the file; the tail begins at it, the applied state not yet. */
    private @Nullable Checkpoint installing;
    /** The files are given up, which the marker beside the checkpoint says: no other checkpoint until a fetched one. */
    private volatile boolean refetching;

    /** What a checkpoint says of files. */
    private record Durable(long term, long index, SegmentTable segments) {}

    ReplicaState(PartitionContext context, RecoveredReplica recovered) {
        this.context = context;
        log = recovered.log();
        tail = recovered.tail();
        var state = recovered.state();
        applied = new AppliedState(state, context.epochBase());
        pace = new AppendPace(state.lastLeaderTimeMs(), log.highWatermark());
        appliedIndex = state.index();
        durable = new Durable(state.term(), state.index(), state.segments());
        hold = recovered.hold();
        unverifiedFrom = new AtomicLong(recovered.unverifiedFrom());
        refetching = recovered.refetches();
        writer = SegmentWriter.of(context, log);
        appender = new Appender(
                tail,
                context.submitter(),
                new Appender.Settings(
                        context.epochBase(),
                        context.settings(),
                        context.node().clock(),
                        log::highWatermark,
                        offset -> LeaderEpochs.at(log.leaderEpochs(), offset),
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
        return context.leaderEpoch(term);
    }

    /** The newest checkpoint, where there is one. At the start. */
    Optional<TermIndex> checkpointTermIndex() {
        return applied.checkpointBehind().map(ReplicaState::termIndex);
    }

    /** Takes a leader's own entry. Under the log write lock. */
    void appendAsLeader(SubmittedEntry submitted, long term, long index) {
        logChanges.during(() -> {
            take(submitted.entry(), term, index);
            if (submitted.entry() instanceof AppendEntry append) {
                context.node().window().put(context.groupId(), term, index, submitted.getContent());
                writer.appendOwn(append, leaderEpoch(term), submitted.payload());
            }
        });
    }

    /** Takes an entry that a leader sent into the tail and its payload towards the files. Under the log write lock. */
    void append(PartitionEntry entry, ByteBuffer payload, long term, long index) {
        logChanges.during(() -> {
            take(entry, term, index);
            if (entry instanceof AppendEntry append) {
                writer.append(append, leaderEpoch(term), payload);
            }
        });
    }

    private void take(PartitionEntry entry, long term, long index) {
        if (refetching) { // looked at behind the count: who gives up files looks at that afterwards
            throw new IllegalStateException(id() + " takes no entry: its files are given up");
        }
        compaction.resume();
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
        long newestApplied = Math.max(
                appliedIndex, context.node().floor().of(context.groupUuid()).orElse(-1));
        if (firstRemovedIndex <= newestApplied) {
            throw damaged(
                    "raft index " + firstRemovedIndex + " shall be truncated, " + newestApplied + " is applied", null);
        }
        LOG.info("{}: raft log truncated from index {} on", id(), firstRemovedIndex);
        logChanges.during(() -> {
            tail.truncate(firstRemovedIndex);
            unverifiedFrom.updateAndGet(first -> firstRemovedIndex <= first ? Long.MAX_VALUE : first);
        });
    }

    /**
     * Applies a committed entry: readers may see it from now on. Without effect while the files are given up: what is fetched
     * covers the whole raft log. By the updater.
     */
    void apply(long term, long index) {
        synchronized (stateLock) {
            if (refetching || isInstalled(index)) {
                return; // a fetched state covers it, or will
            }
            var entry = tail.applied(term, index)
                    .orElseThrow(
                            () -> damaged("raft index " + index + " of term " + term + " is not in the tail", null));
            if (index >= unverifiedFrom.get()) {
                throw damaged("raft index " + index + " is committed, and its bytes are not in the files", null);
            }
            advance(term, index, entry);
            publish(entry, index);
        }
    }

    private void publish(PartitionEntry entry, long index) {
        if (entry instanceof AppendEntry append) {
            log.advanceHighWatermark(append.endOffset());
            bytesSinceCheckpoint.addAndGet(append.payloadBytes());
            pace.applied(append);
            listeners.fire();
            if (append.roll()) {
                hold.mark(index, append.baseOffset());
            }
        } else if (entry instanceof TrimEntry trim) {
            trim(trim, index);
        } else if (entry instanceof CompactEntry compact) {
            compaction.applied(compact, index);
            bytesSinceCheckpoint.incrementAndGet(); // a checkpoint lists the new files, and lets the old ones go
        }
    }

    private void trim(TrimEntry entry, long index) {
        try {
            log.raiseLogStart(entry.logStartOffset());
        } catch (IllegalStateException e) {
            throw damaged("raft index " + index + ": " + e.getMessage(), e);
        }
        bytesSinceCheckpoint.incrementAndGet(); // a checkpoint knows the log start, and the purge behind it frees files
    }

    /**
     * Deletes the files that lie below the log start, and those that compaction replaced, but for those whose bytes an entry of the
     * raft log may still need: a follower that is fed with it would be lost without them. By any thread.
     *
     * @param raftLogStart first index in the raft log; -1 where it is not known
     */
    void deleteTrimmed(long raftLogStart) {
        long heldFrom = hold.heldFrom(raftLogStart);
        var known = durable;
        // What a pass was made from is needed to repeat it, until a checkpoint covers it.
        long neededFrom = log.hasTrimmed(heldFrom) ? Math.min(heldFrom, sourcesFrom(known.index())) : heldFrom;
        if (log.hasTrimmed(neededFrom)) {
            writer.deleteTrimmed(() -> Math.min(heldFrom, sourcesFrom(known.index())));
        }
        if (log.hasReplaced(known.segments(), heldFrom)) {
            writer.deleteReplaced(known.segments(), heldFrom);
        }
    }

    /** Also those of entries that are not applied: after a restart the log start may be ahead of them. */
    long sourcesFrom(long checkpointIndex) {
        synchronized (stateLock) {
            return Math.min(tail.compactedFrom(), compaction.sourcesFrom(checkpointIndex));
        }
    }

    /** Ahead of the trim entry, which is committed; what is not applied here stays. By any thread. */
    void raiseLogStart(long committedStart) {
        synchronized (stateLock) {
            log.raiseLogStart(Math.min(committedStart, log.highWatermark()));
        }
    }

    /** Whether a fetched state, which the updater is about to learn of, covers this raft index. */
    private boolean isInstalled(long index) {
        return installing != null && index <= installing.index();
    }

    /** Takes note of an applied configuration entry. By the updater. */
    void skip(long term, long index) {
        synchronized (stateLock) {
            if (index > appliedIndex && !refetching) { // else it was noted already, or a fetched state covers it
                advance(term, index, null);
            }
        }
    }

    private void advance(long term, long index, @Nullable PartitionEntry entry) {
        try {
            applied.advance(term, index, entry);
        } catch (IllegalStateException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
        appliedIndex = index;
        // What is applied was forced here, and is never truncated: a floor that needs no lowering.
        context.node().floor().raise(context.groupUuid(), index);
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
        if (refetching) {
            throw damaged("elected while its files are given up", null);
        }
        try {
            // The newest step is that first entry, of Ratis' own, so the state behind it lacks nothing.
            tail.lead(term, applied.copyProducers(), applied.activeSegment());
        } catch (IllegalStateException e) {
            if (stillLeads.getAsBoolean()) {
                throw damaged(String.valueOf(e.getMessage()), e);
            }
            LOG.info("{}: led term {} no longer when its first entry was applied", id(), term);
            return;
        }
        LOG.info("{}: leads with leader epoch {} from offset {}", id(), leaderEpoch(term), tail.endOffset());
        compaction.resume();
        appender.open();
        if (!stillLeads.getAsBoolean()) {
            stopLeading(); // it was told so before it began
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

    /**
     * Writes a checkpoint one entry behind what is applied; none while a fetched one is being installed, nor while the files that
     * it would name are given up, or not in place yet. By any thread.
     */
    Optional<TermIndex> takeCheckpoint() throws IOException {
        synchronized (stateLock) {
            boolean owned = installing == null && !refetching && applied.indexBehind() < compaction.firstPendingIndex();
            var checkpoint = owned ? applied.checkpointBehind() : Optional.<Checkpoint>empty();
            if (checkpoint.isPresent()) {
                write(checkpoint.get());
            }
            return checkpoint.map(ReplicaState::termIndex);
        }
    }

    /** Where the newest checkpoint in the file stands, -1 where there is none; empty while the files are given up. */
    Optional<TermIndex> durableCheckpoint() {
        var known = durable;
        return isRefetching() ? Optional.empty() : Optional.of(TermIndex.valueOf(known.term(), known.index()));
    }

    private void write(Checkpoint checkpoint) throws IOException {
        CheckpointFile.write(context.node().storage().disk(), context.directory(), checkpoint);
        durable = new Durable(checkpoint.term(), checkpoint.index(), checkpoint.segments());
        bytesSinceCheckpoint.set(0);
    }

    /**
     * Puts a fetched checkpoint, whose bytes are all in the files, in the place of the replica's own: a crash from here on goes on
     * from it, and the next entry of the raft log follows it. Under the server's lock.
     */
    void install(Checkpoint fetched) throws IOException {
        synchronized (stateLock) {
            try {
                write(fetched);
            } catch (IOException e) {
                halt().failed("cannot write the checkpoint of " + id(), e);
                throw e;
            }
            installing = fetched;
            refetching = false;
            appliedIndex = fetched.index();
            tail.restart(
                    fetched.logStartOffset(),
                    fetched.highWatermark(),
                    fetched.lastLeaderTimeMs(),
                    fetched.compactedEnd());
            compaction.restarted();
            unverifiedFrom.set(Long.MAX_VALUE);
        }
    }

    /** Makes the installed checkpoint the applied state. By the updater, which applies nothing before. Returns where it stands. */
    TermIndex restart() {
        Checkpoint fetched;
        synchronized (stateLock) {
            fetched = Objects.requireNonNull(installing, "nothing is installed");
            applied.restart(fetched);
            pace.restart(fetched);
            log.advanceHighWatermark(fetched.highWatermark());
            log.raiseLogStart(fetched.logStartOffset());
            context.node().floor().raise(context.groupUuid(), fetched.index());
            hold.mark(fetched.index() + 1, fetched.highWatermark());
            installing = null;
        }
        listeners.fire();
        return termIndex(fetched);
    }

    private static TermIndex termIndex(Checkpoint checkpoint) {
        return TermIndex.valueOf(checkpoint.term(), checkpoint.index());
    }

    AppliedState applied() {
        return applied;
    }

    /** As {@link PartitionReplica#backlog}. */
    PartitionBacklog backlog(long offset, long limitOffset) throws IOException {
        return pace.with(
                log.backlog(offset, limitOffset),
                settings().topic(),
                context.node().clock().nowMs());
    }

    ReplicaCompaction compaction() {
        return compaction;
    }

    SegmentWriter writer() {
        return writer;
    }

    LogChanges logChanges() {
        return logChanges;
    }

    /**
     * The bytes from this offset on give way to the leader's: what the raft log says of them must not be committed as it is.
     *
     * @param requireUnchanged throws where an entry came meanwhile: its bytes follow, and are its own
     */
    void replaceFrom(long offset, Runnable requireUnchanged) {
        var first = tail.firstIndexBeyond(offset);
        requireUnchanged.run();
        first.ifPresent(index -> unverifiedFrom.accumulateAndGet(index, Math::min));
    }

    /**
     * Says durably that the files are given up: the checkpoint stays as it is until a fetched one takes its place. By the writer
     * thread.
     */
    void giveUpFiles() throws IOException {
        synchronized (stateLock) {
            replaceFrom(0, () -> {});
            if (!refetching) { // else it is there, and must not be missing for a moment
                RefetchMarker.write(context.node().storage().disk(), context.directory());
                refetching = true;
            }
        }
    }

    /** Whether the files are given up, and the others not fetched yet. By any thread. */
    boolean isRefetching() {
        return refetching;
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
        compaction.close();
        writer.close();
    }
}
