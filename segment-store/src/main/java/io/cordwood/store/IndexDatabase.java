package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One RocksDB instance with its native options, opened whatever state its directory is in: what cannot be used is moved
 * aside to {@code <directory>.damaged} (one copy is kept) and an empty one takes its place.
 *
 * <p><b>Thread:</b> any, but nobody may be inside or come later when it is closed: native memory is freed then.
 */
final class IndexDatabase implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(IndexDatabase.class);
    private static final String REBUILD_MARKER = "rebuild";
    private static final long WRITE_BUFFER_BYTES = 8L << 20;
    private static final long CACHE_BYTES = 8L << 20;
    private static final int OPEN_FILES_MAX = 64;

    private final Path directory;
    private final LRUCache cache = new LRUCache(CACHE_BYTES);
    private final Options options;
    private final WriteOptions withoutWal = new WriteOptions().setDisableWAL(true);
    private final RocksDB rocks;

    private IndexDatabase(Path directory) throws RocksDBException {
        this.directory = directory;
        this.options = new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(WRITE_BUFFER_BYTES)
                .setMaxOpenFiles(OPEN_FILES_MAX)
                .setMaxBackgroundJobs(2)
                .setKeepLogFileNum(2)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setTableFormatConfig(
                        new BlockBasedTableConfig().setBlockCache(cache).setCacheIndexAndFilterBlocks(true));
        try {
            this.rocks = RocksDB.open(options, directory.toString());
        } catch (RocksDBException e) {
            closeOptions();
            throw e;
        }
    }

    /**
     * Empty where a disk has no room, this one for the files that opening writes or the one of temporary
     * files for RocksDB's library; what is there stays as it is.
     */
    static Optional<IndexDatabase> open(Path directory) throws IOException {
        try {
            RocksLibrary.load(); // the option classes do not load it themselves
            return Optional.of(openOrCreate(directory));
        } catch (IOException | UncheckedIOException e) {
            if (NoSpace.isCauseOf(e)) {
                LOG.warn("no room to open the offset index {}: reads scan until the next start", directory, e);
                return Optional.empty();
            }
            throw e;
        }
    }

    private static IndexDatabase openOrCreate(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try {
                return openExisting(directory);
            } catch (RocksDBException e) {
                if (NoSpace.isCauseOf(e)) { // first: it may say that there was no room for the file LOCK
                    throw new IOException("cannot open " + directory, e); // it is whole, and a new one takes room, too
                }
                if (isLocked(e)) {
                    throw new IOException(directory + " is in use by another process", e);
                }
                LOG.warn("offset index {} cannot be used, it will be rebuilt: {}", directory, e.getMessage());
                moveAside(directory);
            }
        }
        try {
            return create(directory);
        } catch (RocksDBException e) {
            throw new IOException("no offset index in " + directory, e);
        }
    }

    RocksDB rocks() {
        return rocks;
    }

    /** The index can be made again, so no write of it goes to a log first. */
    WriteOptions withoutWal() {
        return withoutWal;
    }

    void flush() throws RocksDBException {
        try (var wait = new FlushOptions().setWaitForFlush(true)) {
            rocks.flush(wait);
        }
    }

    /** The next open starts with an empty instance. */
    void markForRebuild() {
        try {
            Files.write(directory.resolve(REBUILD_MARKER), new byte[0]);
        } catch (IOException e) {
            LOG.warn("offset index {} cannot be marked for a rebuild: {}", directory, e.toString());
        }
    }

    @Override
    public void close() {
        rocks.close();
        closeOptions();
    }

    private void closeOptions() {
        withoutWal.close();
        options.close();
        cache.close();
    }

    private static IndexDatabase openExisting(Path directory) throws RocksDBException {
        if (Files.exists(directory.resolve(REBUILD_MARKER))) {
            throw new RocksDBException("it failed while in use");
        }
        var database = new IndexDatabase(directory);
        try {
            requireFormat(database.rocks.get(IndexKey.FORMAT));
            return database;
        } catch (RocksDBException e) {
            database.close();
            throw e;
        }
    }

    private static void requireFormat(byte @Nullable [] format) throws RocksDBException {
        if (format == null
                || format.length != Integer.BYTES
                || ByteBuffer.wrap(format).getInt() != IndexKey.VERSION) {
            throw new RocksDBException("its format is not version " + IndexKey.VERSION);
        }
    }

    private static IndexDatabase create(Path directory) throws IOException, RocksDBException {
        Files.createDirectories(directory);
        var database = new IndexDatabase(directory);
        var version = ByteBuffer.allocate(Integer.BYTES).putInt(0, IndexKey.VERSION);
        try {
            database.rocks.put(database.withoutWal, IndexKey.FORMAT, version.array());
            database.flush();
            return database;
        } catch (RocksDBException e) {
            database.close();
            throw e;
        }
    }

    private static boolean isLocked(RocksDBException e) {
        var message = e.getMessage();
        return message != null && message.contains("LOCK");
    }

    private static void moveAside(Path directory) throws IOException {
        var aside = directory.resolveSibling(directory.getFileName() + ".damaged");
        if (Files.exists(aside)) {
            try (var paths = Files.walk(aside)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        Files.move(directory, aside);
    }
}
