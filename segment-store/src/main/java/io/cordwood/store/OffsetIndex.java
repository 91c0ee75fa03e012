package io.cordwood.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sparse index of a node's logs: for some batches of a partition, where they lie and how old what lies before them is.
 * So an offset is found by one search, and a time by bisection. A cache: it may be empty, old or
 * wrong at any time, readers check each entry against the file and scan where they find none.
 *
 * <p>Invariants: a failure of RocksDB never fails a log. The index then answers nothing and takes nothing until the
 * next start, which builds it anew. Without a write-ahead log a crash loses what was not flushed: the partition's
 * indexed-through offset is written together with the entries, so it is lost together with them.
 *
 * <p><b>Thread:</b> any. One thread of its own, {@code offset-index}, flushes at an interval and fills gaps. The lock
 * guards the native instance against use after close, which would end the process; operations share it.
 *
 * <p><b>Layout:</b> {@link IndexKey}.
 */
public final class OffsetIndex implements Closeable {
    public static final Duration DEFAULT_FLUSH_INTERVAL = Duration.ofSeconds(30);

    static final long UNKNOWN = -1;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(OffsetIndex.class);

    private interface Operation<T> {
        T run(IndexDatabase database) throws RocksDBException;
    }

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final @Nullable IndexDatabase database;
    private final ScheduledThreadPoolExecutor background;
    private boolean closed;
    private volatile boolean failed;
    private volatile boolean unflushed;
    private final LongAdder fills = new LongAdder();

