package io.cordwood.server.partition;

import io.cordwood.store.PartitionId;
import java.util.Optional;
import java.util.UUID;

/** Port to the partition replicas that this node has open. Thread: any. */
public interface LocalReplicas {
    Optional<Replica> find(PartitionId id);

    /** Whether the replica of this Raft group is not opened here until an operator sees to it. */
    boolean isSetAside(UUID raftGroupId);
}
