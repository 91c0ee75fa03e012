package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.DiskFile;
import io.cordwood.store.ForceFailedException;
import io.cordwood.store.ForwardingDisk;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A disk that stops a thread before or after an operation that a test names, until the test lets it go on; and that can be
 * killed: from then on nothing changes any more.
 */
final class HoldingDisk extends ForwardingDisk {
    /** What is done to a file. */
    enum Operation {
        WRITE,
        TRUNCATE,
        FORCE,
        DELETE
    }

    /** When a thread stands still: at an operation on a file whose name ends like this. */
    record Moment(Operation operation, String fileSuffix, boolean after) {
        static Moment before(Operation operation, String fileSuffix) {
            return new Moment(operation, fileSuffix, false);
        }

        static Moment after(Operation operation, String fileSuffix) {
            return new Moment(operation, fileSuffix, true);
        }
    }

    /** Where a thread stands still. */
    static final class Hold {
        private final Moment moment;
        /** The test's own, which opens what it starts: it would wait for itself. */
        private final Thread maker = Thread.currentThread();

        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        private Hold(Moment moment) {
            this.moment = moment;
        }

        private boolean isAt(Operation operation, Path path, boolean after) {
            return Thread.currentThread() != maker
                    && moment.operation() == operation
                    && moment.after() == after
                    && path.toString().endsWith(moment.fileSuffix());
        }

        boolean isReached() {
            return reached.getCount() == 0;
        }

        void release() {
            released.countDown();
        }

        private void pass() {
            reached.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private final AtomicReference<@Nullable Hold> hold = new AtomicReference<>();
    private volatile boolean killed;
    private volatile String undeletable = "\0";
    private volatile String unwritable = "\0";
    private volatile String broken = "\0";
    private volatile String unforced = "\0";
    private volatile @Nullable LongSupplier usableBytes;
    private final Set<String> written = ConcurrentHashMap.newKeySet();

    HoldingDisk(Disk disk) {
        super(disk);
    }

    Hold holdBefore(Operation operation, String fileSuffix) {
        return hold(Moment.before(operation, fileSuffix));
    }

    Hold holdAfter(Operation operation, String fileSuffix) {
        return hold(Moment.after(operation, fileSuffix));
    }

    Hold hold(Moment moment) {
        var next = new Hold(moment);
        hold.set(next);
        return next;
    }

    void releaseAll() {
        var held = hold.getAndSet(null);
        if (held != null) {
            held.release();
        }
    }

    /** Deletions of files whose names end so fail from now on. */
    void refuseDeletionOf(String fileSuffix) {
        undeletable = fileSuffix;
    }

    /** Writes to files whose names end so fail from now on, until others are named. */
    void refuseWritesTo(String fileSuffix) {
        unwritable = fileSuffix;
    }

    /** Writes to files whose names end so end in an exception that no disk throws. */
    void breakWritesTo(String fileSuffix) {
        broken = fileSuffix;
    }

    /** Forces of files and directories whose names end so fail from now on. */
    void failForcesOf(String suffix) {
        unforced = suffix;
    }

    private void requireForce(Path path) throws IOException {
        if (path.toString().endsWith(unforced)) {
            throw new ForceFailedException(path, new IOException("Input/output error"));
        }
    }

    /** Whether something was written to a file whose name ends so. */
    boolean hasWrittenTo(String fileSuffix) {
        return written.stream().anyMatch(file -> file.endsWith(fileSuffix));
    }

    /** What the disk says to have left from now on. */
    void setUsableBytes(LongSupplier bytes) {
        usableBytes = bytes;
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        var said = usableBytes;
        return said == null ? super.usableBytes(path) : said.getAsLong();
    }

    /** Every operation fails from now on, those that are held included. */
    void kill() {
        killed = true;
    }

    void revive() {
        killed = false;
    }

    private void requireAlive() throws IOException {
        if (killed) {
            throw new IOException("the process is killed");
        }
    }

    private void pass(Operation operation, Path path, boolean after) {
        var current = hold.get();
        if (current != null && current.isAt(operation, path, after)) {
            current.pass();
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    private void around(Operation operation, Path path, Action action) throws IOException {
        pass(operation, path, false);
        requireAlive();
        action.run();
        pass(operation, path, true);
        requireAlive();
    }

    @Override
    public DiskFile open(Path file, OpenMode mode) throws IOException {
        if (mode == OpenMode.CREATE) {
            requireAlive();
        }
        return new HoldingFile(super.open(file, mode));
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        requireAlive();
        super.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        requireAlive();
        super.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        if (file.toString().endsWith(undeletable)) {
            throw new IOException(file + " cannot be deleted");
        }
        around(Operation.DELETE, file, () -> super.delete(file));
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        requireAlive();
        requireForce(directory);
        super.forceDirectory(directory);
    }

    private final class HoldingFile extends ForwardingFile {
        HoldingFile(DiskFile file) {
            super(file);
        }

        @Override
        public void write(ByteBuffer src, long position) throws IOException {
            if (path().toString().endsWith(unwritable)) {
                throw new IOException(path() + " cannot be written");
            }
            if (path().toString().endsWith(broken)) {
                throw new IllegalStateException(path() + " is broken");
            }
            written.add(path().toString());
            around(Operation.WRITE, path(), () -> super.write(src, position));
        }

        @Override
        public void force() throws IOException {
            around(Operation.FORCE, path(), () -> {
                requireForce(path());
                super.force();
            });
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            around(Operation.TRUNCATE, path(), () -> super.truncate(sizeBytes));
        }
    }
}
