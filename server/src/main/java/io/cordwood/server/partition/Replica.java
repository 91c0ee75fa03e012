package io.cordwood.server.partition;

import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.CompactionStatus;
import io.cordwood.raft.Confirmation;
import io.cordwood.raft.PartitionBacklog;
import io.cordwood.raft.Registration;
import io.cordwood.store.LogRead;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * Port to one partition replica of this node. Two of them are equal when they stand for the same open replica.
 *
 * <p><b>Thread:</b> any.
 */
public interface Replica {
    /**
     * Appends a validated batch, in the order of the calls of one thread; the futures complete in that order, on a
     * thread that must not be held up. Only a leader does; anybody else refuses.
     */
    CompletableFuture<AppendResult> append(AppendRequest request);

    /**
     * Moves the log start up to an offset, where it lies below it. Only a leader does; otherwise the future fails with {@link
     * io.cordwood.server.cluster.RefusedException}, on a thread that must not be held up.
     */
    CompletableFuture<Void> trim(long newStart);

    /**
     * Has another node's replica lead, and the placement prefer it. Only a leader does.
     *
     * @param within for how long at most no batch is taken
     * @return fails with {@link io.cordwood.server.cluster.RefusedException} where that node does not lead afterwards
     */
    CompletableFuture<Void> transferLeadership(int nodeId, Duration within);

    /**
     * Has a majority confirm that no other replica had been elected when this was called: then what this
     * one shows covers all that had been acknowledged. The future completes on a thread that must not be
     * held up.
     */
    CompletableFuture<Confirmation> confirmLeadership(Duration within);

    /** Entries of the leader's log that each other replica has not confirmed, by node id; empty on others than the leader. */
    Map<Integer, Long> entriesBehind();

    /** First offset that is kept. */
    long logStartOffset();

    /** Exclusive end of what may be read. */
    long highWatermark();

    /**
     * Whole batches from the one that holds the offset on, below the high watermark, of at most this size unless the
     * first alone is larger. Reads the disk.
     */
    LogRead read(long offset, int maxBytes) throws IOException;

    /**
     * As {@link #read}, for whoever begins to read here: the first batch's CRC is checked, because one who
     * met a wrong one comes back to just that place.
     */
    LogRead readSound(long offset, int maxBytes) throws IOException;

    /**
     * The first record that is kept and has this timestamp or a later one; empty where none below the limit has. Reads the
     * disk.
     *
     * @param limitOffset exclusive; at most the high watermark
     */
    OptionalLong firstAtOrAfter(long timestampMs, long limitOffset) throws IOException;

    /**
     * What lies from an offset on, or from the log start where that is greater. Reads the disk, about as much as two reads do.
     *
     * @param limitOffset exclusive; at most the high watermark
     */
    PartitionBacklog backlog(long offset, long limitOffset) throws IOException;

    /** The listener runs after each move, on a thread that must not be held up. */
    Registration onHighWatermark(Runnable listener);

    Leadership leadership();

    /** Whether it takes appends; cheap enough to be asked for each batch. */
    boolean leads();

    /** Bytes of its segment files. */
    long sizeBytes();

    /** How far compaction has come here. */
    CompactionStatus compaction();
}
