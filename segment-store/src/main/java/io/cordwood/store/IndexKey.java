package io.cordwood.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Keys and values of the index. Keys of one partition and kind lie together, in the order of their offsets.
 *
 * <p><b>Thread:</b> any.
 *
 * <p><b>Layout</b>, big endian:
 *
 * <pre>
 * key                                                  value
 * topic id 16 . partition 4 . kind 1 = 1               offset 8: the partition's batches below it are indexed
 * topic id 16 . partition 4 . kind 1 = 2 . offset 8    segment base offset 8 . position 8 . leader epoch 4 . batch CRC 4
 *                                                      . maximum timestamp of the segment's batches before it 8
 * "format" 6                                           format version 4
 * </pre>
 *
 * Within a segment the maximum timestamp never falls from entry to entry, so that times are found by bisection.
 */
final class IndexKey {
    static final int VERSION = 2;
    static final byte[] FORMAT = "format".getBytes(StandardCharsets.US_ASCII);

    private static final byte INDEXED_THROUGH = 1;
    private static final byte OFFSET = 2;
    private static final byte BEYOND_ALL_KINDS = (byte) 0xFF;
    private static final int PREFIX_BYTES = 16 + Integer.BYTES + 1;

    private IndexKey() {}

    static byte[] indexedThrough(PartitionId id) {
        return prefix(id, INDEXED_THROUGH, 0).array();
    }

    static byte[] offset(PartitionId id, long offset) {
        return prefix(id, OFFSET, Long.BYTES).putLong(offset).array();
    }

    /** Behind every offset of the partition. */
    static byte[] offsetsEnd(PartitionId id) {
        return prefix(id, (byte) (OFFSET + 1), 0).array();
    }

    static byte[] partitionStart(PartitionId id) {
        return prefix(id, (byte) 0, 0).array();
    }

    static byte[] partitionEnd(PartitionId id) {
        return prefix(id, BEYOND_ALL_KINDS, 0).array();
    }

    /** Whether it is some offset's key of the same partition as this one. */
    static boolean isOffsetOfSamePartition(byte[] key, byte[] offsetKey) {
        return key.length == offsetKey.length && Arrays.equals(key, 0, PREFIX_BYTES, offsetKey, 0, PREFIX_BYTES);
    }

    static byte[] valueOf(IndexEntry entry) {
        return ByteBuffer.allocate(3 * Long.BYTES + 2 * Integer.BYTES)
                .putLong(entry.segmentBase())
                .putLong(entry.position())
                .putInt(entry.leaderEpoch())
                .putInt(entry.crc())
                .putLong(entry.maxTimestampBefore())
                .array();
    }

    static IndexEntry parse(byte[] key, byte[] value) {
        var in = ByteBuffer.wrap(value);
        long offset = ByteBuffer.wrap(key).getLong(PREFIX_BYTES);
        return new IndexEntry(offset, in.getLong(), in.getLong(), in.getInt(), in.getInt(), in.getLong());
    }

    static byte[] valueOf(long offset) {
        return ByteBuffer.allocate(Long.BYTES).putLong(0, offset).array();
    }

    private static ByteBuffer prefix(PartitionId id, byte kind, int moreBytes) {
        return ByteBuffer.allocate(PREFIX_BYTES + moreBytes)
                .putLong(id.topicId().getMostSignificantBits())
                .putLong(id.topicId().getLeastSignificantBits())
                .putInt(id.partition())
                .put(kind);
    }
}
