package io.cordwood.raft;

import io.cordwood.store.PartitionId;
import org.jspecify.annotations.Nullable;

/** For tests in which nothing may end the process. */
final class UnexpectedHalt implements NodeHalt {
    @Override
    public void damaged(PartitionId partition, String reason, @Nullable Throwable cause) {
        throw new AssertionError(partition + " is damaged: " + reason, cause);
    }

    @Override
    public void failed(String reason, Throwable cause) {
        throw new AssertionError(reason, cause);
    }
}
