package io.cordwood.client;

import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group: reads the partitions that are its own, hands their records to a handler or to
 * whoever polls, and commits what is done.
 *
 * <pre>{@code
 * try (var consumer = client.consumer("billing").topics("orders").handle(record -> bill(record))) {
 *     consumer.ended().join();
 * }
 * try (var consumer = client.consumer("audit").pattern("orders.*").manualCommit().open()) {
 *     for (var records = consumer.poll(SECOND); running; records = consumer.poll(SECOND)) {
 *         store(records);
 *         consumer.commit(records);
 *     }
 * }
 * }</pre>
 *
 * <p>Promises, unless at most once was chosen: every record below a committed offset was done, which means
 * that its handler returned, that its failure was ignored as the policy says, or that a retry or
 * dead-letter topic has acknowledged it. After a crash, a revocation out of time or a fence, records behind
 * the committed offset are given again, here or elsewhere. Records of one key, or of one partition, are
 * handled one after the other, in order.
 *
 * <p>A record may take as long as it likes. Its partition is kept, the others go on; only where another
 * member waits for the partition does it get that after {@link ConsumerBuilder#revokeTimeout}, and the
 * record with it.
 *
 * <p>Back-pressure: what has arrived and is not done is bounded by {@link ConsumerBuilder#bufferBytes}, and
 * of each partition by {@link ConsumerBuilder#windowRecords}.
 *
 * <p>Where the group has committed nothing in a partition yet, it begins where {@link
 * ConsumerBuilder#outOfRange} says, and commits that first: no record is given before that is confirmed, so
 * that a restart does not begin elsewhere.
 *
 * <p><b>Thread:</b> any, but for {@link #poll}, which is for one at a time. Behind it are one thread of its
 * own, one for the listener, and the workers.
 */
public final class Consumer implements AutoCloseable, Iterable<ConsumedRecord> {
    private static final Logger LOG = LoggerFactory.getLogger(Consumer.class);
    private static final Duration ITERATOR_POLL = Duration.ofSeconds(1);
    /** Half of the bytes are for records that were taken; the source may exceed its part by half. */
    private static final int SOURCE_FRACTION = 3;
    /** The largest batch that a node can be set to take; what is on its way is bounded by what was taken. */
    private static final int STORE_BUFFER_BYTES = 64 << 20;

    private final CordwoodClient client;
    private final ConsumerCore core;
    private final ConsumerThreads threads;
    private final SerialExecutor callbacks;
    private final @Nullable Producer store;
    private final Thread thread = new Thread(this::run, "cordwood-consumer");
    private volatile @Nullable Thread poller;
    private volatile boolean stopped;

    /** What it is made of. */
    record Parts(
            CordwoodClient client,
            GroupMembership membership,
            ConsumerListener listener,
            ConsumerConfig config,
            long bufferBytes) {}

    private Consumer(Parts parts, @Nullable RecordHandler handler) {
        var config = parts.config;
        this.client = parts.client;
        this.threads = new ConsumerThreads(handler == null ? 0 : config.workers());
        this.store = config.failures().requeue() == null || handler == null ? null : openStore(client);
        this.callbacks = new SerialExecutor(client.callbacks());
        var ports = new ConsumerCore.Ports(
                parts.membership, ConsumerTime.SYSTEM, parts.listener, threads.listener(), callbacks);
        this.core = new ConsumerCore(
                config,
                ports,
                made -> new SubscribedSource(client, made.tasks(), made, parts.bufferBytes / SOURCE_FRACTION),
                made -> handler == null
                        ? new PollDelivery(made)
                        : new HandlerDelivery(made, handler, threads.workers(), this::send));
        thread.setDaemon(true);
    }

    /**
     * Takes whatever a topic takes. It is closed with its consumer, not with the client: that may close it
     * first, and what fails while the consumer ends has to go somewhere.
     */
    private static Producer openStore(CordwoodClient client) {
        var store = client.producer()
                .maxRecordBytes(STORE_BUFFER_BYTES)
                .bufferBytes(STORE_BUFFER_BYTES)
                .open();
        client.unregister(store);
        return store;
    }

    /** Joins, and begins. */
    static Consumer start(Parts parts, @Nullable RecordHandler handler) {
        var consumer = new Consumer(parts, handler);
        parts.client.register(consumer, consumer::close);
        consumer.core.join();
        consumer.thread.start();
        return consumer;
    }

    /**
     * The next records, as soon as there is one, at most the number set; none when the time is over. With
     * automatic commits those of the poll before are done by that.
     *
     * @throws CordwoodException when a partition cannot be read on, when another thread polls, or
     *     CLIENT_CLOSED
     */
    public List<ConsumedRecord> poll(Duration timeout) {
        var polls = polls();
        poller = Thread.currentThread();
        var answer = new CompletableFuture<List<ConsumedRecord>>();
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        submit(() -> polls.ask(core.config().maxPollRecords(), deadlineNanos, answer));
        try {
            return Waiting.on(answer);
        } catch (CordwoodException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                submit(() -> polls.abandon(answer));
            }
            throw e;
        }
    }

    /** Never ends by itself: waits for more records, until the consumer is closed. */
    @Override
    public Iterator<ConsumedRecord> iterator() {
        return new PolledRecords("the consumer", this::pollOrEnd, core.ended()::isDone);
    }

    /**
     * All that was given is done; waits until it is committed. With a handler: commits what is done.
     *
     * @throws CordwoodException OFFSET_OUT_OF_RANGE when the group goes on refusing an offset as outside of
     *     the log; the consumer ends with that
     * @throws IllegalStateException inside a callback of {@link #commitAsync} or {@link #ended}, which would
     *     wait for itself
     */
    public CommitResult commit() {
        requireNoCallback();
        return Waiting.on(commitAsync());
    }

    /** These are done, in any order; waits until what is done without a gap is committed. */
    public CommitResult commit(List<ConsumedRecord> records) {
        requireNoCallback();
        return Waiting.on(commitAsync(records));
    }

    public CommitResult commit(ConsumedRecord record) {
        return commit(List.of(record));
    }

    /**
     * As {@link #commit(List)}; the text is kept beside the offsets of their partitions, from this commit
     * on, until another one is given. Whoever owns them next finds it in {@link #progress}.
     */
    public CommitResult commit(List<ConsumedRecord> records, String metadata) {
        requireNoCallback();
        return Waiting.on(commitAsync(records, metadata));
    }

    /** As {@link #commit()}. */
    public CompletableFuture<CommitResult> commitAsync() {
        return commitAsync(() -> {
            if (core.delivery() instanceof PollDelivery polls) {
                polls.doneWithAll();
            }
            var all = new HashMap<TopicPartition, Optional<OwnedPartition>>();
            core.ownerships().all().forEach(owner -> all.put(owner.partition, Optional.of(owner)));
            return all;
        });
    }

    /** As {@link #commit(List)}. */
    public CompletableFuture<CommitResult> commitAsync(List<ConsumedRecord> records) {
        var polls = polls();
        var copy = List.copyOf(records);
        return commitAsync(() -> polls.done(copy));
    }

    /** As {@link #commit(List, String)}. */
    public CompletableFuture<CommitResult> commitAsync(List<ConsumedRecord> records, String metadata) {
        var polls = polls();
        var copy = List.copyOf(records);
        Objects.requireNonNull(metadata, "metadata");
        return commitAsync(() -> {
            var touched = polls.done(copy);
            touched.values().forEach(owner -> owner.ifPresent(found -> found.metadata = metadata));
            return touched;
        });
    }

    /** Begins nothing more of these until they are resumed; what is under way may end. */
    public void pause(Set<TopicPartition> partitions) {
        onOwned(partitions, core::pause);
    }

    public void resume(Set<TopicPartition> partitions) {
        onOwned(partitions, core::resume);
    }

    /**
     * Goes on from elsewhere in a partition. What was given before means nothing any more, and commits do
     * not go back.
     */
    public void seek(TopicPartition partition, StartPoint start) {
        long offset = start instanceof StartPoint.AtOffset at
                ? at.offset()
                : Waiting.on(OffsetLookup.resolve(
                                client.calls(), partition.topic(), List.of(partition.partition()), start))
                        .getOrDefault(partition.partition(), 0L);
        onOwned(Set.of(partition), owner -> core.seek(owner, offset));
    }

    /** Where it stands in each partition that it owns. */
    public Map<TopicPartition, PartitionProgress> progress() {
        return Waiting.on(ask(() -> {
            var progress = new TreeMap<TopicPartition, PartitionProgress>();
            core.progress().forEach(each -> progress.put(each.partition(), each));
            return progress;
        }));
    }

    /** Ends when the member has left, and fails with what ended the consumer. */
    public CompletableFuture<@Nullable Void> ended() {
        return core.ended().copy();
    }

    /** As {@link #close(Duration)} with the close timeout of the settings. */
    @Override
    public void close() {
        close(core.config().closeTimeout());
    }

    /**
     * Begins nothing more, gives what is under way this long to end, commits what is done and leaves the
     * group; a static member is only away then, see {@link ConsumerBuilder#instanceId}. Records that the last
     * poll of this thread gave are done only if they were committed. Inside a handler or the listener it does
     * not wait for the end.
     */
    public void close(Duration timeout) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        boolean polls = Thread.currentThread().equals(poller);
        submit(() -> {
            if (polls && core.delivery() instanceof PollDelivery delivery) {
                delivery.forget();
            }
            core.close(deadlineNanos);
        });
        if (!threads.isOneOfThem(Thread.currentThread())) {
            awaitEnd();
        }
    }

    /** As {@link #leave(Duration)} with the close timeout of the settings. */
    public void leave() {
        leave(core.config().closeTimeout());
    }

    /**
     * As {@link #close(Duration)}, for good: others get the partitions of a static member at once, too.
     */
    public void leave(Duration timeout) {
        submit(core::leaveForGood);
        close(timeout);
    }

    private void awaitEnd() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    private void run() {
        try {
            while (!core.hasLeft()) {
                long wakeNanos = core.turn();
                var task = core.tasks().poll(Math.max(0, wakeNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
                if (task != null) {
                    task.run();
                }
            }
        } catch (Throwable e) { // also an Error: the member's pings go on without this thread
            LOG.error("the consumer has stopped on a fault of its own", e);
            core.abandon(new CordwoodException(
                    ErrorCode.CLIENT_CLOSED,
                    "the consumer has stopped on a fault of its own: " + e,
                    Map.of(),
                    null,
                    e));
        } finally {
            end();
        }
    }

    private void end() {
        threads.close();
        client.unregister(this);
        if (store != null) {
            // What is not acknowledged belongs to records that are given again.
            store.close(Duration.ZERO);
        }
        stopped = true;
        runLateTasks();
    }

    /** Has the consumer's thread run it; once that has ended, whoever comes late. */
    private void submit(Runnable task) {
        core.post(task);
        if (stopped) {
            runLateTasks();
        }
    }

    // The lock keeps late callers apart; the consumer's thread, which owns everything otherwise, has ended.
    private synchronized void runLateTasks() {
        core.runTasks();
    }

    private CompletableFuture<CommitResult> commitAsync(Supplier<Map<TopicPartition, Optional<OwnedPartition>>> done) {
        var result = new CompletableFuture<CommitResult>();
        submit(() -> {
            var targets = new HashMap<OwnedPartition, Long>();
            var lost = new TreeSet<TopicPartition>();
            done.get()
                    .forEach((partition, owner) -> owner.ifPresentOrElse(
                            found -> targets.put(found, found.committable()), () -> lost.add(partition)));
            core.ledger().request(targets, lost, result);
        });
        return result;
    }

    private void onOwned(Set<TopicPartition> partitions, java.util.function.Consumer<OwnedPartition> action) {
        var missing = Waiting.on(ask(() -> {
            var strange = new TreeSet<TopicPartition>();
            for (var partition : partitions) {
                core.ownerships().owner(partition).ifPresentOrElse(action, () -> strange.add(partition));
            }
            return strange;
        }));
        if (!missing.isEmpty()) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, "partition", missing, "partitions that this member owns");
        }
    }

    private void requireNoCallback() {
        if (callbacks.isRunningHere()) {
            throw new IllegalStateException("commit() inside a callback of the same consumer would wait for itself");
        }
    }

    private <T> CompletableFuture<T> ask(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        submit(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) { // what was asked was wrong: told to whoever did
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private CompletableFuture<RecordMetadata> send(ProducerRecord record) {
        if (store == null) {
            throw new IllegalStateException("no producer was opened for " + record);
        }
        return store.send(record);
    }

    private PollDelivery polls() {
        if (core.delivery() instanceof PollDelivery polls) {
            return polls;
        }
        throw new IllegalStateException("the consumer gives its records to a handler");
    }

    private List<ConsumedRecord> pollOrEnd() {
        try {
            return poll(ITERATOR_POLL);
        } catch (CordwoodException e) {
            if (e.code() == ErrorCode.CLIENT_CLOSED) {
                return List.of();
            }
            throw e;
        }
    }
}
