package io.cordwood.server.partition;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.batch.MalformedBatchException;
import io.cordwood.metrics.Traffic;
import io.cordwood.raft.Confirmation;
import io.cordwood.raft.Registration;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.cluster.RefusedException;
import io.cordwood.server.partition.Partitions.Lookup;
import io.cordwood.store.LogClosedException;
import io.cordwood.store.OffsetTrimmedException;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber: several partitions, read in turn as their records are committed, within the credit it grants.
 *
 * <p>Invariants: nothing is read or sent without credit of both kinds, so a credit is exceeded by less than one batch;
 * nothing while the sink is not ready, so a slow subscriber holds at most one chunk; a partition that has data waits
 * for at most one chunk of each other one. What is wrong with a partition ends that partition alone.
 *
 * <p><b>Thread:</b> any may call; the work is done by one reader thread at a time, one chunk a turn, so subscribers
 * share the readers fairly. Nothing polls: high watermarks, credit and the sink wake it.
 */
public final class Subscription implements AutoCloseable {
    /** Takes what is read; called by one thread at a time. */
    public interface Sink {
        /** Whether it takes more; {@link Subscription#wake} is called when it does again. */
        boolean isReady();

        /**
         * Returns what of it was sent: less where the records are decoded, and take too much for one message or lie
         * behind a batch that does not decode.
         *
         * @throws IOException where nothing was, because the first batch does not decode
         */
        Sent data(TopicPartition partition, Chunk chunk, Replica replica) throws IOException;

        void refused(TopicPartition partition, Refusal refusal);

        /** The subscription has ended on a fault of ours. */
        void failed(Refusal refusal);
    }

    /**
     * What was sent, and what it takes of the credit. A batch sent in parts takes its records part by part and its
     * bytes with the last one: all of it once.
     *
     * @param endOffset exclusive
     */
    public record Sent(long endOffset, long bytes, long records) {}

    /**
     * A partition and where to begin.
     *
     * @param topicId as text, what the subscriber takes for the topic's id; null = any
     */
    public record Start(TopicPartition partition, @Nullable String topicId, StartPoint point) {}

    /** What a subscriber asks for, applied in this order. */
    public record Change(List<Start> add, List<TopicPartition> remove, long bytes, long records) {
        public Change {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }
    }

    private static final Logger LOGGER = LoggerFactory.getLogger(Subscription.class);
    private static final int CHUNK_MAX_BYTES = 1 << 20;
    private static final int PARTITIONS_MAX = 10_000;
    private static final Duration CONFIRMATION_MAX = Duration.ofSeconds(3);
    private static final long ASK_AGAIN_MS = 500;

    private final Partitions partitions;
    private final StartOffsets starts;
    private final Sink sink;
    private final Timer latency;
    private final Lane lane;
    private final AtomicBoolean wakeQueued = new AtomicBoolean();
    private final AtomicBoolean placementChanged = new AtomicBoolean();
    private final Registration placementListener;
    private volatile boolean closed;

    // The rest belongs to the tasks in the lane.
    private final Map<TopicPartition, Cursor> cursors = new HashMap<>();
    private final Deque<Cursor> turns = new ArrayDeque<>();
    private long creditBytes;
    private long creditRecords;

    /** @param latency to read a chunk and send it */
    public Subscription(Partitions partitions, StartOffsets starts, Executor readers, Sink sink, Timer latency) {
        this.partitions = partitions;
        this.starts = starts;
        this.sink = sink;
        this.latency = latency;
        this.lane = Lane.on(readers);
        this.placementListener = partitions.onChange(() -> {
            placementChanged.set(true);
            wake();
        });
    }

    /** @param applied runs afterwards */
    public void change(Change change, Runnable applied) {
        // One by one: to find a time takes reads, and others want the readers too.
        change.add().forEach(start -> lane.execute(() -> guarded(() -> add(start))));
        lane.execute(() -> {
            guarded(() -> apply(change));
            applied.run();
        });
    }

    /** Something may go on that had to wait. */
    public void wake() {
        if (!closed && wakeQueued.compareAndSet(false, true)) {
            lane.execute(() -> guarded(this::step));
        }
    }

    @Override
    public void close() {
        closed = true;
        placementListener.close();
        lane.execute(() -> List.copyOf(cursors.values()).forEach(this::drop));
    }

