package io.cordwood.store;

import java.nio.ByteBuffer;

/**
 * Whole batches, back to back, as they lie in the file. The buffer is the caller's own.
 *
 * <p><b>Thread:</b> whoever holds it.
 *
 * @param batches from position to limit; empty where nothing is to be had
 * @param baseOffset of the first batch, which may lie below the offset asked for; of an empty read that offset
 * @param endOffset exclusive end of the last batch
 */
public record LogRead(ByteBuffer batches, long baseOffset, long endOffset) {
    public static LogRead empty(long offset) {
        return new LogRead(ByteBuffer.allocate(0), offset, offset);
    }

    public boolean isEmpty() {
        return !batches.hasRemaining();
    }
}
