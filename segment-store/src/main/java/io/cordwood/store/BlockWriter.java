package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes whole blocks of one file in a way of its own. What lies in front of the first whole block of a
 * write and behind the last one is not its business.
 *
 * <p><b>Thread:</b> that of the file's writer.
 */
interface BlockWriter extends Closeable {
    /** How many bytes from this position on belong to a block that is begun already. */
    int bytesToBlock(long position);

    /**
     * Writes as many whole blocks as remain in the buffer. After a failure the file may hold anything in
     * their place.
     *
     * @param position where a block begins
     * @return the number of bytes written
     */
    int write(ByteBuffer src, long position) throws IOException;
}
