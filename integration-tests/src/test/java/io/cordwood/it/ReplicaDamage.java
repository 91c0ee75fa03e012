package io.cordwood.it;

import io.cordwood.store.DirectoryTree;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Function;

/** What befalls a replica whose node is down, below what its floor covers. */
public enum ReplicaDamage {
    RAFT_LOG_CUT(replica -> replica.raftLog().newestFile(), FileHarm.CUT),
    RAFT_LOG_ZEROED(replica -> replica.raftLog().newestFile(), FileHarm.ZEROED),
    RAFT_LOG_FLIPPED(replica -> replica.raftLog().newestFile(), FileHarm.FLIPPED),
    RAFT_LOG_DELETED(replica -> replica.raftLog().newestFile(), FileHarm.DELETED),
    /** In a file that takes no more entries; those are below the checkpoint. */
    CLOSED_RAFT_LOG_CUT(replica -> replica.raftLog().largestClosedFile(), FileHarm.CUT),
    CLOSED_RAFT_LOG_FLIPPED(replica -> replica.raftLog().largestClosedFile(), FileHarm.FLIPPED),
    SEGMENT_CUT(ReplicaOnDisk::newestSegment, FileHarm.CUT),
    SEGMENT_ZEROED(ReplicaOnDisk::newestSegment, FileHarm.ZEROED),
    SEGMENT_FLIPPED(ReplicaOnDisk::newestSegment, FileHarm.FLIPPED),
    SEGMENT_DELETED(ReplicaOnDisk::newestSegment, FileHarm.DELETED),
    CHECKPOINT_CUT(ReplicaOnDisk::checkpoint, FileHarm.CUT),
    CHECKPOINT_ZEROED(ReplicaOnDisk::checkpoint, FileHarm.ZEROED),
    CHECKPOINT_FLIPPED(ReplicaOnDisk::checkpoint, FileHarm.FLIPPED),
    /** The raft log holds all that it said. */
    CHECKPOINT_DELETED(ReplicaOnDisk::checkpoint, FileHarm.DELETED) {
        @Override
        boolean setsAside() {
            return false;
        }
    },
    RAFT_LOG_DIRECTORY_DELETED(replica -> DirectoryTree.delete(replica.raftLog().group())),
    ALL_DELETED(replica -> {
        DirectoryTree.delete(replica.raftLog().group());
        DirectoryTree.delete(replica.segments().directory());
    });

    @SuppressWarnings("ImmutableEnumChecker") // functions without a state
    private final Consumer<ReplicaOnDisk> harm;

    ReplicaDamage(Consumer<ReplicaOnDisk> harm) {
        this.harm = harm;
    }

    ReplicaDamage(Function<ReplicaOnDisk, Path> file, FileHarm harm) {
        this(replica -> harm.doTo(file.apply(replica)));
    }

    /** Whether the node must not open the replica any more; else it has everything as before. */
    boolean setsAside() {
        return true;
    }

    public void doTo(ReplicaOnDisk replica) {
        harm.accept(replica);
    }
}
