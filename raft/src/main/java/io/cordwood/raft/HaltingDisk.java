package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.DiskError;
import io.cordwood.store.DiskFile;
import io.cordwood.store.ForceFailedException;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk that ends the node where it fails: at any force that fails, and at any change that is answered by
 * an error of the disk. Whoever asked for it: much of what is written in the background is tried again
 * when it failed. After a failed force the next try would take for durable what the first one lost: a file
 * that has its name already, a directory that is there. After an error of the disk it would be tried for
 * ever, by a node that looks sound. It ends here and not where the exception is caught: a failure of what
 * is cleaned up behind may have taken its place. Reads that fail are left to who reads: of one bad sector
 * the others have the bytes.
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

    private interface Change {
        void run() throws IOException;
    }

    private interface Opening {
        DiskFile open() throws IOException;
    }

    private void change(Change change) throws IOException {
        try {
            change.run();
        } catch (IOException e) {
            haltOver(e);
            throw e;
        }
    }

    private void haltOver(IOException failure) {
        if (failure instanceof ForceFailedException) {
            halt.failed("a force failed, and nobody knows what the disk holds now", failure);
        } else if (DiskError.isCauseOfChange(failure)) {
            halt.failed("the disk takes no change any more", failure);
        }
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        return mode == OpenMode.READ ? inner.open(file, mode) : changing(() -> inner.open(file, mode));
    }

    @Override
    public DiskFile openForAppends(Path file, OpenMode mode) throws IOException {
        return changing(() -> inner.openForAppends(file, mode));
    }

    @Override
    public DiskFile openForScan(Path file) throws IOException {
        return inner.openForScan(file);
    }

    private DiskFile changing(Opening opening) throws IOException {
        try {
            return new HaltingFile(opening.open());
        } catch (IOException e) {
            haltOver(e);
            throw e;
        }
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
        change(() -> inner.createDirectories(directory));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        change(() -> inner.rename(from, to));
    }

    @Override
    public void link(Path file, Path name) throws IOException {
        change(() -> inner.link(file, name));
    }

    @Override
    public void delete(Path file) throws IOException {
        change(() -> inner.delete(file));
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        change(() -> inner.forceDirectory(directory));
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
            change(() -> file.write(src, position));
        }

        @Override
        public void force() throws IOException {
            change(file::force);
        }

        @Override
        public long sizeBytes() throws IOException {
            return file.sizeBytes();
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            change(() -> file.truncate(sizeBytes));
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
