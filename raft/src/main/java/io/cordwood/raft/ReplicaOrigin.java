package io.cordwood.raft;

import io.cordwood.metrics.Traffic;
import io.cordwood.store.CheckpointFile;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * A replica as others catch up with it: its applied state, whoever leads, and its batches below the high watermark.
 *
 * <p>Thread: any.
 *
 * @param traffic where what is served counts; asked for at each piece, because few replicas ever serve any
 */
record ReplicaOrigin(ReplicaState replica, Supplier<Traffic> traffic) implements CatchUpSource.Origin {
    @Override
    public void damaged(long offset) {
        replica.log().scrub().doubt(offset);
    }

    @Override
    public void served(long records, long bytes) {
        traffic.get().add(records, bytes);
    }

    @Override
    public byte[] stateFrom(long firstIndex) throws IOException {
        var checkpoint = replica.applied().checkpoint();
        if (checkpoint.isEmpty() || checkpoint.get().index() < firstIndex) {
            throw new IOException("the state of " + replica.id() + " here lies below raft index " + firstIndex);
        }
        if (replica.compaction().firstPendingIndex() <= checkpoint.get().index()) {
            throw new IOException("files of " + replica.id() + " are being compacted here");
        }
        return CheckpointFile.encode(checkpoint.get()).array();
    }

    @Override
    public ByteBuffer file(CatchUpSource.FilePlace place, int maxBytes) throws IOException {
        return replica.log().transfer().read(place.baseOffset(), place.generation(), place.position(), maxBytes);
    }

    @Override
    public LogRead read(long offset, long endOffset, int maxBytes) throws IOException {
        return replica.log()
                .readAppended(offset, Math.min(endOffset, replica.log().highWatermark()), maxBytes);
    }
}
