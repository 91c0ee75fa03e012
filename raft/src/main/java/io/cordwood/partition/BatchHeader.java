package io.cordwood.partition;

/**
 * What the raft log says of one record batch; its bytes are in the segment file.
 *
 * @param baseOffset offset of the first record
 * @param recordCount number of offsets, at least 1: that of the records, and 1 of a batch without any
 * @param sizeBytes encoded size
 * @param crc CRC-32C of the batch from its attributes on, as stored in the batch
 * @param attributes the batch's attributes
 * @param maxTimestampMs largest record timestamp, milliseconds since 1970
 * @param producerId idempotent producer, or -1
 * @param producerEpoch its epoch, or -1
 * @param firstSequence sequence number of the first record, or -1
 */
public record BatchHeader(
        long baseOffset,
        int recordCount,
        int sizeBytes,
        int crc,
        short attributes,
        long maxTimestampMs,
        long producerId,
        short producerEpoch,
        int firstSequence) {

    /** The producer id of a batch without idempotence. */
    public static final long NO_PRODUCER = -1;

    public BatchHeader {
        if (baseOffset < 0 || recordCount < 1 || sizeBytes < 1 || baseOffset > Long.MAX_VALUE - recordCount) {
            throw new IllegalArgumentException(
                    "baseOffset " + baseOffset + ", recordCount " + recordCount + ", sizeBytes " + sizeBytes);
        }
    }

    /** Exclusive. */
    public long endOffset() {
        return baseOffset + recordCount;
    }

    /** Whether a producer's sequence is to be remembered. */
    public boolean isIdempotent() {
        return producerId != NO_PRODUCER;
    }
}
