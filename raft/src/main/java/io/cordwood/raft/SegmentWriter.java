package io.cordwood.raft;

import io.cordwood.batch.MalformedBatchException;
import io.cordwood.batch.RecordBatch;
import io.cordwood.partition.AppendEntry;
import io.cordwood.partition.BatchHeader;
import io.cordwood.store.LogClosedException;
import io.cordwood.store.PartitionId;
import io.cordwood.store.PartitionLog;
import io.cordwood.store.SegmentTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a partition's payloads from the raft log's lock to the segment files: in order, on the partition's one writer thread.
 *
 * <p>Invariants: a force covers every append enqueued before it; after a failure nothing is written or forced any more.
 *
 * <p>Thread: enqueued to under the log write lock and by Ratis' log worker; runs on its writer thread, the log's single writer.
 */
final class SegmentWriter {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentWriter.class);

    private final PartitionId partition;
    private final PartitionLog log;
    private final Executor writerThread;
    private final NodeHalt halt;
    private final StoreMeters meters;
    private final AtomicBoolean deletingTrimmed = new AtomicBoolean();
    private final AtomicBoolean deletingReplaced = new AtomicBoolean();
    private volatile boolean failed;

    SegmentWriter(PartitionId partition, PartitionLog log, Executor writerThread, NodeHalt halt, StoreMeters meters) {
        this.partition = partition;
        this.log = log;
        this.writerThread = writerThread;
        this.halt = halt;
        this.meters = meters;
    }

    /** On the next of the node's writer threads. */
    static SegmentWriter of(PartitionContext context, PartitionLog log) {
        var node = context.node();
        return new SegmentWriter(
                context.id(),
                log,
                node.writers().next(),
                node.halt(),
                node.meters().store());
    }

    /** Enqueues the payload that a leader sent, as it is to stand in the files: the network may have changed it. */
    void append(AppendEntry entry, int leaderEpoch, ByteBuffer payload) {
        enqueue(entry, payload, () -> verify(entry, leaderEpoch, payload));
    }

    /**
     * Enqueues a payload that this node leads with, stamped. The appender computed its CRCs when the payload was whole; since
     * then only what they do not cover was written. So they are not computed again: that would narrow the time in which the
     * memory itself may fail and no more, and who takes the bytes from here, follower or client, computes them.
     */
    void appendOwn(AppendEntry entry, int leaderEpoch, ByteBuffer payload) {
        enqueue(entry, payload, () -> verifyHeaders(entry, leaderEpoch, payload));
    }

    private void enqueue(AppendEntry entry, ByteBuffer payload, Runnable check) {
        writerThread.execute(() -> {
            if (failed) {
                return;
            }
            try {
                check.run();
                log.append(entry.baseOffset(), entry.endOffset(), payload, entry.roll());
                meters.wrote(payload.remaining());
            } catch (IOException | Error e) {
                // After an error, no memory perhaps, the files are sound; but the next force must not succeed.
                fail("cannot write " + partition + " at offset " + entry.baseOffset(), e);
            } catch (RuntimeException e) {
                // Whatever it was: a force that succeeded after it would acknowledge bytes that are not there.
                failed = true;
                halt.damaged(partition, "cannot append at offset " + entry.baseOffset() + ": " + e.getMessage(), e);
            }
        });
    }

    /** Deletes one file at a time. */
    private interface Deletion {
        /** Returns whether there is one more. */
        boolean deleteOne() throws IOException;
    }

    /**
     * Deletes the trimmed segments, one after the other; what other partitions enqueue comes in between.
     *
     * @param heldFrom what is asked for from here on stays; looked at before each deletion
     */
    void deleteTrimmed(LongSupplier heldFrom) {
        if (deletingTrimmed.compareAndSet(false, true)) {
            deleteNext(
                    () -> {
                        // In this order: an entry that needs the files is in the log before a trim moves the log start.
                        long logStart = log.logStartOffset();
                        return log.deleteTrimmed(Math.min(logStart, heldFrom.getAsLong()));
                    },
                    deletingTrimmed);
        }
    }

    /** As {@link #deleteTrimmed}, the files that compaction replaced, where a durable checkpoint lists what came in their place. */
    void deleteReplaced(SegmentTable durable, long heldFrom) {
        if (deletingReplaced.compareAndSet(false, true)) {
            deleteNext(() -> log.deleteReplaced(durable, heldFrom), deletingReplaced);
        }
    }

    private void deleteNext(Deletion deletion, AtomicBoolean running) {
        writerThread.execute(() -> {
            if (deleteOne(deletion)) {
                deleteNext(deletion, running);
            } else {
                running.set(false);
            }
        });
    }

    private boolean deleteOne(Deletion deletion) {
        if (failed) {
            return false;
        }
        try {
            return deletion.deleteOne();
        } catch (IOException | Error e) {
            fail("cannot delete segments of " + partition, e);
        } catch (RuntimeException e) {
            failed = true;
            halt.failed("cannot delete segments of " + partition, e);
        }
        return false;
    }

    /** Completes when everything enqueued so far is forced; fails, and stops the node, when it cannot be. */
    CompletableFuture<Void> force() {
        var forced = new CompletableFuture<Void>();
        writerThread.execute(() -> {
            try {
                if (failed) {
                    throw new IOException("writing of " + partition + " has failed before");
                }
                long startNanos = System.nanoTime();
                log.force();
                meters.forced(System.nanoTime() - startNanos);
                forced.complete(null);
            } catch (IOException | RuntimeException | Error e) { // nobody must wait for it for ever
                fail("cannot force " + partition, e);
                forced.completeExceptionally(e);
            }
        });
        return forced;
    }

    /** Something that only the log's writer may do. */
    interface LogChange {
        void to(PartitionLog log) throws IOException;
    }

    /**
     * Changes the log on the writer thread, after everything enqueued so far, unless it is closed. A disk
     * failure or an error stops the node; whatever else it throws only fails the future.
     */
    CompletableFuture<Void> change(LogChange change) {
        var changed = new CompletableFuture<Void>();
        writerThread.execute(() -> {
            try {
                if (failed) {
                    throw new IOException("writing of " + partition + " has failed before");
                }
                log.requireOpen(); // the directory may belong to another replica already
                change.to(log);
                changed.complete(null);
            } catch (IOException | Error e) {
                fail("cannot write " + partition, e);
                changed.completeExceptionally(e);
            } catch (RuntimeException e) {
                changed.completeExceptionally(e);
            }
        });
        return changed;
    }

    /** Runs on the writer thread after everything enqueued so far. */
    CompletableFuture<Void> inOrder(Runnable task) {
        return CompletableFuture.runAsync(task, writerThread);
    }

    /** Closes the log after everything enqueued so far, and waits for it; what is enqueued later finds it closed. */
    void close() throws IOException {
        var closed = new CompletableFuture<@Nullable IOException>();
        writerThread.execute(() -> {
            try {
                log.close();
                closed.complete(null);
            } catch (IOException e) {
                closed.complete(e);
            } catch (RuntimeException | Error e) {
                closed.completeExceptionally(e);
            }
        });
        var failure = closed.join();
        if (failure != null) {
            throw new IOException("cannot close the log of " + partition, failure);
        }
    }

    private void fail(String what, Throwable cause) {
        if (cause instanceof LogClosedException) {
            // The replica leaves; what comes late is not acknowledged, and the node is sound. A flush comes late when
            // Ratis gave up waiting for its log worker, an append when it found the raft log open and got its lock
            // after the close.
            LOG.info("{}: the log is closed already", what);
        } else if (!failed) {
            failed = true;
            halt.failed(what, cause);
        }
    }

    /** Whether a payload is what the header in the raft log says. */
    static boolean holds(AppendEntry entry, int leaderEpoch, ByteBuffer payload) {
        return passes(() -> verify(entry, leaderEpoch, payload));
    }

    /** As {@link #holds}, for bytes whose CRCs were found right already: they are not computed. */
    static boolean holdsHeaders(AppendEntry entry, int leaderEpoch, ByteBuffer payload) {
        return passes(() -> verifyHeaders(entry, leaderEpoch, payload));
    }

    private static boolean passes(Runnable check) {
        try {
            check.run();
            return true;
        } catch (MalformedBatchException | IllegalStateException e) {
            return false;
        }
    }

    private static void verify(AppendEntry entry, int leaderEpoch, ByteBuffer payload) {
        verify(
                entry,
                leaderEpoch,
                payload,
                batch -> require(batch.crcMatches(), "computed crc", batch.crc(), batch.computeCrc()));
    }

    private static void verifyHeaders(AppendEntry entry, int leaderEpoch, ByteBuffer payload) {
        verify(entry, leaderEpoch, payload, batch -> {});
    }

    /** The payload crossed threads and, on a follower, the network: it must be what the header in the raft log says. */
    private static void verify(AppendEntry entry, int leaderEpoch, ByteBuffer payload, Consumer<RecordBatch> contents) {
        int position = payload.position();
        for (BatchHeader header : entry.batches()) {
            require(
                    header.sizeBytes() <= payload.limit() - position,
                    "bytes",
                    header.sizeBytes(),
                    payload.limit() - position);
            var bytes = payload.duplicate().position(position).limit(position + header.sizeBytes());
            var batch = RecordBatch.of(bytes.slice());
            require(batch.baseOffset() == header.baseOffset(), "base offset", header.baseOffset(), batch.baseOffset());
            require(batch.leaderEpoch() == leaderEpoch, "leader epoch", leaderEpoch, batch.leaderEpoch());
            require(batch.crc() == header.crc(), "crc", header.crc(), batch.crc());
            contents.accept(batch);
            position += header.sizeBytes();
        }
        require(position == payload.limit(), "payload end", position, payload.limit());
    }

    private static void require(boolean holds, String field, long expected, long found) {
        if (!holds) {
            throw new IllegalStateException(field + " of a payload: expected " + expected + ", found " + found);
        }
    }
}
