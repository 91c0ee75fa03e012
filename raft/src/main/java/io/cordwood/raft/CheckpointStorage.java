package io.cordwood.raft;

import java.util.List;
import java.util.Optional;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.jspecify.annotations.Nullable;

/**
 * Tells Ratis at which raft index the newest checkpoint stands. Ratis asks often; its own storage lists a directory each time.
 *
 * <p>Invariant: the index never falls, in whatever order those report who took one.
 *
 * <p>Thread: any. The monitor guards the change of the one field.
 */
final class CheckpointStorage implements StateMachineStorage {
    private volatile @Nullable Taken newest;

    private record Taken(TermIndex termIndex) implements SnapshotInfo {
        @Override
        public TermIndex getTermIndex() {
            return termIndex;
        }

        /** Ratis ships no files of ours. */
        @Override
        public List<FileInfo> getFiles() {
            return List.of();
        }
    }

    CheckpointStorage(Optional<TermIndex> restored) {
        newest = restored.map(Taken::new).orElse(null);
    }

    synchronized void taken(TermIndex termIndex) {
        var before = newest;
        if (before == null || before.termIndex().getIndex() < termIndex.getIndex()) {
            newest = new Taken(termIndex);
        }
    }

    @Override
    public void init(RaftStorage raftStorage) {}

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return newest;
    }

    @Override
    public void format() {}

    @Override
    public void cleanupOldSnapshots(SnapshotRetentionPolicy policy) {}
}