    /** One subscriber's fault must not end the thread that serves the others, and the node with it. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOGGER.error("a subscription to {} ends on a fault", cursors.keySet(), e);
            close();
            sink.failed(Refusal.of(Reason.INTERNAL, "a fault of the server; its log says more"));
        }
    }

    private void apply(Change change) {
        if (closed) {
            return;
        }
        change.remove().forEach(name -> {
            var cursor = cursors.get(name);
            if (cursor != null) {
                drop(cursor);
            }
        });
        creditBytes = saturatedAdd(creditBytes, change.bytes());
        creditRecords = saturatedAdd(creditRecords, change.records());
        wake();
    }

    private void add(Start start) {
        if (closed) {
            return;
        }
        var earlier = cursors.get(start.partition());
        if (earlier != null) {
            drop(earlier);
        }
        if (cursors.size() >= PARTITIONS_MAX) {
            sink.refused(
                    start.partition(),
                    Refusal.field(Reason.LIMIT_REACHED, "partitions", cursors.size() + 1, "at most " + PARTITIONS_MAX));
            return;
        }
        var lookup = partitions.find(start.partition(), start.topicId());
        if (lookup instanceof Lookup.Missing missing) {
            sink.refused(start.partition(), missing.refusal());
            return;
        }
        var partition = ((Lookup.Found) lookup).partition();
        var replica = partition.replica();
        long position;
        try {
            position = starts.find(start.partition(), replica, start.point()).offset();
        } catch (RefusedException e) {
            sink.refused(
                    start.partition(),
                    e.refusal().with(Refusal.TOPIC, start.partition().topic()));
            return;
        }
        var cursor = new Cursor(partition, replica.onHighWatermark(this::wake));
        cursor.position = position;
        cursors.put(cursor.name, cursor);
        turns.addLast(cursor);
        // The high watermark may have moved before it was listened to.
        wake();
    }

    private void step() {
        wakeQueued.set(false);
        if (closed) {
            return;
        }
        if (placementChanged.getAndSet(false)) {
            List.copyOf(cursors.values()).forEach(this::recheck);
        }
        if (!sink.isReady() || creditBytes <= 0 || creditRecords <= 0) {
            return;
        }
        var cursor = nextWithData();
        if (cursor != null) {
            send(cursor);
            wake();
        }
    }

    /**
     * Ends a partition that is gone from here, also where another topic has its name now, and begins anew where its
     * replica was opened anew; or else false.
     */
    private boolean recheck(Cursor cursor) {
        var lookup = partitions.find(cursor.name, cursor.topicId);
        if (lookup instanceof Lookup.Missing missing) {
            end(cursor, missing.refusal());
            return true;
        } else if (!((Lookup.Found) lookup).partition().replica().equals(cursor.replica)) {
            add(new Start(cursor.name, cursor.topicId, StartPoint.at(cursor.position)));
            return true;
        }
        return false;
    }

    private @Nullable Cursor nextWithData() {
        for (int left = turns.size(); left > 0; left--) {
            var cursor = turns.removeFirst();
            turns.addLast(cursor);
            var refusal = outOfRange(cursor);
            if (refusal != null) {
                end(cursor, refusal);
            } else if (cursor.position < cursor.replica.highWatermark()) {
                return cursor;
            }
        }
        return null;
    }

    /**
     * A follower may not know yet what is committed beyond its own high watermark, so only the leader can tell that a
     * position lies beyond the end; elsewhere the reader waits.
     */
    private @Nullable Refusal outOfRange(Cursor cursor) {
        // Confirmed before the end is read: a leader that is elected in between has moved the end.
        boolean leads = cursor.position > cursor.replica.highWatermark() && isConfirmed(cursor);
        long start = cursor.replica.logStartOffset();
        long end = Math.max(start, cursor.replica.highWatermark());
        boolean endIsKnown = cursor.position <= end || leads;
        return endIsKnown || cursor.position < start
                ? StartPoint.outOfRange(cursor.position, start, end).orElse(null)
                : null;
    }

