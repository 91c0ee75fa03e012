package io.cordwood.store;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that is read past the page cache (O_DIRECT): what the disk holds, and nothing that others read is
 * driven out of memory.
 *
 * <p>Invariants: only whole blocks are asked for, into memory that is aligned to any block; the end of the
 * file comes as a short read. The buffer is one for each thread, and belongs to the file that filled it
 * last.
 *
 * <p><b>Thread:</b> one owner.
 */
final class DirectReadFile implements DiskFile {
    static final int BUFFER_BYTES = 1 << 20;
    private static final ThreadLocal<Buffer> BUFFER = ThreadLocal.withInitial(Buffer::new);

    private final Path path;
    private final FileChannel channel;
    private final int blockBytes;
    /** Of the first byte in the buffer, while that is this file's. */
    private long loadedPosition;

    /** Memory, and who filled it. */
    private static final class Buffer {
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFER_BYTES + DirectWriter.LARGEST_BLOCK)
                .alignedSlice(DirectWriter.LARGEST_BLOCK)
                .slice(0, BUFFER_BYTES);

        private @Nullable DirectReadFile filler;
    }

    private DirectReadFile(Path path, FileChannel channel, int blockBytes) {
        this.path = path;
        this.channel = channel;
        this.blockBytes = blockBytes;
    }

    /**
     * @throws IOException where the file system does not know how, or fails
     * @throws UnsupportedOperationException where the platform does not know how, or blocks are too large
     */
    static DirectReadFile open(Path path) throws IOException {
        int block = DirectWriter.blockBytes(path);
        var channel = FileChannel.open(path, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        var file = new DirectReadFile(path, channel, block);
        try {
            // Some file systems open a file so and refuse to read it.
            file.load(0);
            return file;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer dst, long position) throws IOException {
        int total = 0;
        while (dst.hasRemaining()) {
            var loaded = loaded(position + total);
            int start = (int) (position + total - loadedPosition);
            int size = Math.min(dst.remaining(), loaded.limit() - start);
            if (size <= 0) {
                break;
            }
            dst.put(loaded.slice(start, size));
            total += size;
        }
        return total;
    }

    private ByteBuffer loaded(long position) throws IOException {
        var buffer = BUFFER.get();
        boolean isThere =
                equals(buffer.filler) && position >= loadedPosition && position < loadedPosition + buffer.bytes.limit();
        return isThere ? buffer.bytes : load(position);
    }

    /** The blocks from that of the position on; less than the buffer takes at the end of the file only. */
    private ByteBuffer load(long position) throws IOException {
        var buffer = BUFFER.get();
        buffer.filler = null; // a read that fails leaves nobody's bytes
        loadedPosition = position & -blockBytes;
        var bytes = buffer.bytes.clear();
        boolean atEnd = false;
        while (bytes.hasRemaining() && !atEnd) {
            int count = channel.read(bytes, loadedPosition + bytes.position());
            atEnd = count <= 0 || (bytes.position() & (blockBytes - 1)) != 0;
        }
        buffer.filler = this;
        return bytes.flip();
    }

    @Override
    public long sizeBytes() throws IOException {
        return channel.size();
    }

    @Override
    public void write(ByteBuffer src, long position) {
        throw new NonWritableChannelException();
    }

    @Override
    public void force() {
        throw new NonWritableChannelException();
    }

    @Override
    public void truncate(long sizeBytes) {
        throw new NonWritableChannelException();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        var buffer = BUFFER.get();
        if (equals(buffer.filler)) {
            buffer.filler = null;
        }
        channel.close();
    }
}
