package io.cordwood.batch;

import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The remaining bytes of a buffer as a stream; reading moves the buffer's position.
 *
 * <p><b>Thread:</b> one.
 */
final class BufferInput extends InputStream {
    private final ByteBuffer buffer;

    BufferInput(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    @Override
    public int read() {
        return buffer.hasRemaining() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int start, int length) {
        if (length > 0 && !buffer.hasRemaining()) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, start, count);
        return count;
    }

    @Override
    public int available() {
        return buffer.remaining();
    }
}
