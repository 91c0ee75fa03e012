package io.cordwood.raft;

import io.cordwood.batch.RecordBatch;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.EntryCodec;
import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.UnknownEntryException;
import io.cordwood.store.LogClosedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ratis' view of a partition: translates its calls for {@link ReplicaState}, which keeps what they add up to.
 *
 * <p>The payload of an entry goes to the segment files through {@link #write} and is never in the raft log; the log holds the
 * header. {@link #flush} is the force of the segments, which Ratis follows with that of the log.
 *
 * <p>Thread: {@code startTransaction} any; {@code preAppendTransaction}, {@code write} and {@code truncate} under the log write
 * lock; {@code flush} the log worker; apply and notifications of configurations the updater; {@code read} the log appenders.
 *
 * <p>Source: Ratis 3.3.0, {@code StateMachine.DataApi}, {@code SegmentedRaftLogWorker}, {@code RaftServerImpl}.
 */
final class PartitionStateMachine extends BaseStateMachine implements StateMachine.DataApi {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionStateMachine.class);
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final ClientId ownClientId;
    private final ReplicaState replica;
    private final DivisionSubmitter submitter;
    private final Closes closes;
    private final FollowerPayloads payloads;
    private final CheckpointStorage checkpoints;
    private final InstallSlot installs;
    private final IntFunction<CatchUpPeer> peerOf;
    private final RefetchNotice refetchNotice;
    private final RaftMeters meters;
    private final EntryBytes entryBytes = new EntryBytes();

    /**
     * What the close of the division means.
     *
     * @param expected whether the whole node is stopping
     * @param byItself called where neither the node stops nor the group is being removed
     */
    record Closes(BooleanSupplier expected, Runnable byItself) {}

    PartitionStateMachine(PartitionContext context, ReplicaState replica, DivisionSubmitter submitter, Closes closes) {
        this.closes = closes;
        this.ownClientId = context.node().client().id();
        this.replica = replica;
        this.submitter = submitter;
        this.meters = context.node().meters();
        payloads = new FollowerPayloads(context, replica.log());
        checkpoints = new CheckpointStorage(replica.checkpointTermIndex());
        var catchUps = context.node().catchUps();
        peerOf = node -> catchUps.peer(node, context.groupUuid());
        installs = new InstallSlot(
                () -> replica.id().toString(),
                catchUps.executor(),
                catchUps.counters(),
                new ReplicaCatchUp(replica, context, new RaftLogEnd(this::raftLog), checkpoints));
        refetchNotice = new RefetchNotice(replica, this::raftLog, getServer(), catchUps.shortTasks());
    }

    RefetchNotice refetchNotice() {
        return refetchNotice;
    }

    /** Whether the replica's files are given up, and the others not fetched yet. */
    boolean isRefetching() {
        return replica.isRefetching();
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        submitter.bind(server, groupId);
        var restored = checkpoints.getLatestSnapshot();
        if (restored != null) {
            setLastAppliedTermIndex(restored.getTermIndex());
        }
        getLifeCycle().startAndTransition(() -> {}, IOException.class);
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return checkpoints;
    }

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) {
        var builder = TransactionContext.newBuilder().setStateMachine(this).setClientRequest(request);
        if (request.getClientId().equals(ownClientId) && request.getMessage() instanceof SubmittedEntry entry) {
            return builder.setLogData(entry.header())
                    .setStateMachineData(entry.getContent())
                    .setStateMachineContext(entry)
                    .build();
        }
        // The node port reaches Ratis' own client service too: nobody writes a partition's log but its appender.
        var refused = builder.setLogData(ByteString.EMPTY).build();
        refused.setException(new StateMachineException(
                "partition " + replica.id() + " takes entries from its own appender only", false));
        return refused;
    }

    @Override
    public TransactionContext preAppendTransaction(TransactionContext context) throws IOException {
        var entry = (SubmittedEntry) context.getStateMachineContext();
        if (!replica.tail().accepts(entry.entry(), entry.draftTerm())) {
            throw new StateMachineException(
                    "an entry of term " + entry.draftTerm() + " of " + replica.id()
                            + " comes too late: the log is now ["
                            + replica.tail().logStartOffset() + ", "
                            + replica.tail().endOffset() + ")",
                    null,
                    false);
        }
        return context;
    }

    @Override
    public CompletableFuture<?> write(LogEntryProto entry, TransactionContext context) {
        if (context != null && context.getStateMachineContext() instanceof SubmittedEntry submitted) {
            if (submitted.entry() instanceof AppendEntry append) {
                stamp(append, submitted.payload(), replica.leaderEpoch(entry.getTerm()));
            }
            replica.appendAsLeader(submitted, entry.getTerm(), entry.getIndex());
            meters.groups().tookOwn();
            entryBytes.add(entry.getIndex(), submitted.payload().remaining());
        } else {
            var payload = payloadOf(
                    entry.getStateMachineLogEntry().getStateMachineEntry().getStateMachineData());
            replica.append(decode(entry), payload, entry.getTerm(), entry.getIndex());
            meters.groups().tookForeign();
            entryBytes.add(entry.getIndex(), payload.remaining());
        }
        // The writer thread keeps the order, and flush waits for it: the log worker need not wait here.
        return DONE;
    }

    private static void stamp(AppendEntry entry, ByteBuffer payload, int leaderEpoch) {
        int position = 0;
        for (BatchHeader header : entry.batches()) {
            RecordBatch.stamp(payload, position, header.baseOffset(), leaderEpoch);
            position += header.sizeBytes();
        }
    }

    private static ByteBuffer payloadOf(ByteString bytes) {
        return bytes.asReadOnlyByteBuffer();
    }

    private PartitionEntry decode(LogEntryProto entry) {
        try {
            return EntryCodec.decode(
                    entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
        } catch (UnknownEntryException e) {
            replica.halt().failed("raft index " + entry.getIndex() + " of " + replica.id() + ": " + e.getMessage(), e);
            throw new IllegalStateException(e);
        } catch (IllegalArgumentException e) {
            throw replica.damaged("raft index " + entry.getIndex() + " is no entry: " + e.getMessage(), e);
        }
    }

    @Override
    public CompletableFuture<Void> flush(long index) {
        return replica.force();
    }

    /** The index is that of the first removed entry, whatever Ratis' Javadoc says. */
    @Override
    public CompletableFuture<Void> truncate(long index) {
        replica.truncate(index);
        return DONE;
    }

    @Override
    public CompletableFuture<ByteString> read(LogEntryProto entry, @Nullable TransactionContext context) {
        if (context != null) {
            var pinned =
                    context.getStateMachineLogEntry().getStateMachineEntry().getStateMachineData();
            if (!pinned.isEmpty()) {
                return CompletableFuture.completedFuture(pinned);
            }
        }
        try {
            return CompletableFuture.completedFuture(payloads.of(decode(entry), entry.getTerm(), entry.getIndex()));
        } catch (ClosedByInterruptException | LogClosedException e) {
            // Ratis stops an appender by an interrupt, and closes a group without waiting for those of a deposed
            // leader.
            return CompletableFuture.failedFuture(new PayloadUnavailableException(
                    "the appender of raft index " + entry.getIndex() + " of " + replica.id() + " is being stopped", e));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext context) {
        var entry = context.getLogEntry();
        replica.apply(entry.getTerm(), entry.getIndex());
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    /** Also called, on another thread, for the configuration that comes with an install notification: it is not applied then. */
    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        if (isLeaderOf(term)) {
            replica.skip(term, index);
            replica.lead(term, () -> isLeaderOf(term));
        }
    }

    /** By the updater, for each applied entry that is not ours; behind {@link #notifyConfigurationChanged}. */
    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        replica.skip(term, index);
        super.notifyTermIndexUpdated(term, index);
    }

    private boolean isLeaderOf(long term) {
        try {
            var info = getServer().join().getDivision(getGroupId()).getInfo();
            return info.isLeader() && info.getCurrentTerm() == term;
        } catch (IOException e) {
            LOG.info("{} is closing: {}", replica.id(), e.getMessage());
            return false;
        }
    }

    /** See {@link ReplicaState#deleteTrimmed}. Without effect while the group is opening or closing. */
    void deleteTrimmed() {
        runningDivision()
                .ifPresent(
                        division -> replica.deleteTrimmed(division.getRaftLog().getStartIndex()));
    }

    /** The other nodes with a replica, the leader first; none while the group is opening or closing. */
    List<CatchUpPeer> otherReplicas() {
        var leader = replica.leaderNodeId();
        return runningDivision().stream()
                .flatMap(division -> division.getGroup().getPeers().stream()
                        .filter(peer -> !peer.getId().equals(division.getPeer().getId())))
                .map(peer -> Integer.parseInt(peer.getId().toString()))
                .sorted(Comparator.comparing(node -> node != leader.orElse(-1)))
                .map(peerOf::apply)
                .toList();
    }

    /**
     * Empty while the group is opening or closing: Ratis binds the state machine before it has read the
     * raft log.
     */
    Optional<Division> runningDivision() {
        return getServer().isDone()
                ? division()
                        .filter(division ->
                                division.getInfo().getLifeCycleState().isRunning())
                : Optional.empty();
    }

    /** What the newest entries of the log brought. */
    EntryBytes entryBytes() {
        return entryBytes;
    }

    private Optional<RaftLog> raftLog() {
        return division().map(Division::getRaftLog);
    }

    private Optional<Division> division() {
        try {
            return Optional.of(getServer().join().getDivision(getGroupId()));
        } catch (IOException e) {
            return Optional.empty(); // closing
        }
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        if (replica.appender().isLeading()) { // else it never began to, or said so before
            meters.groups().steppedDown();
        }
        replica.stopLeading();
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, @Nullable RaftPeerId newLeader) {
        if (newLeader != null) {
            meters.groups().leaderChanged();
        }
        replica.leaderChanged(newLeader);
    }

    @Override
    public void notifyLogFailed(Throwable cause, LogEntryProto entry) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof PayloadUnavailableException) {
                LOG.error("{}: cannot feed a follower", replica.id(), cause);
                return;
            }
            // A closing group waits three seconds for Ratis' log worker and goes on without it: one that stood still
            // for
            // longer before its flush finds the segments closed. Its entry is not acknowledged.
            if (each instanceof LogClosedException) {
                LOG.info("{}: an entry came when the log was closed already", replica.id());
                return;
            }
        }
        // A node whose raft log closed would stay a follower for ever and never say so.
        replica.halt().failed("the raft log of " + replica.id() + " failed", cause);
    }

    @Override
    public CompletableFuture<@Nullable TermIndex> notifyInstallSnapshotFromLeader(RoleInfoProto role, TermIndex first) {
        return installs.notified(() -> RaftGroups.leaderOf(role), first);
    }

    /** See {@link DivisionSubmitter#confirm}. */
    CompletableFuture<Confirmation> confirm(long term, Duration within) {
        return submitter.confirm(term, within);
    }

    /** No catch-up of the replica runs when it returns, and none begins. */
    void endCatchUp() {
        installs.close();
    }

    /** Before the installed state takes the place of the own one; Ratis asks for exactly this state afterwards. */
    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        setLastAppliedTermIndex(replica.restart());
        getLifeCycle().startAndTransition(() -> {}, IOException.class);
    }

    @Override
    public long takeSnapshot() throws IOException {
        var taken = takeCheckpoint();
        if (taken.isEmpty()) {
            return RaftLog.INVALID_LOG_INDEX;
        }
        checkpoints.taken(taken.get());
        return taken.get().getIndex();
    }

    private Optional<TermIndex> takeCheckpoint() throws IOException {
        long startNanos = System.nanoTime();
        try {
            var taken = replica.takeCheckpoint();
            taken.ifPresent(ignored -> meters.store().checkpointTaken(System.nanoTime() - startNanos));
            return taken;
        } catch (IOException e) {
            meters.store().checkpointFailed();
            throw e;
        }
    }

    /**
     * The log stays open: Ratis' log worker may still flush, and a force that fails would stop the node. A division closes by itself
     * when it is no member any more; one that does so after an exception of any kind would leave a node that has no replica and
     * does not say so.
     */
    @Override
    public void close() {
        replica.stop();
        if (!closes.expected().getAsBoolean() && isServed()) {
            closes.byItself().run();
        }
    }

    /** A group that is being removed is not found any more. While the server closes, it must not be asked: it holds a lock. */
    private boolean isServed() {
        if (!getServer().isDone()) {
            return false; // never initialized
        }
        var server = getServer().join();
        if (server.getLifeCycleState().isClosingOrClosed()) {
            return true; // Ratis closed all of it, after a long pause of the process
        }
        try {
            server.getDivision(getGroupId());
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
