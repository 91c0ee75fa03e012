package io.cordwood.batch;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Unpacks a compressed stream block by block, so that a reader never holds more of it than one block.
 *
 * <p>Invariant: bad bytes give an {@link IOException} or a {@link MalformedBatchException}, nothing else.
 *
 * <p><b>Thread:</b> one; native memory is held until {@link #close}.
 */
sealed interface BlockDecoder permits StreamDecoder, SnappyStream, Lz4Frame {
    /** The next bytes, never empty but at the end of the stream; valid until the next call. */
    ByteBuffer next() throws IOException;

    void close();
}
