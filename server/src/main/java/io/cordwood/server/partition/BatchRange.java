package io.cordwood.server.partition;

import java.nio.ByteBuffer;

/**
 * Record batches as read, back to back.
 *
 * <p>The buffer is shared and never written to; position to limit are the batches.
 *
 * @param endOffset exclusive; equals {@code baseOffset} where there are none
 */
public record BatchRange(ByteBuffer batches, long baseOffset, long endOffset) {
    public boolean isEmpty() {
        return !batches.hasRemaining();
    }
}
