package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataState;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
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
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the metadata group's log to {@link MetadataState} and publishes the images.
 *
 * <p>Invariants: an entry that does not parse, or breaks an invariant of the state, stops the node; the snapshot file
 * holds the state at exactly the term and index that {@link #getLatestSnapshot} tells.
 *
 * <p>Thread: Ratis' state machine updater of the group, except {@link #startTransaction}, which any thread calls.
 */
final class MetadataStateMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataStateMachine.class);

    private final MetadataSnapshotFile snapshotFile;
    private final ClientId clientId;
    private final MetadataView view;
    private final LongConsumer applied;
    private final NodeHalt halt;
    private MetadataState state = new MetadataState(MetadataImage.EMPTY);
    private volatile @Nullable SnapshotInfo latest;

    /**
     * @param clientId the only one whose commands are taken: the node port accepts Ratis clients too
     * @param applied told each applied raft index
     * @param halt told what makes it impossible to go on
     */
    MetadataStateMachine(
            MetadataSnapshotFile snapshotFile,
            ClientId clientId,
            MetadataView view,
            LongConsumer applied,
            NodeHalt halt) {
        this.snapshotFile = snapshotFile;
        this.clientId = clientId;
        this.view = view;
        this.applied = applied;
        this.halt = halt;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage) throws IOException {
        super.initialize(server, groupId, storage);
        var snapshot = snapshotFile.read();
        if (snapshot.isPresent()) {
            state = new MetadataState(snapshot.get().image());
            var position =
                    TermIndex.valueOf(snapshot.get().term(), snapshot.get().index());
            setLastAppliedTermIndex(position);
            latest = new MetadataSnapshotInfo(position);
            view.publish(state.image());
        }
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
            var command = MetadataCodec.decodeCommand(
                    entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
            var result = state.apply(command, entry.getIndex());
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
            view.publish(state.image());
            applied.accept(entry.getIndex());
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

    @Override
    public long takeSnapshot() throws IOException {
        var position = getLastAppliedTermIndex();
        var snapshot = new MetadataCodec.Snapshot(position.getTerm(), position.getIndex(), state.image());
        snapshotFile.write(snapshot);
        latest = new MetadataSnapshotInfo(position);
        return position.getIndex();
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return latest;
    }

    /**
     * Ratis asks every new member. The log is never purged, so the leader has all that this node lacks: null lets it send
     * the entries.
     */
    @Override
    public CompletableFuture<@Nullable TermIndex> notifyInstallSnapshotFromLeader(
            RoleInfoProto roleInfo, TermIndex firstTermIndexInLog) {
        if (firstTermIndexInLog.getIndex() <= getLastAppliedTermIndex().getIndex() + 1) {
            return CompletableFuture.completedFuture(null);
        }
        var reason = "the metadata leader's log begins at " + firstTermIndexInLog + ", this node applied "
                + getLastAppliedTermIndex() + ": entries between them are gone";
        LOG.error("metadata group {}: {}", getGroupId(), reason);
        return CompletableFuture.failedFuture(new IOException(reason));
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        halt.failed("the metadata group's raft log failed", cause);
    }

    /** Where the snapshot stands; Ratis never ships the file. */
    private record MetadataSnapshotInfo(TermIndex position) implements SnapshotInfo {
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
