package io.cordwood.raft;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.raftlog.RaftLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a replica whose files are given up catch up with a leader that does not notify it, because its raft log reaches back far
 * enough: such a leader sends entries, and the replica has no place for their payload. They are kept off, and Ratis here gets the
 * notification in the leader's stead; what follows is as with the leader's own. Each time that the leader sends them again is one
 * more notification, until a fetched state is installed.
 *
 * <p>Invariants: no entry reaches Ratis while the files are given up; a notification names the leader and the term of an append
 * that came, as that leader might have sent it.
 *
 * <p>Thread: {@link #holds} on gRPC's threads; Ratis, which takes locks, on one of the given executor, once at a time.
 *
 * <p>Source: Ratis 3.3.0, {@code SnapshotInstallationHandler.notifyStateMachineToInstallSnapshot}.
 */
final class RefetchNotice implements AppendGate.Group {
    private static final Logger LOG = LoggerFactory.getLogger(RefetchNotice.class);

    private final ReplicaState replica;
    private final Supplier<Optional<RaftLog>> raftLog;
    private final CompletableFuture<RaftServer> server;
    private final Executor executor;
    private final AtomicBoolean underWay = new AtomicBoolean();

    /**
     * @param raftLog of the division; empty while it is closing
     * @param server completes when the group is bound to it
     */
    RefetchNotice(
            ReplicaState replica,
            Supplier<Optional<RaftLog>> raftLog,
            CompletableFuture<RaftServer> server,
            Executor executor) {
        this.replica = replica;
        this.raftLog = raftLog;
        this.server = server;
        this.executor = executor;
    }

    @Override
    public boolean holds(AppendEntriesRequestProto append) {
        if (!replica.isRefetching()) {
            return false;
        }
        if (server.isDone() && underWay.compareAndSet(false, true)) {
            var leader = append.getServerRequest();
            long term = append.getLeaderTerm();
            try {
                executor.execute(() -> notifyOwn(leader, term));
            } catch (RejectedExecutionException e) {
                underWay.set(false); // the next append asks again
            }
        }
        return true;
    }

    @Override
    public boolean isOpen() {
        try {
            return server.isDone() && raftLog.get().isPresent();
        } catch (IllegalStateException e) {
            return false; // Ratis has not read the raft log yet
        }
    }

    private void notifyOwn(RaftRpcRequestProto leader, long term) {
        try {
            var log = raftLog.get();
            if (log.isPresent() && replica.isRefetching()) {
                server.join().installSnapshot(notification(leader, term, firstNeeded(log.get())));
            }
        } catch (IOException | RuntimeException e) {
            LOG.info("{}: cannot catch up with the leader of term {} yet: {}", replica.id(), term, e.toString());
        } finally {
            underWay.set(false);
        }
    }

    /** Covers the own raft log; Ratis takes less than two entries beyond its checkpoint for nothing new. */
    private static long firstNeeded(RaftLog log) {
        return Math.max(log.getNextIndex() - 1, log.getSnapshotIndex() + 2);
    }

    private static InstallSnapshotRequestProto notification(RaftRpcRequestProto leader, long term, long first) {
        return InstallSnapshotRequestProto.newBuilder()
                .setServerRequest(leader)
                .setLeaderTerm(term)
                .setNotification(InstallSnapshotRequestProto.NotificationProto.newBuilder()
                        .setFirstAvailableTermIndex(
                                TermIndexProto.newBuilder().setTerm(term).setIndex(first)))
                .build();
    }
}
