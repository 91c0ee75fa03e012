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
        return replica.log().scrub().activeBaseOffset() == baseOffset
                ? Optional.of(entryAt(tail.endOffset(), leaderTimeMs))
                : Optional.empty();
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
