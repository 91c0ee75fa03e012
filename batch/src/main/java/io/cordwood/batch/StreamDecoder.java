package io.cordwood.batch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * Reads a decompressing {@link InputStream} (gzip, zstd) in blocks.
 *
 * <p><b>Thread:</b> one.
 */
final class StreamDecoder implements BlockDecoder {
    private static final int BLOCK_BYTES = 16 << 10;

    private final InputStream stream;
    private final byte[] block = new byte[BLOCK_BYTES];

    /** @param stream closed by {@link #close} */
    StreamDecoder(InputStream stream) {
        this.stream = stream;
    }

    @Override
    public ByteBuffer next() throws IOException {
        int count = stream.read(block, 0, block.length);
        return ByteBuffer.wrap(block, 0, Math.max(count, 0));
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing a stream over memory", e);
        }
    }
}
