package io.cordwood.raft;

import io.cordwood.batch.BatchRewriter;
import io.cordwood.batch.RecordBatch;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.PartitionTail;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Seals the segment that takes the next batch, on all replicas: an entry that starts a new one, with a batch
 * of no records in it, because an entry without a batch cannot say so. The batch takes one offset. Every
 * reader knows such batches: compaction leaves them where records were.
 *
 * <p>Thread: as {@link Proposal}.
 *
 * @param baseOffset of the segment that is to be sealed
 */
record SegmentRoll(ReplicaState replica, long baseOffset) implements Proposal {
    /** Empty where another batch was faster and has started a segment. */
    @Override
    public Optional<PartitionEntry> entry(PartitionTail tail, long leaderTimeMs) {
        return isActive(tail, baseOffset) ? Optional.of(entryAt(tail.endOffset(), leaderTimeMs)) : Optional.empty();
    }

    /**
     * Whether the next batch goes into the segment with this base offset. The raft log says so and not the
     * files: in those a segment may have been begun for an entry that was truncated.
     */
    static boolean isActive(PartitionTail tail, long baseOffset) {
        return tail.activeBaseOffset().equals(OptionalLong.of(baseOffset));
    }

    private PartitionEntry entryAt(long offset, long leaderTimeMs) {
        var batch = RecordBatch.of(ByteBuffer.wrap(payload()));
        var header = new BatchHeader(
                offset,
                1,
                batch.sizeBytes(),
                batch.crc(),
                batch.attributes(),
                batch.maxTimestamp(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence());
        return new AppendEntry(replica.id(), leaderTimeMs, true, List.of(header));
    }

    /** Offset and epoch, which the CRC does not cover, are stamped later, as with every batch. */
    @Override
    public byte[] payload() {
        return BatchRewriter.placeholder(0, 1, 0).array();
    }
}
