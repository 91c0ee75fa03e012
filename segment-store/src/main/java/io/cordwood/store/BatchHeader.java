package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.nio.ByteBuffer;

/**
 * Reads the fields of a batch's header in place, where the whole batch need not be in the buffer and no view per batch
 * may be made.
 *
 * <p><b>Thread:</b> any.
 *
 * <p><b>Layout:</b> as in {@link RecordBatch}.
 */
final class BatchHeader {
    private static final int LEADER_EPOCH_POSITION = RecordBatch.SIZE_PREFIX_BYTES;
    private static final int MAGIC_POSITION = LEADER_EPOCH_POSITION + Integer.BYTES;
    private static final int CRC_POSITION = MAGIC_POSITION + Byte.BYTES;
    /** The CRC covers the bytes from here on. */
    static final int CRC_START_POSITION = CRC_POSITION + Integer.BYTES;

    private static final int LAST_OFFSET_DELTA_POSITION = CRC_START_POSITION + Short.BYTES;
    private static final int BASE_TIMESTAMP_POSITION = LAST_OFFSET_DELTA_POSITION + Integer.BYTES;
    private static final int MAX_TIMESTAMP_POSITION = BASE_TIMESTAMP_POSITION + Long.BYTES;

    private BatchHeader() {}

    static long baseOffset(ByteBuffer bytes, int at) {
        return bytes.getLong(at);
    }

    /** Exclusive. */
    static long endOffset(ByteBuffer bytes, int at) {
        return baseOffset(bytes, at) + bytes.getInt(at + LAST_OFFSET_DELTA_POSITION) + 1;
    }

    static int lastOffsetDelta(ByteBuffer bytes, int at) {
        return bytes.getInt(at + LAST_OFFSET_DELTA_POSITION);
    }

    static int leaderEpoch(ByteBuffer bytes, int at) {
        return bytes.getInt(at + LEADER_EPOCH_POSITION);
    }

    static byte magic(ByteBuffer bytes, int at) {
        return bytes.get(at + MAGIC_POSITION);
    }

    static int crc(ByteBuffer bytes, int at) {
        return bytes.getInt(at + CRC_POSITION);
    }

    static long maxTimestamp(ByteBuffer bytes, int at) {
        return bytes.getLong(at + MAX_TIMESTAMP_POSITION);
    }
}
