package io.cordwood.raft;

import io.cordwood.store.PartitionId;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.ratis.protocol.RaftGroupId;

/**
 * What a replica knows of itself before it opens.
 *
 * @param directory of its segments and checkpoint
 * @param epochBase leader epoch = epochBase + term
 */
record PartitionContext(
        PartitionNode node,
        PartitionId id,
        RaftGroupId groupId,
        Path directory,
        int epochBase,
        ReplicaSettings settings,
        Appender.EntrySubmitter submitter) {

    UUID groupUuid() {
        return groupId.getUuid();
    }

    /** What clients see of a term. */
    int leaderEpoch(long term) {
        return Math.addExact(epochBase, Math.toIntExact(term));
    }

    /** The group's directory in Ratis' storage. */
    Path raftGroupDirectory() {
        return node.raftDirectory().resolve(groupUuid().toString());
    }
}
