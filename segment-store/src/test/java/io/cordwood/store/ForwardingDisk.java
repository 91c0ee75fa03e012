package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk that hands every call on to another one, to be extended by disks that do something else in a few of them.
 *
 * <p><b>Thread:</b> as the other disk.
 */
public class ForwardingDisk implements Disk {
    private final Disk inner;

    public ForwardingDisk(Disk inner) {
        this.inner = inner;
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        return inner.open(file, mode);
    }

    @Override
    public boolean exists(Path path) {
        return inner.exists(path);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return inner.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        inner.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        inner.rename(from, to);
    }

    @Override
    public void link(Path file, Path name) throws IOException {
        inner.link(file, name);
    }

    @Override
    public void delete(Path file) throws IOException {
        inner.delete(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        inner.forceDirectory(directory);
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        return inner.usableBytes(path);
    }

    @Override
    public long totalBytes(Path path) throws IOException {
        return inner.totalBytes(path);
    }

    /** The same for an open file. */
    public static class ForwardingFile implements DiskFile {
        private final DiskFile inner;

        public ForwardingFile(DiskFile inner) {
            this.inner = inner;
        }

        @Override
        public int read(ByteBuffer dst, long position) throws IOException {
            return inner.read(dst, position);
        }

        @Override
        public void write(ByteBuffer src, long position) throws IOException {
            inner.write(src, position);
        }

        @Override
        public void force() throws IOException {
            inner.force();
        }

        @Override
        public long sizeBytes() throws IOException {
            return inner.sizeBytes();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            inner.truncate(sizeBytes);
        }

        @Override
        public Path path() {
            return inner.path();
        }

        @Override
        public void close() throws IOException {
            inner.close();
        }
    }
}
