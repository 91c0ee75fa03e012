package io.cordwood.raft;

import io.cordwood.store.CheckpointFile;
import io.cordwood.store.LogRead;
import java.io.IOException;

/**
 * A replica as others catch up with it: its applied state, whoever leads, and its batches below the high watermark.
 *
 * <p>Thread: any.
 */
record ReplicaOrigin(ReplicaState replica) implements CatchUpSource.Origin {
    @Override
    public byte[] stateFrom(long firstIndex) throws IOException {
        var checkpoint = replica.applied().checkpoint();
        if (checkpoint.isEmpty() || checkpoint.get().index() < firstIndex) {
            throw new IOException("the state of " + replica.id() + " here lies below raft index " + firstIndex);
        }
        return CheckpointFile.encode(checkpoint.get()).array();
    }

    @Override
    public LogRead read(long offset, long endOffset, int maxBytes) throws IOException {
        return replica.log().readKept(offset, Math.min(endOffset, replica.log().highWatermark()), maxBytes);
    }
}
