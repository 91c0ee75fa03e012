package io.cordwood.store;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes past the page cache (O_DIRECT), and whole blocks only: so sizes stay exact.
 *
 * <p>Invariant: a block is written either here or through the page cache, unless the file was cut in
 * between, or a start writes again what was there; so the kernel has to make one agree with the other only
 * while nobody else has the file open. It drops the pages of what is written here, and what their force may
 * have lost goes to the disk.
 *
 * <p><b>Thread:</b> that of the file's writer.
 */
final class DirectWriter implements BlockWriter {
    /** Below it a copy into the page cache costs less than a request to the disk. A batch of 64 KiB lies above. */
    static final int LEAST_BYTES = 32 << 10;

    private static final int BUFFER_BYTES = 1 << 20;
    static final int LARGEST_BLOCK = 64 << 10;
    /** A page of memory must not be written in both ways; other processors than these have pages of up to 64 KiB. */
    private static final int PAGE_BYTES = "amd64".equals(System.getProperty("os.arch")) ? 4 << 10 : LARGEST_BLOCK;
    /** Aligned to any block. One for each thread that writes. */
    private static final ThreadLocal<ByteBuffer> BUFFER = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(BUFFER_BYTES + LARGEST_BLOCK).alignedSlice(LARGEST_BLOCK));

    private final FileChannel channel;
    private final int blockBytes;

    private DirectWriter(FileChannel channel, int blockBytes) {
        this.channel = channel;
        this.blockBytes = blockBytes;
    }

    /**
     * @throws IOException where the file system does not know how, or fails
     * @throws UnsupportedOperationException where the platform does not know how, or blocks are too large
     */
    static DirectWriter open(Path file) throws IOException {
        int block = blockBytes(file);
        return new DirectWriter(FileChannel.open(file, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT), block);
    }

    /**
     * What is read or written past the page cache is so many bytes, or a multiple, and begins at a
     * multiple.
     */
    static int blockBytes(Path file) throws IOException {
        long block = Math.max(PAGE_BYTES, Files.getFileStore(file).getBlockSize());
        if (block > LARGEST_BLOCK || Long.bitCount(block) != 1) {
            throw new UnsupportedOperationException("blocks of " + block + " bytes");
        }
        return (int) block;
    }

    @Override
    public int bytesToBlock(long position) {
        return (int) (-position & (blockBytes - 1));
    }

    @Override
    public int write(ByteBuffer src, long position) throws IOException {
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
