package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One open file of a {@link Disk}.
 *
 * <p><b>Thread:</b> any number of readers beside one writer. An interrupt of a thread inside a call may close the file.
 */
public interface DiskFile extends Closeable {
    /**
     * Fills the buffer from this position on, or up to the end of the file.
     *
     * @return the number of bytes read, 0 at or beyond the end
     */
    int read(ByteBuffer dst, long position) throws IOException;

    /** Writes all that remains in the buffer. */
    void write(ByteBuffer src, long position) throws IOException;

    /**
     * Bytes and size are durable on return.
     *
     * @throws ForceFailedException where it fails: nothing is known of either; never call it again then
     */
    void force() throws IOException;

    long sizeBytes() throws IOException;

    /** Drops the bytes from this size on; never makes the file longer. */
    void truncate(long sizeBytes) throws IOException;

    Path path();
}