    private OffsetIndex(@Nullable IndexDatabase database, Duration flushInterval) {
        this.database = database;
        this.failed = database == null;
        this.background = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(task, "offset-index");
            thread.setDaemon(true);
            return thread;
        });
        background.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        background.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        long millis = flushInterval.toMillis();
        var unused = background.scheduleWithFixedDelay(this::flushIfChanged, millis, millis, TimeUnit.MILLISECONDS);
    }

    public static OffsetIndex open(Path directory) throws IOException {
        return open(directory, DEFAULT_FLUSH_INTERVAL);
    }

    /**
     * Opens the index; a damaged or unknown one is moved aside and an empty one created. Where the disk is
     * full it is as one that failed: the logs do without.
     */
    public static OffsetIndex open(Path directory, Duration flushInterval) throws IOException {
        return new OffsetIndex(IndexDatabase.open(directory).orElse(null), flushInterval);
    }

    /** Forgets a partition that was removed from this node. */
    public void drop(PartitionId id) {
        write((database, batch) -> batch.deleteRange(IndexKey.partitionStart(id), IndexKey.partitionEnd(id)));
    }

    /** Makes what was indexed so far outlive a crash. Correctness never needs it. */
    public void flush() {
        run(false, database -> {
            unflushed = false;
            database.flush();
            return true;
        });
    }

    /**
     * How many partitions were found not wholly indexed when they were opened; their entries are made
     * again.
     */
    public long fills() {
        return fills.sum();
    }

    /** Whether it answers nothing any more until the next start. */
    public boolean hasFailed() {
        return failed;
    }

    void countFill() {
        fills.increment();
    }

    @Override
    public void close() {
        background.shutdown();
        awaitBackground();
        flush();
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                if (database != null) {
                    database.close();
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void awaitBackground() {
        try {
            if (!background.awaitTermination(CLOSE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("the offset index's thread did not end within {}", CLOSE_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The entry with the greatest offset at or below this one. */
    Optional<IndexEntry> floor(PartitionId id, long offset) {
        return run(Optional.empty(), database -> {
            try (var iterator = database.rocks().newIterator()) {
                return Optional.ofNullable(floor(iterator, id, offset));
            }
        });
    }

    /**
     * The last entry in this range of a segment's offsets such that all of the segment before it is older than this time.
     * Entries that are missing make it an earlier one; wrong ones make it any.
     */
    Optional<IndexEntry> lastBefore(PartitionId id, OffsetRange range, long timestampMs) {
        return run(Optional.empty(), database -> {
            try (var iterator = database.rocks().newIterator()) {
                return Optional.ofNullable(bisect(iterator, id, range, timestampMs));
            }
        });
    }

    private static @Nullable IndexEntry bisect(
            RocksIterator iterator, PartitionId id, OffsetRange range, long timestampMs) throws RocksDBException {
        IndexEntry found = null;
        long low = range.start();
        long high = range.end();
        while (low < high) {
            long middle = low + (high - low) / 2;
            var entry = floor(iterator, id, middle);
            if (entry == null || entry.offset() < low) {
                low = middle + 1;
            } else if (entry.maxTimestampBefore() < timestampMs) {
                found = entry;
                low = middle + 1;
            } else {
                high = entry.offset();
            }
        }
        return found;
    }

    private static @Nullable IndexEntry floor(RocksIterator iterator, PartitionId id, long offset)
            throws RocksDBException {
        var wanted = IndexKey.offset(id, offset);
        iterator.seekForPrev(wanted);
        iterator.status();
        return iterator.isValid() && IndexKey.isOffsetOfSamePartition(iterator.key(), wanted)
                ? IndexKey.parse(iterator.key(), iterator.value())
                : null;
    }

    /** The offset below which all batches are indexed, or {@link #UNKNOWN}. */
    long indexedThrough(PartitionId id) {
        return run(UNKNOWN, database -> {
            var value = database.rocks().get(IndexKey.indexedThrough(id));
            return value == null ? UNKNOWN : ByteBuffer.wrap(value).getLong();
        });
    }

    /** @param indexedThrough {@link #UNKNOWN} leaves it as it is */
    void add(PartitionId id, List<IndexEntry> entries, long indexedThrough) {
        write((database, batch) -> {
            for (var entry : entries) {
                batch.put(IndexKey.offset(id, entry.offset()), IndexKey.valueOf(entry));
            }
            if (indexedThrough != UNKNOWN) {
                batch.put(IndexKey.indexedThrough(id), IndexKey.valueOf(indexedThrough));
            }
        });
    }

    void remove(PartitionId id, long offset) {
        write((database, batch) -> batch.delete(IndexKey.offset(id, offset)));
    }

    /** Drops the entries at or beyond this offset. */
    void cut(PartitionId id, long offset) {
        // A deleted range makes later searches slower, so none is written where there is nothing to delete.
        boolean holdsSuch = floor(id, Long.MAX_VALUE)
                .filter(entry -> entry.offset() >= offset)
                .isPresent();
        boolean endsBeyond = indexedThrough(id) > offset;
        if (holdsSuch || endsBeyond) {
            write((database, batch) -> {
                batch.deleteRange(IndexKey.offset(id, offset), IndexKey.offsetsEnd(id));
                if (endsBeyond) {
                    batch.put(IndexKey.indexedThrough(id), IndexKey.valueOf(offset));
                }
            });
        }
    }

    /** Drops the entries within the range: the file there is another now. */
    void drop(PartitionId id, OffsetRange range) {
        write((database, batch) ->
                batch.deleteRange(IndexKey.offset(id, range.start()), IndexKey.offset(id, range.end())));
    }

    /** Drops the entries below this offset. */
    void trim(PartitionId id, long offset) {
        write((database, batch) -> batch.deleteRange(IndexKey.offset(id, 0), IndexKey.offset(id, offset)));
    }

    /** Calls the step on the index's thread again and again, in turn with those of other logs, while it says true. */
    void fillInBackground(BooleanSupplier step) {
        lock.readLock().lock();
        try {
            if (!closed && !failed) {
                background.execute(() -> {
                    if (step.getAsBoolean()) {
                        fillInBackground(step);
                    }
                });
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private interface Change {
        void putInto(IndexDatabase database, WriteBatch batch) throws RocksDBException;
    }

    private void write(Change change) {
        run(false, database -> {
            try (var batch = new WriteBatch()) {
                change.putInto(database, batch);
                database.rocks().write(database.withoutWal(), batch);
            }
            unflushed = true;
            return true;
        });
    }

    private <T> T run(T otherwise, Operation<T> operation) {
        lock.readLock().lock();
        try {
            var opened = database;
            return closed || failed || opened == null ? otherwise : run(opened, operation, otherwise);
        } finally {
            lock.readLock().unlock();
        }
    }

    private <T> T run(IndexDatabase opened, Operation<T> operation, T otherwise) {
        try {
            return operation.run(opened);
        } catch (RocksDBException e) {
            fail(opened, e);
            return otherwise;
        }
    }

    private void fail(IndexDatabase opened, RocksDBException cause) {
        failed = true;
        opened.markForRebuild();
        LOG.warn("the offset index failed; reads scan until the next start rebuilds it", cause);
    }

    private void flushIfChanged() {
        if (unflushed) {
            flush();
        }
    }
}