    /**
     * Whether a majority confirmed that the replica leads; asks for it, and is woken by the answer. A leader
     * that was deposed knows no more of the end than a follower. Where it is not confirmed the reader waits,
     * and asks again after a while, however often it is woken before.
     */
    private boolean isConfirmed(Cursor cursor) {
        var asked = cursor.confirmation;
        if (asked == null) {
            if (System.nanoTime() - cursor.askAgainAtNanos >= 0
                    && cursor.replica.leadership().isLeader()) {
                cursor.confirmation = confirmation(cursor);
                var unused = cursor.confirmation.thenRun(this::wake);
            }
            return false;
        }
        if (!asked.isDone()) {
            return false;
        }
        cursor.confirmation = null;
        if (asked.join() == Confirmation.CONFIRMED) {
            return true;
        }
        // Before the timer is set: its wake must not come too early to ask.
        cursor.askAgainAtNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ASK_AGAIN_MS);
        CompletableFuture.delayedExecutor(ASK_AGAIN_MS, TimeUnit.MILLISECONDS).execute(this::wake);
        return false;
    }

    /** A question that fails is one without an answer: the reader need not lose its other partitions. */
    private static CompletableFuture<Confirmation> confirmation(Cursor cursor) {
        // Within a stage, what a replica throws fails the question like a failed future.
        return CompletableFuture.completedFuture(cursor.replica)
                .thenCompose(replica -> replica.confirmLeadership(CONFIRMATION_MAX))
                .exceptionally(failure -> {
                    LOGGER.error("whether the replica of {} leads cannot be asked", cursor.name, failure);
                    return Confirmation.UNANSWERED;
                });
    }

    private void send(Cursor cursor) {
        int maxBytes = (int) Math.min(creditBytes, CHUNK_MAX_BYTES);
        long from = cursor.position;
        long startNanos = System.nanoTime();
        try {
            var range = cursor.isMoved ? cursor.replica.read(from, maxBytes) : cursor.replica.readSound(from, maxBytes);
            var chunk = Chunk.within(range, creditBytes, creditRecords);
            if (chunk.endOffset() <= from) {
                throw new IOException(
                        "read at " + from + " gave [" + range.baseOffset() + ", " + range.endOffset() + ")");
            }
            var sent = sink.data(cursor.name, chunk.from(from), cursor.replica);
            // Of what is not sent the subscriber gives nothing back.
            creditBytes -= sent.bytes();
            creditRecords -= sent.records();
            cursor.position = sent.endOffset();
            cursor.isMoved = true;
            cursor.traffic.add(sent.records(), sent.bytes());
            latency.record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
        } catch (OffsetTrimmedException e) {
            // Retention was faster than the check before the read; the next turn says so to the reader.
            LOGGER.debug("partition {} was trimmed to {} while it was read", cursor.name, e.logStartOffset());
        } catch (LogClosedException e) {
            // The replica was removed or is opened anew.
            if (!recheck(cursor)) {
                end(cursor, partitions.notReplica(cursor.name));
            }
        } catch (IOException | MalformedBatchException | CompressionUnavailableException e) {
            end(cursor, ReadFailures.refusal(cursor.name, from, e, "try another replica"));
        }
    }

    private void end(Cursor cursor, Refusal refusal) {
        drop(cursor);
        sink.refused(cursor.name, refusal.with(Refusal.TOPIC, cursor.name.topic()));
    }

    private void drop(Cursor cursor) {
        cursor.listener.close();
        cursors.remove(cursor.name, cursor);
        turns.remove(cursor);
    }

    private static long saturatedAdd(long left, long right) {
        long sum = left + right;
        return right > 0 && sum < left ? Long.MAX_VALUE : sum;
    }

    private static final class Cursor {
        private final TopicPartition name;
        /** Of the topic it began with: positions in another one of its name mean nothing. */
        private final String topicId;

        private final Replica replica;
        private final Traffic traffic;
        private final Registration listener;
        private long position;
        private boolean isMoved;
        /** Asked because the position lies beyond the replica's end. */
        private @Nullable CompletableFuture<Confirmation> confirmation;
        /** Not before this, by {@link System#nanoTime}. */
        private long askAgainAtNanos = System.nanoTime();

        private Cursor(LocalPartition partition, Registration listener) {
            this.name = partition.name();
            this.topicId = partition.topicId().toString();
            this.replica = partition.replica();
            this.traffic = partition.traffic().subscribe();
            this.listener = listener;
        }
    }
}
