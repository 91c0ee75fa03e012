package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.DiskFile;
import io.cordwood.store.ForceFailedException;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk of which a failed force ends the node, whoever asked for it. Much of what is written in the
 * background is tried again when it failed, and after a failed force the next try would take for durable
 * what the first one lost: a file that has its name already, a directory that is there. It ends here and
 * not where the exception is caught: a failure of what is cleaned up behind may have taken its place.
 *
 * <p>Invariant: nobody sees a {@link ForceFailedException} before the halt was told of it.
 *
 * <p>Thread: any.
 */
final class HaltingDisk implements Disk {
    private final Disk inner;
    private final NodeHalt halt;

    HaltingDisk(Disk inner, NodeHalt halt) {
        this.inner = inner;
        this.halt = halt;
    }

    private interface Forcing {
        void run() throws IOException;
    }

    private void haltIfForceFails(Forcing forcing) throws IOException {
        try {
            forcing.run();
        } catch (ForceFailedException e) {
            halt.failed("a force failed, and nobody knows what the disk holds now", e);
            throw e;
        }
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        return watched(inner.open(file, mode), mode);
    }

    @Override
    public DiskFile openForAppends(Path file, OpenMode mode) throws IOException {
        return watched(inner.openForAppends(file, mode), mode);
    }

    @Override
    public DiskFile openForScan(Path file) throws IOException {
        return inner.openForScan(file);
    }

    private DiskFile watched(DiskFile file, OpenMode mode) {
        return mode == OpenMode.READ ? file : new HaltingFile(file);
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
        haltIfForceFails(() -> inner.createDirectories(directory));
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
        haltIfForceFails(() -> inner.forceDirectory(directory));
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        return inner.usableBytes(path);
    }

    @Override
    public long totalBytes(Path path) throws IOException {
        return inner.totalBytes(path);
    }

    private final class HaltingFile implements DiskFile {
        private final DiskFile file;

        HaltingFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer dst, long position) throws IOException {
            return file.read(dst, position);
        }

        @Override
        public void write(ByteBuffer src, long position) throws IOException {
            file.write(src, position);
        }

        @Override
        public void force() throws IOException {
            haltIfForceFails(file::force);
        }

        @Override
        public long sizeBytes() throws IOException {
            return file.sizeBytes();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            file.truncate(sizeBytes);
        }

        @Override
        public Path path() {
            return file.path();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
