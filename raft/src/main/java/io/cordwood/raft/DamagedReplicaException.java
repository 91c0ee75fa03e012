package io.cordwood.raft;

import io.cordwood.store.PartitionId;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A replica has lost something that it once had: it must neither serve nor vote. */
final class DamagedReplicaException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedReplicaException(PartitionId partition, String reason, @Nullable Throwable cause) {
        super(partition + " is damaged: " + reason, cause);
    }
}
