package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local file system.
 *
 * <p><b>Thread:</b> any.
 */
public final class NioDisk implements Disk {
    private static final Logger LOG = LoggerFactory.getLogger(NioDisk.class);

    private final boolean direct;
    private final AtomicBoolean told = new AtomicBoolean();
    /** The file stores that are known to read past the page cache. */
    private final Set<FileStore> directStores = ConcurrentHashMap.newKeySet();

    /** Writes through the page cache. */
    public NioDisk() {
        this(false);
    }

    /**
     * @param direct large writes of {@link #openForAppends}, and scans, go past the page cache, where the
     *     file system knows how
     */
    public NioDisk(boolean direct) {
        this.direct = direct;
    }

    @Override
    public DiskFile openForAppends(Path file, OpenMode mode) throws IOException {
        var channel = channel(file, mode);
        return new NioFile(file, channel, direct && mode != OpenMode.READ ? directWriter(file) : null);
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        return new NioFile(file, channel(file, mode), null);
    }

    @Override
    public DiskFile openForScan(Path file) throws IOException {
        if (!direct) {
            return open(file, OpenMode.READ);
        }
        var store = Files.getFileStore(file);
        try {
            var opened = DirectReadFile.open(file);
            directStores.add(store);
            return opened;
        } catch (IOException | UnsupportedOperationException e) {
            // Memory may still hold what the disk does not give any more, and would make the file look sound.
            if (!saysUnknown(e) && !isNewsOf(store, file, e)) {
                throw e;
            }
            tellOnce(file, e);
            return open(file, OpenMode.READ);
        }
    }

    /**
     * Whether it may be the first that is heard of a file store which does not know how, in words that
     * nobody foresaw: nothing there was read so before, and the usual way works.
     */
    private boolean isNewsOf(FileStore store, Path file, Exception failure) throws IOException {
        boolean isOfDisk = failure instanceof IOException e && DiskError.isCauseOf(e);
        if (isOfDisk || directStores.contains(store)) {
            return false;
        }
        try (var usual = open(file, OpenMode.READ)) {
            usual.read(ByteBuffer.allocate(DirectReadFile.BUFFER_BYTES), 0);
            return true;
        }
    }

    /**
     * Whether the platform or the file system does not know how, and not the disk fails. They have no other
     * words for it.
     */
    static boolean saysUnknown(Exception failure) {
        var text = String.valueOf(failure.getMessage());
        return failure instanceof UnsupportedOperationException
                || text.contains("Invalid argument") // EINVAL
                || text.contains("not supported") // EOPNOTSUPP
                || text.contains("multiple of the block size"); // of the JDK, where it sees other blocks than we do
    }

    private static FileChannel channel(Path file, OpenMode mode) throws IOException {
        return switch (mode) {
            case READ -> FileChannel.open(file, StandardOpenOption.READ);
            case WRITE -> FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            case CREATE ->
                FileChannel.open(
                        file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        };
    }

    /** Opened with the file: later its path may be another's. */
    private @Nullable DirectWriter directWriter(Path file) {
        try {
            return DirectWriter.open(file);
        } catch (IOException | UnsupportedOperationException e) {
            tellOnce(file, e);
            return null;
        }
    }

    private void tellOnce(Path file, Exception reason) {
        if (told.compareAndSet(false, true)) {
            LOG.info("{}, and perhaps others, go through the page cache: {}", file, reason.toString());
        }
    }

    @Override
    public boolean exists(Path path) {
        return Files.exists(path);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        try (var paths = Files.list(directory)) {
            return paths.sorted().toList();
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        var parent = directory.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(directory + " is not there and has no parent");
        }
        createDirectories(parent);
        // Others may create the same parents at the same time.
        Files.createDirectories(directory);
        forceDirectory(parent);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void link(Path file, Path name) throws IOException {
        try {
            Files.createLink(name, file);
        } catch (UnsupportedOperationException e) {
            throw new IOException("the file system of " + file + " knows no second name of a file", e);
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.delete(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            force(directory, channel, true);
        }
    }

    /** A channel that is closed meanwhile, or whose thread is interrupted, says nothing of the disk. */
    private static void force(Path path, FileChannel channel, boolean metadata) throws IOException {
        try {
            channel.force(metadata);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw new ForceFailedException(path, e);
        }
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        return Files.getFileStore(path).getUsableSpace();
    }

    @Override
    public long totalBytes(Path path) throws IOException {
        return Files.getFileStore(path).getTotalSpace();
    }

    /** A file, and what writes the blocks of large writes where the channel does not. */
    static final class NioFile implements DiskFile {
        private final Path path;
        private final FileChannel channel;
        private final @Nullable BlockWriter direct;
        private boolean directFailed;
        private boolean truncated;

        NioFile(Path path, FileChannel channel, @Nullable BlockWriter direct) {
            this.path = path;
            this.channel = channel;
            this.direct = direct;
        }

        @Override
        public int read(ByteBuffer dst, long position) throws IOException {
            int total = 0;
            while (dst.hasRemaining()) {
                int count = channel.read(dst, position + total);
                if (count < 0) {
                    break;
                }
                total += count;
            }
            return total;
        }

        @Override
        public void write(ByteBuffer src, long position) throws IOException {
            long at = position;
            if (direct != null && !directFailed && src.remaining() >= DirectWriter.LEAST_BYTES) {
                at += writeBlocks(direct, src, at);
            }
            writeBuffered(src, at);
        }

        /** Leaves what is behind the last whole block, and all of it where that way does not work. */
        private int writeBlocks(BlockWriter writer, ByteBuffer src, long position) throws IOException {
            int start = src.position();
            // A block may be larger than all of it.
            int head = Math.min(writer.bytesToBlock(position), src.remaining());
            writeBuffered(src.slice(start, head), position);
            src.position(start + head);
            try {
                return head + writer.write(src, position + head);
            } catch (ClosedChannelException e) {
                throw e;
            } catch (IOException e) {
                // Where the disk fails the other way fails, too, or the force that follows.
                LOG.warn("{} is written through the page cache from now on", path, e);
                directFailed = true;
                src.position(start);
                return 0;
            }
        }

        private void writeBuffered(ByteBuffer src, long position) throws IOException {
            long at = position;
            while (src.hasRemaining()) {
                at += channel.write(src, at);
            }
        }

        @Override
        public void force() throws IOException {
            // fdatasync promises the size only as far as reading needs it, and a shorter file reads well without.
            NioDisk.force(path, channel, truncated);
            truncated = false;
        }

        @Override
        public long sizeBytes() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            channel.truncate(sizeBytes);
            truncated = true;
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                if (direct != null) {
                    direct.close();
                }
            }
        }
    }
}
