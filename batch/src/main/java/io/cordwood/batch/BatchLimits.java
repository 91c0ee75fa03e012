package io.cordwood.batch;

/**
 * What the validator grants one batch.
 *
 * <p>Invariant: whatever is accepted uncompressed is accepted compressed, however small it packs; the ratio counts
 * only beyond that.
 *
 * @param batchMaxBytes size on the wire, header included
 * @param decompressedMaxBytes upper bound of what a compressed batch may unpack to
 * @param maxCompressionRatio unpacked bytes per packed byte
 */
public record BatchLimits(int batchMaxBytes, long decompressedMaxBytes, int maxCompressionRatio) {
    public static final long DEFAULT_DECOMPRESSED_MAX_BYTES = 64L << 20;
    public static final int DEFAULT_MAX_COMPRESSION_RATIO = 256;

    public BatchLimits {
        if (batchMaxBytes <= RecordBatch.HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "batchMaxBytes " + batchMaxBytes + " must exceed a batch's header, " + RecordBatch.HEADER_BYTES);
        }
        if (decompressedMaxBytes < batchMaxBytes) {
            throw new IllegalArgumentException("decompressedMaxBytes " + decompressedMaxBytes
                    + " must not be less than batchMaxBytes " + batchMaxBytes);
        }
        if (maxCompressionRatio < 1) {
            throw new IllegalArgumentException("maxCompressionRatio " + maxCompressionRatio + " must be positive");
        }
    }

    /** The defaults for everything but the size. */
    public static BatchLimits ofBatchMaxBytes(int batchMaxBytes) {
        return new BatchLimits(
                batchMaxBytes, Math.max(DEFAULT_DECOMPRESSED_MAX_BYTES, batchMaxBytes), DEFAULT_MAX_COMPRESSION_RATIO);
    }

    /** What a compressed batch of this size may unpack to. */
    long decompressedMaxBytes(int sizeBytes) {
        return Math.min(decompressedMaxBytes, Math.max(batchMaxBytes, (long) sizeBytes * maxCompressionRatio));
    }
}
