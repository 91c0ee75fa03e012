package io.cordwood.store;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes whole blocks of a file past the page cache (O_DIRECT). What lies in front of the first whole block of an append and behind the
 * last one is not its business, so sizes stay exact.
 *
 * <p>Invariant: a block is written either here or through the page cache, unless the file was cut in between; so the kernel never
 * has to make one agree with the other.
 *
 * <p><b>Thread:</b> that of the file's writer.
 */
final class DirectWriter implements Closeable {
    /** Below it a copy into the page cache costs less than a request to the disk. */
    static final int LEAST_BYTES = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(DirectWriter.class);
    private static final int BUFFER_BYTES = 1 << 20;
    /** Of smaller blocks one page could be written in both ways. */
    private static final int PAGE_BYTES = 4 << 10;
    /** Larger ones would leave little of an append. */
    private static final int LARGEST_BLOCK = 16 << 10;
    /** Aligned to any block. One for each thread that writes. */
    private static final ThreadLocal<ByteBuffer> BUFFER = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(BUFFER_BYTES + LARGEST_BLOCK).alignedSlice(LARGEST_BLOCK));

    private final FileChannel channel;
    private final int blockBytes;

    private DirectWriter(FileChannel channel, int blockBytes) {
        this.channel = channel;
        this.blockBytes = blockBytes;
    }

    /** Empty where the file system does not know how. */
    static Optional<DirectWriter> open(Path file) {
        try {
            long block = Math.max(PAGE_BYTES, Files.getFileStore(file).getBlockSize());
            if (block > LARGEST_BLOCK || Long.bitCount(block) != 1) {
                LOG.info("no direct writes: blocks of {} have {} bytes", file, block);
                return Optional.empty();
            }
            var channel = FileChannel.open(file, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
            return Optional.of(new DirectWriter(channel, (int) block));
        } catch (IOException | UnsupportedOperationException e) {
            LOG.info("no direct writes: {} cannot be opened for them: {}", file, e.toString());
            return Optional.empty();
        }
    }

    /** How many bytes from this position on belong to a block that is begun already. */
    int bytesToBlock(long position) {
        return (int) (-position & (blockBytes - 1));
    }

    /**
     * Writes as many whole blocks as remain in the buffer.
     *
     * @param position where a block begins
     * @return the number of bytes written
     */
    int write(ByteBuffer src, long position) throws IOException {
        int whole = src.remaining() & -blockBytes;
        int end = src.position() + whole;
        long at = position;
        while (src.position() < end) {
            var buffer = BUFFER.get().clear();
            int size = Math.min(buffer.capacity(), end - src.position());
            buffer.put(0, src, src.position(), size).limit(size);
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
            src.position(src.position() + size);
        }
        return whole;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
