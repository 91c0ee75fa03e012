package io.cordwood.raft;

import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.PartitionEntry;
import io.cordwood.store.PartitionLog;
import java.io.IOException;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * What a leader's followers are sent with the entries of its raft log, which holds their headers only: from memory, else from the
 * files.
 *
 * <p>Thread: Ratis' log appenders.
 */
final class FollowerPayloads {
    private final PartitionContext context;
    private final PartitionLog log;

    FollowerPayloads(PartitionContext context, PartitionLog log) {
        this.context = context;
        this.log = log;
    }

    /** @throws PayloadUnavailableException where the files hold something else */
    ByteString of(PartitionEntry entry, long term, long index) throws IOException {
        return entry instanceof AppendEntry append ? of(append, term, index) : SubmittedEntry.NO_PAYLOAD;
    }

    private ByteString of(AppendEntry entry, long term, long index) throws IOException {
        var recent = context.node().window().get(context.groupId(), term, index);
        if (recent.isPresent()) {
            return recent.get();
        }
        var stored = log.readExactly(entry.baseOffset(), entry.endOffset(), entry.payloadBytes());
        if (stored.isEmpty() || !SegmentWriter.holds(entry, context.leaderEpoch(term), stored.get())) {
            log.scrub().doubt(entry.baseOffset());
            throw new PayloadUnavailableException("the files of " + context.id() + " do not hold offsets ["
                    + entry.baseOffset() + ", " + entry.endOffset() + ") of raft index " + index);
        }
        return UnsafeByteOperations.unsafeWrap(stored.get());
    }
}
