package io.cordwood.client;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives records to a handler on a number of workers, and decides what follows a failure.
 *
 * <p>Invariants: at most as many handlers run as there are workers. Of a key, or of a partition, one record
 * is handled at a time, in order, until it is finished, dropped or stored elsewhere; also across a loss of
 * the partition: when it comes back, its records wait for those of the same key whose handlers still run.
 * Partitions take turns at the workers.
 *
 * <p><b>Thread:</b> the consumer's; the handler and the sends run on workers, which only post their
 * outcome.
 */
final class HandlerDelivery implements Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(HandlerDelivery.class);
    private static final Object WHOLE_PARTITION = "whole partition";
    /** A time may be any number, as anybody writes headers: nothing is planned for later than that. */
    private static final Duration LOOK_AGAIN = Duration.ofDays(1);

    private final ConsumerCore core;
    private final RecordHandler handler;
    private final Executor workers;
    private final Function<ProducerRecord, CompletableFuture<RecordMetadata>> store;
    private final FailurePolicy failures;
    private final Map<TopicPartition, KeyLanes<TakenRecord>> lanes = new HashMap<>();
    private final ArrayDeque<OwnedPartition> turns = new ArrayDeque<>();
    private int running;

    /** @param store writes a record; done when that is acknowledged */
    HandlerDelivery(
            ConsumerCore core,
            RecordHandler handler,
            Executor workers,
            Function<ProducerRecord, CompletableFuture<RecordMetadata>> store) {
        this.core = core;
        this.handler = handler;
        this.workers = workers;
        this.store = store;
        this.failures = core.config().failures();
    }

    @Override
    public boolean wantsMore() {
        return true;
    }

    @Override
    public boolean gives() {
        return true;
    }

    @Override
    public void accept(TakenRecord record) {
        if (lanesOf(record).enter(keyOf(record), record)) {
            record.holdsKey = true;
            runWhenDue(record);
        }
    }

    @Override
    public void droppingWaiting(OwnedPartition owner) {
        var known = lanes.get(owner.partition);
        if (known != null) {
            known.dropWaiting();
        }
    }

    @Override
    public void dropped(TakenRecord record, boolean busy) {
        if (!busy) {
            over(record);
        }
    }

    /** What is runnable stays so, and takes no turn. */
    @Override
    public void paused(OwnedPartition owner) {}

    @Override
    public void resumed(OwnedPartition owner) {
        long now = core.time().now();
        owner.runnable.forEach(record -> record.readyNanos = now);
        takeTurn(owner);
    }

    /** The partition's progress shows it; the others go on. */
    @Override
    public void readFailed(CordwoodException reason) {
        LOG.warn("a partition cannot be read, it is tried again: {}", reason.getMessage());
    }

    /** Whoever waits for the end of the consumer is told by it. */
    @Override
    public void failed(RuntimeException reason) {}

    @Override
    public void turn() {
        while (running < core.config().workers() && !turns.isEmpty()) {
            var owner = turns.remove();
            owner.inTurn = false;
            var record = owner.paused ? null : owner.runnable.poll();
            if (record != null) {
                takeTurn(owner);
                if (!record.isOver()) {
                    start(record);
                }
            }
        }
    }

    /** A record that went through a retry topic has a time before which it is not handled again. */
    private void runWhenDue(TakenRecord record) {
        var requeue = failures.requeue();
        if (requeue != null && record.record.topic().equals(requeue.retryTopic())) {
            long dueMs = FailedRecord.dueMs(record.record).orElse(0);
            long now = core.time().wallNow();
            if (dueMs > now) {
                long pauseMs = Math.min(dueMs - now, LOOK_AGAIN.toMillis());
                core.after(Duration.ofMillis(pauseMs), () -> runWhenDue(record));
                return;
            }
        }
        run(record);
    }

    private void run(TakenRecord record) {
        if (!record.isOver()) {
            record.readyNanos = core.time().now();
            record.owner.runnable.add(record);
            takeTurn(record.owner);
        }
    }

    private void takeTurn(OwnedPartition owner) {
        if (!owner.inTurn && !owner.runnable.isEmpty()) {
            owner.inTurn = true;
            turns.add(owner);
        }
    }

    private void start(TakenRecord record) {
        running++;
        record.attempts++;
        record.readyNanos = null;
        record.phase = TakenRecord.Phase.UNDER_WAY;
        record.owner.underWay.put(record, core.time().now());
        workers.execute(() -> {
            var failure = handle(record.record);
            core.post(() -> handled(record, failure));
        });
    }

    /** Runs on a worker. */
    private @Nullable Throwable handle(ConsumedRecord record) {
        try {
            handler.handle(record);
            return null;
        } catch (Throwable e) { // also an Error: a record without an outcome would hold up its partition for ever
            return e;
        }
    }

    private void handled(TakenRecord record, @Nullable Throwable failure) {
        running--;
        if (record.isOver()) {
            over(record);
        } else if (failure == null) {
            finish(record);
        } else if (record.attempts < failures.attempts()) {
            tryAgain(record, record.attempts, () -> run(record));
        } else {
            handledInVain(record, failure);
        }
    }

    private void handledInVain(TakenRecord record, Throwable failure) {
        switch (failures.strategy()) {
            case FAIL_FAST -> {
                stop(record, new RecordFailedException(record.record, record.attempts, failure));
            }
            case IGNORE -> {
                LOG.warn("{} is left out after attempt {}", record.record, record.attempts, failure);
                finish(record);
            }
            case REQUEUE -> {
                var requeue = Objects.requireNonNull(failures.requeue(), "requeue");
                long now = core.time().wallNow();
                store(record, FailedRecord.of(record.record, record.attempts, failure, requeue, now));
            }
        }
    }

    private void store(TakenRecord record, ProducerRecord failed) {
        if (record.isOver()) {
            return;
        }
        record.phase = TakenRecord.Phase.BEING_STORED;
        record.owner.underWay.putIfAbsent(record, core.time().now());
        // On a worker, because a send waits for room; its acknowledgement does not keep the worker.
        workers.execute(() -> {
            var unused =
                    write(failed).whenComplete((stored, failure) -> core.post(() -> stored(record, failed, failure)));
        });
    }

    /** Runs on a worker. */
    private CompletableFuture<RecordMetadata> write(ProducerRecord failed) {
        try {
            return store.apply(failed);
        } catch (Throwable e) { // as in a handler: without an outcome the record would hold up its partition
            return CompletableFuture.failedFuture(e);
        }
    }

    private void stored(TakenRecord record, ProducerRecord failed, @Nullable Throwable failure) {
        if (record.isOver()) {
            over(record);
            return;
        }
        if (failure == null) {
            finish(record);
            return;
        }
        var reason = StatusTranslation.of(failure);
        var smaller = reason.code() == ErrorCode.RECORD_TOO_LARGE
                ? FailedRecord.withoutReason(failed)
                : Optional.<ProducerRecord>empty();
        if (smaller.isPresent()) {
            LOG.warn("{} goes to {} without the reason of its failure", record.record, failed.topic(), reason);
            store(record, smaller.get());
        } else if (reason.retryable()) {
            record.storeFailures++;
            tryAgain(record, record.storeFailures, () -> store(record, failed));
        } else {
            // Neither done nor kept elsewhere: going on would lose it.
            stop(record, reason.because(record.record + " has failed and cannot be written to " + failed.topic()));
        }
    }

    /**
     * Its key waits, the worker does not. A partition that is wanted back is not kept by it; but at most once,
     * nobody else is given the record.
     */
    private void tryAgain(TakenRecord record, int failed, Runnable again) {
        if (record.owner.phase != OwnedPartition.Phase.ACTIVE && !core.config().atMostOnce()) {
            dropHere(record);
            return;
        }
        letGo(record);
        core.after(failures.pause().backoff(failed, ThreadLocalRandom.current()), again);
    }

    private void stop(TakenRecord record, RuntimeException reason) {
        record.owner.stop(record.record.offset(), reason);
        dropHere(record);
        core.fail(reason);
    }

    private void dropHere(TakenRecord record) {
        letGo(record);
        core.drop(record);
    }

    /** No worker holds it. */
    private static void letGo(TakenRecord record) {
        record.phase = TakenRecord.Phase.WAITING;
        record.owner.underWay.remove(record);
    }

    private void finish(TakenRecord record) {
        core.finished(record);
        over(record);
    }

    /** Nobody holds the record any more. */
    private void over(TakenRecord record) {
        core.giveBack(record);
        if (!record.holdsKey) {
            return;
        }
        record.holdsKey = false;
        var partition = record.owner.partition;
        var known = lanesOf(record);
        var next = known.leave(keyOf(record));
        if (next != null) {
            next.holdsKey = true;
            runWhenDue(next);
        } else if (record.owner.isGone() && known.isEmpty()) {
            lanes.remove(partition);
        }
    }

    private KeyLanes<TakenRecord> lanesOf(TakenRecord record) {
        return lanes.computeIfAbsent(record.owner.partition, partition -> new KeyLanes<>());
    }

    private @Nullable Object keyOf(TakenRecord record) {
        var key = record.record.key();
        return switch (core.config().ordering()) {
            case PER_PARTITION -> WHOLE_PARTITION;
            case PER_KEY -> key == null ? null : ByteBuffer.wrap(key);
        };
    }
}
