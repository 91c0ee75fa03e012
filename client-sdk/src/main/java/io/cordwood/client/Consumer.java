package io.cordwood.client;

import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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
 * <p>Promises, unless at most once was chosen: every record below a committed offset was done, which means
 * that its handler returned, that its failure was ignored as the policy says, or that a retry or
 * dead-letter topic has acknowledged it. After a crash, a revocation out of time or a fence, records behind
 * the committed offset are given again, here or elsewhere. Records of one key, or of one partition, are
 * handled one after the other, in order.
 *
 * <p>A record may take as long as it likes. Its partition is kept, the others go on.
 *
 * <p>Back-pressure: what has arrived and is not done is bounded by {@link Builder#bufferBytes}, and of each
 * partition by {@link Builder#windowRecords}.
 *
 * <p><b>Thread:</b> any, but for {@link #poll}, which is for one at a time. Behind it are one thread of its
 * own, one for the listener, and the workers.
 */
final class Consumer implements AutoCloseable, Iterable<ConsumedRecord> {
    private static final Logger LOG = LoggerFactory.getLogger(Consumer.class);
    private static final Duration ITERATOR_POLL = Duration.ofSeconds(1);

    private final CordwoodClient client;
    private final ConsumerCore core;
    private final ConsumerThreads threads;
    private final @Nullable Producer store;
    private final Thread thread = new Thread(this::run, "cordwood-consumer");
    private volatile @Nullable Thread poller;
    private volatile boolean stopped;

    private Consumer(Builder builder, ConsumerConfig config, @Nullable RecordHandler handler) {
        this.client = builder.client;
        this.threads = new ConsumerThreads(handler == null ? 0 : config.workers());
        this.store = config.failures().requeue() == null || handler == null
                ? null
                : client.producer().open();
        var ports = new ConsumerCore.Ports(
                builder.membership,
                ConsumerTime.SYSTEM,
                builder.listener,
                threads.listener(),
                new SerialExecutor(client.callbacks()));
        this.core = new ConsumerCore(
                config,
                ports,
                made -> new SubscribedSource(client, made.tasks(), made, builder.bufferBytes / 2),
                made -> handler == null
                        ? new PollDelivery(made)
                        : new HandlerDelivery(made, handler, threads.workers(), this::send));
        thread.setDaemon(true);
    }

    /**
     * The next records, as soon as there is one, at most the number set; none when the time is over. With
     * automatic commits those of the poll before are done by that.
     *
     * @throws CordwoodException when a partition cannot be read on, or CLIENT_CLOSED
     */
    List<ConsumedRecord> poll(Duration timeout) {
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

    /** All that was given is done; waits until it is committed. With a handler: commits what is done. */
    CommitResult commit() {
        return Waiting.on(commitAsync());
    }

    /** These are done, in any order; waits until what is done without a gap is committed. */
    CommitResult commit(List<ConsumedRecord> records) {
        return Waiting.on(commitAsync(records));
    }

    CommitResult commit(ConsumedRecord record) {
        return commit(List.of(record));
    }

    /** As {@link #commit()}. */
    CompletableFuture<CommitResult> commitAsync() {
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
    CompletableFuture<CommitResult> commitAsync(List<ConsumedRecord> records) {
        var polls = polls();
        var copy = List.copyOf(records);
        return commitAsync(() -> polls.done(copy));
    }

    /** Begins nothing more of these until they are resumed; what is under way may end. */
    void pause(Set<TopicPartition> partitions) {
        onOwned(partitions, core::pause);
    }

    void resume(Set<TopicPartition> partitions) {
        onOwned(partitions, core::resume);
    }

    /**
     * Goes on from elsewhere in a partition. What was given before means nothing any more, and commits do
     * not go back.
     */
    void seek(TopicPartition partition, StartPoint start) {
        long offset = start instanceof StartPoint.AtOffset at
                ? at.offset()
                : Waiting.on(OffsetLookup.resolve(
                                client.calls(), partition.topic(), List.of(partition.partition()), start))
                        .getOrDefault(partition.partition(), 0L);
        onOwned(Set.of(partition), owner -> core.seek(owner, offset));
    }

    /** Where it stands in each partition that it owns. */
    Map<TopicPartition, PartitionProgress> progress() {
        return Waiting.on(ask(() -> {
            var progress = new TreeMap<TopicPartition, PartitionProgress>();
            core.progress().forEach(each -> progress.put(each.partition(), each));
            return progress;
        }));
    }

    /** Ends when the member has left, and fails with what ended the consumer. */
    CompletableFuture<@Nullable Void> ended() {
        return core.ended().copy();
    }

    /** As {@link #close(Duration)} with the close timeout of the settings. */
    @Override
    public void close() {
        close(core.config().closeTimeout());
    }

    /**
     * Begins nothing more, gives what is under way this long to end, commits what is done and leaves the
     * group. Records that the last poll of this thread gave are done only if they were committed. Inside a
     * handler or the listener it does not wait for the end.
     */
    void close(Duration timeout) {
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
        } catch (InterruptedException | RuntimeException e) {
            LOG.error("the consumer has stopped on a fault of its own", e);
            core.abandon(new CordwoodException(
                    ErrorCode.CLIENT_CLOSED,
                    "the consumer has stopped on a fault of its own: " + e,
                    Map.of(),
                    null,
                    e));
        }
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
            var unused = core.ledger().request(targets, lost).thenAccept(result::complete);
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

    private <T> CompletableFuture<T> ask(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        submit(() -> answer.complete(question.get()));
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

    /** Settings of a consumer; each has a default. */
    static final class Builder {
        private final CordwoodClient client;
        private final GroupMembership membership;
        private ConsumerConfig.DeliveryGuarantee delivery = ConsumerConfig.DeliveryGuarantee.AT_LEAST_ONCE;
        private ConsumerConfig.CommitMode commitMode = ConsumerConfig.CommitMode.AUTOMATIC;
        private Duration commitInterval = Duration.ofSeconds(1);
        private int windowRecords = 1_000;
        private long bufferBytes = 32L << 20;
        private int maxPollRecords = 500;
        private ConsumerConfig.Ordering ordering = ConsumerConfig.Ordering.PER_PARTITION;
        private int workers = 16;
        private FailurePolicy failures = FailurePolicy.FAIL_FAST;
        private ConsumerConfig.OutOfRange outOfRange = ConsumerConfig.OutOfRange.FAIL;
        private Duration closeTimeout = Duration.ofSeconds(30);
        private ConsumerListener listener = ConsumerListener.none();

        Builder(CordwoodClient client, GroupMembership membership) {
            this.client = client;
            this.membership = membership;
        }

        /** Commits each record before it is given; default after it is done. */
        Builder atMostOnce() {
            delivery = ConsumerConfig.DeliveryGuarantee.AT_MOST_ONCE;
            return this;
        }

        /**
         * Commits only when {@link Consumer#commit} says so, when a partition is revoked, and at the end.
         */
        Builder manualCommit() {
            commitMode = ConsumerConfig.CommitMode.MANUAL;
            return this;
        }

        /** How long progress may wait for its commit; default 1 s. */
        Builder commitInterval(Duration interval) {
            commitInterval = interval;
            return this;
        }

        /**
         * How many records of a partition are taken beyond the first that is not done, whatever their
         * order; default 1,000. So many are given again at most after a crash.
         */
        Builder windowRecords(int count) {
            windowRecords = count;
            return this;
        }

        /**
         * Bound on records that have arrived and are not done, all partitions together; default 32 MiB,
         * from 128 KiB.
         */
        Builder bufferBytes(long bytes) {
            bufferBytes = Settings.requireIn("bufferBytes", bytes, 128 << 10, Long.MAX_VALUE);
            return this;
        }

        /** How many records one poll gives at most; default 500. */
        Builder maxPollRecords(int count) {
            maxPollRecords = count;
            return this;
        }

        /** Which records of a partition a handler is given one after the other; default all of them. */
        Builder ordering(ConsumerConfig.Ordering order) {
            ordering = order;
            return this;
        }

        /** How many handlers run at a time, all partitions together; default 16. */
        Builder workers(int count) {
            workers = count;
            return this;
        }

        /** What follows a failed handler; default that the consumer ends. */
        Builder failures(FailurePolicy policy) {
            failures = policy;
            return this;
        }

        /** Where to go on when the position is not kept any more; default that the consumer ends. */
        Builder outOfRange(ConsumerConfig.OutOfRange reset) {
            outOfRange = reset;
            return this;
        }

        /** How long {@link Consumer#close()} waits for what is under way; default 30 s. */
        Builder closeTimeout(Duration timeout) {
            closeTimeout = timeout;
            return this;
        }

        Builder listener(ConsumerListener told) {
            listener = told;
            return this;
        }

        /** A consumer that is polled. */
        Consumer open() {
            return start(null);
        }

        /** A consumer that gives its records to a handler. */
        Consumer handle(RecordHandler handler) {
            return start(handler);
        }

        private Consumer start(@Nullable RecordHandler handler) {
            var config = new ConsumerConfig(
                    delivery,
                    commitMode,
                    commitInterval,
                    windowRecords,
                    bufferBytes / 2,
                    maxPollRecords,
                    ordering,
                    workers,
                    failures,
                    outOfRange,
                    client.calls().patience().retry(),
                    closeTimeout);
            var consumer = new Consumer(this, config, handler);
            client.register(consumer, consumer::close);
            consumer.core.join();
            consumer.thread.start();
            return consumer;
        }
    }
}
