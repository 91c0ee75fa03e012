package io.cordwood.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that keeps what was written apart from what was forced, and can lose power.
 *
 * <p>It counts the operations that change something (create, write, truncate, force, rename, delete, force of a
 * directory); the next one at a given count can be made to fail, or to find the power gone. {@link #crash} then gives
 * the disk as it is after the restart.
 *
 * <p>Invariants: the same seed and operations give the same images. Directories themselves are durable at once.
 *
 * <p><b>Thread:</b> any; the lock guards all state, because tests write and read from several threads.
 */
public final class SimulatedDisk implements Disk {
    private static final int SECTOR_BYTES = 512;
    private static final long NEVER = Long.MAX_VALUE;

    private final Random random;
    private final Set<Path> directories = new HashSet<>();
    private final Map<Path, Content> names = new HashMap<>();
    private final Map<Path, Content> durableNames = new HashMap<>();
    private final List<Pending> pending = new ArrayList<>();
    private long operations;
    private long powerOffAt = NEVER;
    private long failAt = NEVER;
    private long failCount;
    private long opens;
    private long failOpenAt = NEVER;
    private boolean memoryFails;
    private IoFault fault = IoFault.NOTHING_DONE;
    private Listener listener = what -> {};
    private boolean off;
    private final Set<Path> failedDirectories = new TreeSet<>();
    private boolean forceHasFailed;
    private int forcesOfFailedFiles;
    private long usableBytes = Long.MAX_VALUE;
    private int openFiles;

    public SimulatedDisk(long seed) {
        this.random = new Random(seed);
    }

    /** A file's bytes, as they are read and as they were last forced. */
    private static final class Content {
        private final GrowingBytes current = new GrowingBytes();
        private final GrowingBytes durable = new GrowingBytes();
        private boolean forceFailed;

        GrowingBytes durableCopy() {
            var copy = new GrowingBytes();
            copy.write(0, durable.toArray());
            return copy;
        }
    }

    /** Is told of each operation that changes something, with the disk as it is before. */
    public interface Listener {
        void before(String operation);
    }

    /** Something done that a power loss may undo. */
    private interface Pending {
        /** The file's content or the directory that a force makes durable. */
        Object scope();
    }

    private static final class Write implements Pending {
        private final Content content;
        private final long position;
        private final byte[] bytes;

        Write(Content content, long position, byte[] bytes) {
            this.content = content;
            this.position = position;
            this.bytes = bytes;
        }

        @Override
        public Object scope() {
            return content;
        }

        Write part(int start, int end) {
            return new Write(content, position + start, Arrays.copyOfRange(bytes, start, end));
        }
    }

    private record Truncate(Content scope, long sizeBytes) implements Pending {}

    /** What the paths stand for from here on; null = nothing. */
    private record Rename(Path scope, Path from, Path to, Content content) implements Pending {}

    private record Name(Path scope, Path path, @Nullable Content content) implements Pending {}

    /** How many operations were made. */
    public synchronized long operations() {
        return operations;
    }

    /** The operation with this number, the first being 1, and all later calls find the power gone. */
    public synchronized void powerOffAt(long operation) {
        powerOffAt = operation;
    }

    /** The operation with this number fails and changes nothing; later ones succeed. */
    public synchronized void failAt(long operation) {
        failAt(operation, IoFault.NOTHING_DONE);
    }

    /** The operation with this number fails in this way; later ones succeed. */
    public synchronized void failAt(long operation, IoFault how) {
        failFrom(operation, how, 1);
    }

    /** So many operations fail in this way, this one first; later ones succeed. */
    public synchronized void failFrom(long operation, IoFault how, long count) {
        failAt = operation;
        failCount = count;
        fault = how;
    }

    /** From now on everything succeeds. What was lost stays lost. */
    public synchronized void failNoMore() {
        failAt = NEVER;
        failOpenAt = NEVER;
    }

    /**
     * The open of a file that is there, with this number, fails; later ones succeed. These are not among
     * the operations.
     */
    public synchronized void failOpenAt(long open) {
        failOpenAt = open;
    }

    /** Whether what was to fail has come. */
    public synchronized boolean hasFailed() {
        return operations >= failAt || opens >= failOpenAt;
    }

    /**
     * How often a file or a directory was forced whose force had failed before: the success of such a force
     * says nothing.
     */
    public synchronized int forcesOfFailedFiles() {
        return forcesOfFailedFiles;
    }

    /** Whether a force, of a file or of a directory, has failed: a node ends at once then. */
    public synchronized boolean hasForceFailed() {
        return forceHasFailed;
    }

    /** From now on. It may take images with {@link #crash}. */
    public synchronized void listen(Listener newListener) {
        listener = newListener;
    }

    /** The next operation fails and changes nothing. */
    public synchronized void failNext() {
        failAt(operations + 1);
    }

    /** The next operation finds no memory, and changes nothing. */
    public synchronized void exhaustMemoryNext() {
        failNext();
        memoryFails = true;
    }

    public synchronized boolean isOff() {
        return off;
    }

    /** How many files are open now. */
    public synchronized int openFiles() {
        return openFiles;
    }

    public synchronized void setUsableBytes(long bytes) {
        usableBytes = bytes;
    }

    /**
     * A new disk with what a power loss now would leave. This one is as it was, so that more images can be taken: of the
     * same moment, or of a later one.
     */
    public synchronized SimulatedDisk crash(CrashMode mode) {
        return image(keep(mode));
    }

    /** The same, where the first so many of the {@link #unforced} operations are kept. */
    public synchronized SimulatedDisk crashKeeping(int first) {
        return image(pending.subList(0, first));
    }

    /** How many operations a power loss now could undo. */
    public synchronized int unforced() {
        return pending.size();
    }

    /** What its files hold, forced or not. */
    public synchronized Map<Path, ByteBuffer> files() {
        var files = new HashMap<Path, ByteBuffer>();
        names.forEach((path, content) -> files.put(path, ByteBuffer.wrap(content.current.toArray())));
        return files;
    }

    private SimulatedDisk image(List<Pending> keptOperations) {
        var image = new SimulatedDisk(random.nextLong());
        image.directories.addAll(directories);
        var survivors = new HashMap<Content, GrowingBytes>();
        var files = new HashMap<>(durableNames);
        for (var kept : keptOperations) {
            if (kept.scope() instanceof Content content) {
                applyTo(survivors.computeIfAbsent(content, Content::durableCopy), kept);
            } else {
                applyTo(files, kept);
            }
        }
        files.forEach((path, content) -> image.putDurable(
                path, survivors.getOrDefault(content, content.durable).toArray()));
        return image;
    }

    private void putDurable(Path path, byte[] bytes) {
        var content = new Content();
        content.current.write(0, bytes);
        content.durable.write(0, bytes);
        names.put(path, content);
        durableNames.put(path, content);
    }

    private List<Pending> keep(CrashMode mode) {
        return switch (mode) {
            case NOTHING_UNFORCED -> List.of();
            case EVERYTHING -> pending;
            case PREFIX -> pending.subList(0, random.nextInt(pending.size() + 1));
            case RANDOM_SECTORS ->
                pending.stream()
                        .flatMap(operation -> sectors(operation).stream())
                        .filter(piece -> random.nextBoolean())
                        .toList();
            case TORN_LAST_WRITE -> tornLastWrite();
            case NAMES_ONLY -> kept(true);
            case BYTES_ONLY -> kept(false);
        };
    }

    private List<Pending> kept(boolean names) {
        return pending.stream()
                .filter(operation -> names == !(operation.scope() instanceof Content))
                .toList();
    }

    private List<Pending> tornLastWrite() {
        var kept = new ArrayList<>(pending);
        for (int i = kept.size() - 1; i >= 0; i--) {
            if (kept.get(i) instanceof Write write) {
                kept.set(i, write.part(0, random.nextInt(write.bytes.length + 1)));
                break;
            }
        }
        return kept;
    }

    private static List<Pending> sectors(Pending operation) {
        if (!(operation instanceof Write write)) {
            return List.of(operation);
        }
        var pieces = new ArrayList<Pending>();
        int start = 0;
        while (start < write.bytes.length) {
            int toSectorEnd = SECTOR_BYTES - (int) ((write.position + start) % SECTOR_BYTES);
            int end = Math.min(write.bytes.length, start + toSectorEnd);
            pieces.add(write.part(start, end));
            start = end;
        }
        return pieces;
    }

    private static void applyTo(GrowingBytes bytes, Pending operation) {
        if (operation instanceof Write write) {
            bytes.write(write.position, write.bytes);
        } else if (operation instanceof Truncate truncate) {
            bytes.truncate(truncate.sizeBytes);
        } else {
            throw new IllegalStateException("not on a file: " + operation);
        }
    }

    private static void applyTo(Map<Path, Content> files, Pending operation) {
        if (operation instanceof Rename rename) {
            files.remove(rename.from);
            files.put(rename.to, rename.content);
        } else if (operation instanceof Name name && name.content != null) {
            files.put(name.path, name.content);
        } else if (operation instanceof Name name) {
            files.remove(name.path);
        } else {
            throw new IllegalStateException("not on a directory: " + operation);
        }
    }

    @Override
    public synchronized DiskFile open(Path file, OpenMode mode) throws IOException {
        requirePower();
        var path = normal(file);
        var content = names.get(path);
        if (mode == OpenMode.CREATE) {
            if (content != null) {
                throw new FileAlreadyExistsException(file.toString());
            }
            requireDirectory(parentOf(path));
            step("create " + path);
            content = new Content();
            names.put(path, content);
            pending.add(new Name(parentOf(path), path, content));
        }
        if (content == null) {
            throw new NoSuchFileException(file.toString());
        }
        requireOpens(mode, path);
        openFiles++;
        return new SimulatedFile(file, content, mode != OpenMode.READ);
    }

    private void requireOpens(OpenMode mode, Path path) throws IOException {
        opens += mode == OpenMode.CREATE ? 0 : 1;
        if (mode != OpenMode.CREATE && opens == failOpenAt) {
            throw IoFault.INPUT_OUTPUT.exception("open " + path);
        }
    }

    @Override
    public synchronized boolean exists(Path path) {
        return names.containsKey(normal(path)) || directories.contains(normal(path));
    }

    @Override
    public synchronized List<Path> list(Path directory) throws IOException {
        requirePower();
        var parent = normal(directory);
        requireDirectory(parent);
        var all = new TreeSet<Path>();
        names.keySet().stream().filter(path -> parent.equals(path.getParent())).forEach(all::add);
        directories.stream().filter(path -> parent.equals(path.getParent())).forEach(all::add);
        return all.stream().map(path -> directory.resolve(path.getFileName())).toList();
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        requirePower();
        for (Path path = normal(directory); path != null; path = path.getParent()) {
            directories.add(path);
        }
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        var source = normal(from);
        var target = normal(to);
        if (!parentOf(source).equals(parentOf(target))) {
            throw new IOException("rename from " + from + " to another directory: " + to);
        }
        var content = requireFile(source);
        step("rename " + source);
        names.remove(source);
        names.put(target, content);
        pending.add(new Rename(parentOf(source), source, target, content));
    }

    @Override
    public synchronized void link(Path file, Path name) throws IOException {
        var target = normal(name);
        var content = requireFile(normal(file));
        requireDirectory(parentOf(target));
        if (names.containsKey(target)) {
            throw new FileAlreadyExistsException(name.toString());
        }
        step("link " + target);
        names.put(target, content);
        pending.add(new Name(parentOf(target), target, content));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        var path = normal(file);
        requireFile(path);
        step("delete " + path);
        names.remove(path);
        pending.add(new Name(parentOf(path), path, null));
    }

    @Override
    public synchronized void forceDirectory(Path directory) throws IOException {
        var path = normal(directory);
        requireDirectory(path);
        forcesOfFailedFiles += failedDirectories.contains(path) ? 1 : 0;
        try {
            step("force " + path);
        } catch (IOException e) {
            // The names stay where they are: a file system that cannot write its journal takes nothing more
            // before it was mounted again, and shows then what the disk has.
            failedDirectories.add(path);
            throw failed(directory, e);
        }
        makeDurable(path);
    }

    @Override
    public synchronized long usableBytes(Path path) throws IOException {
        requirePower();
        return usableBytes;
    }

    /** As large as anybody may say that it is. */
    @Override
    public synchronized long totalBytes(Path path) throws IOException {
        requirePower();
        return Long.MAX_VALUE;
    }

    private IOException failed(Path path, IOException cause) {
        forceHasFailed |= !off;
        return off ? cause : new ForceFailedException(path, cause);
    }

    private void makeDurable(Content content) {
        takePending(content).forEach(operation -> applyTo(content.durable, operation));
    }

    private void makeDurable(Path directory) {
        takePending(directory).forEach(operation -> applyTo(durableNames, operation));
    }

    private List<Pending> takePending(Object scope) {
        var taken = pending.stream()
                .filter(operation -> operation.scope().equals(scope))
                .toList();
        pending.removeIf(operation -> operation.scope().equals(scope));
        return taken;
    }

    private void step(String what) throws IOException {
        requirePower();
        listener.before(what);
        operations++;
        if (operations >= powerOffAt) {
            off = true;
            requirePower();
        }
        if (operations >= failAt && operations - failAt < failCount) {
            if (memoryFails) {
                throw new OutOfMemoryError("simulated: " + what);
            }
            throw fault.exception(what);
        }
    }

    /**
     * The kernel takes pages that it could not write for clean: they are read as they were written, and
     * never reach the disk.
     */
    private void losePages(Content content) {
        content.forceFailed = true;
        takePending(content);
    }

    private void requirePower() throws IOException {
        if (off) {
            throw new IOException("simulated power loss");
        }
    }

    private void requireDirectory(Path path) throws IOException {
        if (!directories.contains(path)) {
            throw new NoSuchFileException(path.toString());
        }
    }

    private Content requireFile(Path path) throws IOException {
        var content = names.get(path);
        if (content == null) {
            throw new NoSuchFileException(path.toString());
        }
        return content;
    }

    private static Path parentOf(Path path) {
        return Objects.requireNonNull(path.getParent(), "a file needs a directory");
    }

    private static Path normal(Path path) {
        return path.toAbsolutePath().normalize();
    }

    private final class SimulatedFile implements DiskFile {
        private final Path path;
        private final Content content;
        private final boolean writable;
        private boolean closed;

        SimulatedFile(Path path, Content content, boolean writable) {
            this.path = path;
            this.content = content;
            this.writable = writable;
        }

        @Override
        public int read(ByteBuffer dst, long position) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                return content.current.read(dst, position);
            }
        }

        @Override
        public void write(ByteBuffer src, long position) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireWritable();
                try {
                    step("write " + path);
                } catch (IOException e) {
                    int written = off ? 0 : fault.bytesWritten(src.remaining());
                    if (written > 0) {
                        put(src, written, position);
                    }
                    throw e;
                }
                put(src, src.remaining(), position);
            }
        }

        private void put(ByteBuffer src, int size, long position) {
            var bytes = new byte[size];
            src.get(bytes);
            content.current.write(position, bytes);
            pending.add(new Write(content, position, bytes));
        }

        @Override
        public void force() throws IOException {
            synchronized (SimulatedDisk.this) {
                requireWritable();
                forcesOfFailedFiles += content.forceFailed ? 1 : 0;
                try {
                    step("force " + path);
                } catch (IOException e) {
                    if (!off && fault.losesPages()) {
                        losePages(content);
                    }
                    throw failed(path, e);
                }
                makeDurable(content);
            }
        }

        @Override
        public long sizeBytes() throws IOException {
            synchronized (SimulatedDisk.this) {
                requireOpen();
                return content.current.size();
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            synchronized (SimulatedDisk.this) {
                requireWritable();
                step("truncate " + path);
                content.current.truncate(sizeBytes);
                pending.add(new Truncate(content, sizeBytes));
            }
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public void close() {
            synchronized (SimulatedDisk.this) {
                openFiles -= closed ? 0 : 1;
                closed = true;
            }
        }

        private void requireOpen() throws IOException {
            requirePower();
            if (closed) {
                throw new ClosedChannelException();
            }
        }

        private void requireWritable() throws IOException {
            requireOpen();
            if (!writable) {
                throw new NonWritableChannelException();
            }
        }
    }
}
