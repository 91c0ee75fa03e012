package io.cordwood.server.partition;

import io.cordwood.store.PartitionId;
import java.util.Optional;

/** Port to the partition replicas that this node has open. Thread: any. */
public interface LocalReplicas {
    Optional<Replica> find(PartitionId id);
}
