package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataState;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the metadata group's log to {@link MetadataState} and publishes the images.
 *
 * <p>Invariants: an entry that does not parse, or breaks an invariant of the state, stops the node; the snapshot file
 * holds the state at exactly the term and index that {@link #getLatestSnapshot} tells, which a node takes itself one
 * entry behind the newest: one at the very end of the log can make Ratis notify a follower for ever (RATIS-2500).
 *
 * <p>Thread: Ratis' state machine updater of the group, except {@link #startTransaction}, which any thread calls, and
 * what belongs to a catch-up. The monitor of {@code snapshotLock} guards the snapshot file and what is to be installed.
 */
final class MetadataStateMachine extends BaseStateMachine implements CatchUpSource.Origin {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataStateMachine.class);

    private final MetadataSnapshotFile snapshotFile;
    private final ClientId clientId;
    private final BooleanSupplier expectsClose;
    private final MetadataView view;
    private volatile boolean closeExpected;
    private final LongConsumer applied;
    private final NodeHalt halt;
    private final InstallSlot installs;
    private final CatchUps catchUps;
    private final Object snapshotLock = new Object();
    private MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private MetadataCodec.@Nullable Snapshot behind;
    private volatile MetadataCodec.@Nullable Snapshot newest;
    private MetadataCodec.@Nullable Snapshot installing;
    private volatile @Nullable SnapshotInfo latest;
    /** Commands applied since the newest snapshot. */
    private final AtomicLong bytesSinceSnapshot = new AtomicLong();

    /**
     * What belongs to this node.
     *
     * @param clientId the only one whose commands are taken: the node port accepts Ratis clients too
     * @param expectsClose whether the whole node is stopping
     */
    record Own(MetadataSnapshotFile snapshotFile, ClientId clientId, BooleanSupplier expectsClose) {}

    /**
     * @param applied told each applied raft index
     * @param catchUps of the node
     * @param halt told what makes it impossible to go on
     */
    MetadataStateMachine(Own own, MetadataView view, LongConsumer applied, CatchUps catchUps, NodeHalt halt) {
        this.snapshotFile = own.snapshotFile();
        this.clientId = own.clientId();
        this.expectsClose = own.expectsClose();
        this.catchUps = catchUps;
        this.installs = new InstallSlot(
                () -> "the metadata group", catchUps.metadataExecutor(), catchUps.counters(), this::prepare);
        this.view = view;
        this.applied = applied;
        this.halt = halt;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        snapshotFile.read().ifPresent(snapshot -> {
            restore(snapshot);
            latest = MetadataSnapshotInfo.of(snapshot);
        });
        catchUps.source().put(groupId.getUuid(), this);
        getLifeCycle().startAndTransition(() -> {}, IOException.class);
    }

    private void restore(MetadataCodec.Snapshot snapshot) {
        state = new MetadataState(snapshot.image());
        behind = snapshot;
        newest = snapshot;
        setLastAppliedTermIndex(TermIndex.valueOf(snapshot.term(), snapshot.index()));
        view.publish(state.image());
    }

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) {
        var context = TransactionContext.newBuilder()
                .setStateMachine(this)
                .setClientRequest(request)
                .setLogData(request.getMessage().getContent())
                .build();
        if (!request.getClientId().equals(clientId)) {
            context.setException(new StateMachineException(
                    "commands come in through a node, not from Ratis client " + request.getClientId()));
        }
        return context;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext context) {
        var entry = Objects.requireNonNull(context.getLogEntry(), "applied without an entry");
        try {
            var bytes = entry.getStateMachineLogEntry().getLogData();
            var command = MetadataCodec.decodeCommand(bytes.asReadOnlyByteBuffer());
            var result = state.apply(command, entry.getIndex());
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
            step(entry.getTerm(), entry.getIndex());
            view.publish(state.image());
            applied.accept(entry.getIndex());
            bytesSinceSnapshot.addAndGet(bytes.size());
            return CompletableFuture.completedFuture(message(MetadataCodec.encode(result)));
        } catch (RuntimeException e) {
            halt.failed("metadata entry at term " + entry.getTerm() + ", index " + entry.getIndex(), e);
            throw e;
        }
    }

    private static Message message(byte[] bytes) {
        ByteString content = UnsafeByteOperations.unsafeWrap(bytes);
        return () -> content;
    }

    /** A linearizable read asks for nothing: the image that is published when it completes is current. */
    @Override
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    private void step(long term, long index) {
        behind = newest;
        newest = new MetadataCodec.Snapshot(term, index, state.image());
    }

    /** By the updater, for each applied entry that is not ours. */
    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        super.notifyTermIndexUpdated(term, index);
        step(term, index);
    }

    @Override
    public long takeSnapshot() throws IOException {
        synchronized (snapshotLock) {
            var snapshot = behind;
            if (snapshot == null || installing != null) {
                return RaftLog.INVALID_LOG_INDEX;
            }
            write(snapshot);
            return snapshot.index();
        }
    }

    private void write(MetadataCodec.Snapshot snapshot) throws IOException {
        snapshotFile.write(snapshot);
        bytesSinceSnapshot.set(0);
        latest = MetadataSnapshotInfo.of(snapshot);
    }

    /**
     * What a start would apply again.
     *
     * @param bytes of commands
     */
    record Unsaved(long entries, long bytes) {
        static final Unsaved NOTHING = new Unsaved(0, 0);
    }

    /** At any time, also while the group is opening: Ratis' own answer fails then, for a moment even in its state RUNNING. */
    Unsaved sinceSnapshot() {
        var snapshot = latest;
        long saved = snapshot == null ? RaftLog.INVALID_LOG_INDEX : snapshot.getIndex();
        return new Unsaved(getLastAppliedTermIndex().getIndex() - saved, bytesSinceSnapshot.get());
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return latest;
    }

    @Override
    public CompletableFuture<@Nullable TermIndex> notifyInstallSnapshotFromLeader(
            RoleInfoProto roleInfo, TermIndex firstTermIndexInLog) {
        return installs.notified(() -> RaftGroups.leaderOf(roleInfo), firstTermIndexInLog);
    }

    private Optional<InstallSlot.Ready> prepare(int leaderNode, TermIndex first)
            throws IOException, InterruptedException {
        LOG.info(
                "the metadata group: catches up with node {}: its raft log begins at {}, this node applied {}",
                leaderNode,
                first,
                getLastAppliedTermIndex());
        var peer = catchUps.peer(leaderNode, getGroupId().getUuid()).unthrottled();
        var bytes = peer.stateFrom(Math.max(first.getIndex(), lastLogIndex()));
        return Optional.of(new Fetched(MetadataCodec.decodeSnapshot(bytes)));
    }

    private long lastLogIndex() throws IOException {
        return getServer().join().getDivision(getGroupId()).getRaftLog().getNextIndex() - 1;
    }

    @Override
    public byte[] stateFrom(long firstIndex) throws IOException {
        var snapshot = newest;
        if (snapshot == null || snapshot.index() < firstIndex) {
            throw new IOException("the metadata here lies below raft index " + firstIndex);
        }
        return MetadataCodec.encode(snapshot);
    }

    @Override
    public ByteBuffer file(CatchUpSource.FilePlace place, int maxBytes) throws IOException {
        throw new IOException("the metadata group has no segments");
    }

    @Override
    public LogRead read(long offset, long endOffset, int maxBytes) throws IOException {
        throw new IOException("the metadata group has no batches");
    }

    /** Before the installed state takes the place of the own one; Ratis asks for exactly this state afterwards. */
    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        synchronized (snapshotLock) {
            restore(Objects.requireNonNull(installing, "nothing is installed"));
            installing = null;
        }
        applied.accept(getLastAppliedTermIndex().getIndex());
        getLifeCycle().startAndTransition(() -> {}, IOException.class);
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        halt.failed("the metadata group's raft log failed", cause);
    }

    /** The group is about to be closed by this node. */
    void expectClose() {
        closeExpected = true;
    }

    /**
     * A division that closes by itself, after an exception of any kind, would leave a node that hears of
     * nothing any more.
     */
    @Override
    public void close() {
        if (!closeExpected && !expectsClose.getAsBoolean() && getServer().isDone()) {
            halt.failed(
                    "Ratis closed the metadata group",
                    new IllegalStateException("the division closed by itself, its log says why"));
        }
    }

    /** The leader's metadata, fetched. */
    private final class Fetched implements InstallSlot.Ready {
        private final MetadataCodec.Snapshot snapshot;

        Fetched(MetadataCodec.Snapshot snapshot) {
            this.snapshot = snapshot;
        }

        @Override
        public TermIndex termIndex() {
            return TermIndex.valueOf(snapshot.term(), snapshot.index());
        }

        @Override
        public boolean isCurrent() {
            try {
                return lastLogIndex() <= snapshot.index();
            } catch (IOException e) {
                return false; // closing
            }
        }

        @Override
        public void install() throws IOException {
            synchronized (snapshotLock) {
                try {
                    write(snapshot);
                } catch (IOException e) {
                    halt.failed("cannot write the metadata's snapshot", e);
                    throw e;
                }
                installing = snapshot;
            }
        }
    }

    /** Where the snapshot stands; Ratis never ships the file. */
    private record MetadataSnapshotInfo(TermIndex position) implements SnapshotInfo {
        static MetadataSnapshotInfo of(MetadataCodec.Snapshot snapshot) {
            return new MetadataSnapshotInfo(TermIndex.valueOf(snapshot.term(), snapshot.index()));
        }

        @Override
        public TermIndex getTermIndex() {
            return position;
        }

        @Override
        public List<FileInfo> getFiles() {
            return List.of();
        }
    }
}
