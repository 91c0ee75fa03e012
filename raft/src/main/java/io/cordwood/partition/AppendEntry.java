package io.cordwood.partition;

import io.cordwood.store.PartitionId;
import java.util.List;

/**
 * Appends record batches. Their offsets are dense: each batch begins where the one before it ends.
 *
 * @param partition the partition
 * @param leaderTimeMs the leader's time, never decreasing
 * @param roll start a new segment with the first batch
 * @param batches at least one
 */
public record AppendEntry(PartitionId partition, long leaderTimeMs, boolean roll, List<BatchHeader> batches)
        implements PartitionEntry {

    public AppendEntry {
        batches = List.copyOf(batches);
        if (batches.isEmpty()) {
            throw new IllegalArgumentException("an append entry of " + partition + " without batches");
        }
        long payloadBytes = batches.stream().mapToLong(BatchHeader::sizeBytes).sum();
        if (payloadBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(payloadBytes + " bytes of payload in an entry of " + partition);
        }
        for (int i = 1; i < batches.size(); i++) {
            if (batches.get(i).baseOffset() != batches.get(i - 1).endOffset()) {
                throw new IllegalArgumentException("batch " + i + " of " + partition + " begins at "
                        + batches.get(i).baseOffset() + ", the one before ends at "
                        + batches.get(i - 1).endOffset());
            }
        }
    }

    /** Offset of the first record. */
    public long baseOffset() {
        return batches.get(0).baseOffset();
    }

    /** Exclusive. */
    public long endOffset() {
        return batches.get(batches.size() - 1).endOffset();
    }

    @Override
    public long endOffset(long endOffsetBefore) {
        return endOffset();
    }

    @Override
    public long logStartOffset(long logStartOffsetBefore) {
        return logStartOffsetBefore;
    }

    /** Bytes of all batches together. */
    @Override
    public int payloadBytes() {
        int bytes = 0;
        for (BatchHeader batch : batches) {
            bytes += batch.sizeBytes();
        }
        return bytes;
    }
}
