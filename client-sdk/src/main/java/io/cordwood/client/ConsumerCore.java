package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes the records of owned partitions from their source, has them delivered, and keeps account of what is
 * under way. It has no thread, no clock and no network of its own: whoever drives it calls {@link #turn}
 * when it is due or when a task was posted.
 *
 * <p>Invariants: records of a partition are taken in order. Those taken and not over hold at most the bytes
 * of the settings, but for one record of each partition, and one of each worker whose partition is gone:
 * half of the bytes go to whoever comes first, of the other half each partition has a share, so that a slow
 * one does not stop the others.
 *
 * <p>Cost: a turn looks at partitions that have records and may go on, not at idle ones.
 *
 * <p><b>Thread:</b> one, the consumer's; {@link #post} may be called by any. The queue of tasks holds a few
 * entries per record under way and per call of the application.
 */
final class ConsumerCore implements RecordSource.Listener {
    private final ConsumerConfig config;
    private final Ports ports;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Timers timers = new Timers();
    private final ArrayDeque<OwnedPartition> listed = new ArrayDeque<>();
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private final Ownerships ownerships;
    private final CommitLedger ledger;
    private final RecordSource source;
    private final Delivery delivery;
    private long takenBytes;
    private int stagedRecords;
    private boolean left;
    private @Nullable RuntimeException failure;

    /**
     * What it works with.
     *
     * @param listenerThread runs the listener, one call after the other
     * @param callbacks completes what the application waits for
     */
    record Ports(
            GroupMembership membership,
            ConsumerTime time,
            ConsumerListener listener,
            Executor listenerThread,
            Executor callbacks) {}

    ConsumerCore(
            ConsumerConfig config,
            Ports ports,
            Function<ConsumerCore, RecordSource> source,
            Function<ConsumerCore, Delivery> delivery) {
        this.config = config;
        this.ports = ports;
        this.ownerships = new Ownerships(this, ports.membership, ports.listener);
        this.ledger = new CommitLedger(this, ports.membership);
        this.source = source.apply(this);
        this.delivery = delivery.apply(this);
    }

    void join() {
        post(ownerships::join);
    }

    /**
     * Does everything that is due.
     *
     * @return when to be called again at the latest; now, where the member {@link #hasLeft}: then nothing is
     *     waited for any more
     */
    long turn() {
        runTasks();
        long now = time().now();
        timers.fire(now);
        long sourceNanos = source.advance(now);
        take();
        delivery.turn();
        ledger.turn();
        ownerships.turn();
        if (left) {
            return now;
        }
        long next = timers.nextNanos(sourceNanos);
        return next - sourceNanos < 0 ? next : sourceNanos;
    }

    void runTasks() {
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Has a task run in the next turn. */
    void post(Runnable task) {
        tasks.add(task);
    }

    BlockingQueue<Runnable> tasks() {
        return tasks;
    }

    /** Ends when the member has left; fails with what ended the consumer. */
    CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    /**
     * Begins nothing more; what is under way has until then, what is done is committed, then the member
     * leaves.
     */
    void close(long deadlineNanos) {
        ownerships.close(deadlineNanos);
    }

    /** A static member that is closed gives up its place, too. */
    void leaveForGood() {
        ownerships.leaveForGood();
    }

    /** The consumer cannot go on: it ends as if it was closed, and tells why. */
    void fail(RuntimeException reason) {
        if (failure == null) {
            failure = reason;
            delivery.failed(reason);
            close(time().now() + config.closeTimeout().toNanos());
        }
    }

    /** The consumer has a fault of its own and stops as it is: the group finds out that it is gone. */
    void abandon(RuntimeException reason) {
        failure = reason;
        delivery.failed(reason);
        try {
            var unused = ports.membership.leave(false, List.of(), Duration.ZERO);
        } finally {
            left();
        }
    }

    boolean hasLeft() {
        return left;
    }

    void left() {
        if (left) {
            return;
        }
        left = true;
        source.close();
        ledger.close();
        if (failure == null) {
            delivery.failed(new CordwoodException(ErrorCode.CLIENT_CLOSED, "the consumer is closed"));
        }
        var reason = failure;
        publish(() -> {
            var unused = reason == null ? ended.complete(null) : ended.completeExceptionally(reason);
        });
    }

    boolean isEnding() {
        return ownerships.isClosing();
    }

    @Override
    public void available(TopicPartition partition) {
        ownerships.owner(partition).ifPresent(owner -> {
            owner.available = true;
            owner.failure = null;
            list(owner);
        });
    }

    @Override
    public void failed(TopicPartition partition, CordwoodException reason) {
        ownerships.owner(partition).ifPresent(owner -> {
            if (reason instanceof OffsetOutOfRangeException outside) {
                outOfRange(owner, outside);
            } else {
                owner.failed(reason);
                delivery.readFailed(reason);
            }
        });
    }

    @Override
    public void recovered(TopicPartition partition) {
        ownerships.owner(partition).ifPresent(OwnedPartition::recovered);
    }

    void pause(OwnedPartition owner) {
        if (!owner.paused) {
            owner.paused = true;
            source.hold(owner.partition, true);
            delivery.paused(owner);
        }
    }

    void resume(OwnedPartition owner) {
        if (owner.paused) {
            owner.paused = false;
            source.hold(owner.partition, owner.phase == OwnedPartition.Phase.REVOKING);
            owner.listedNanos = time().now();
            list(owner);
            delivery.resumed(owner);
        }
    }

    /**
     * Goes on from elsewhere. What is under way may end, and means nothing. The committed offset does not
     * go back.
     */
    void seek(OwnedPartition owner, long offset) {
        if (owner.phase == OwnedPartition.Phase.REVOKING || owner.isGone()) {
            return;
        }
        dropAll(owner);
        owner.moveTo(offset);
        source.seek(owner.partition, offset);
        ledger.moved(owner);
        ledger.advanced(owner);
    }

    /** Looks at it for records in this turn or, from within one, in the next. */
    void list(OwnedPartition owner) {
        if (!owner.listed && owner.available && owner.isOpen()) {
            owner.listed = true;
            owner.listedNanos = time().now();
            listed.add(owner);
        }
    }

    /** The record is done. */
    void finished(TakenRecord record) {
        var owner = record.owner;
        end(record, TakenRecord.Phase.FINISHED);
        if (owner.progress.finished(record.mark)) {
            ledger.advanced(owner);
        }
        list(owner);
        ownerships.maybeFinish(owner);
    }

    /** The record is not this member's business any more, and not done. */
    void drop(TakenRecord record) {
        boolean busy = record.isUnderWay();
        end(record, TakenRecord.Phase.DROPPED);
        delivery.dropped(record, busy);
        ownerships.maybeFinish(record.owner);
    }

    /**
     * Begins nothing more of it; but at most once, what a commit covers or may cover still has its turn: it
     * is given to nobody else.
     */
    void giveUp(OwnedPartition owner) {
        if (!config.atMostOnce()) {
            dropWaiting(owner);
        } else if (owner.sentTo < owner.stagedTo) {
            dropStaged(owner);
        }
    }

    /** No commit covers these. */
    void dropStaged(OwnedPartition owner) {
        var dropped = List.copyOf(owner.staged);
        stagedRecords -= dropped.size();
        owner.dropStaged();
        dropped.stream().filter(record -> !record.isOver()).forEach(this::drop); // the first may end the ownership
    }

    /** Whether something of it is under way, or at most once still has its turn. */
    boolean isAtWork(OwnedPartition owner) {
        boolean waiting = config.atMostOnce() && delivery.gives() && !owner.unfinished.isEmpty();
        return waiting || !owner.underWay.isEmpty();
    }

    void dropWaiting(OwnedPartition owner) {
        delivery.droppingWaiting(owner);
        stagedRecords -= owner.staged.size();
        owner.dropStaged();
        List.copyOf(owner.unfinished).stream()
                .filter(record -> !record.isUnderWay())
                .forEach(this::drop);
        owner.runnable.clear();
    }

    void dropAll(OwnedPartition owner) {
        dropWaiting(owner);
        List.copyOf(owner.unfinished).forEach(this::drop);
    }

    /** Nobody holds the record any more. */
    void giveBack(TakenRecord record) {
        takenBytes -= record.sizeBytes;
    }

    /** The group has confirmed a commit. */
    void committed(OwnedPartition owner) {
        unstage(owner);
        ownerships.maybeOpen(owner);
        ownerships.maybeFinish(owner);
    }

    void after(Duration pause, Runnable task) {
        timers.at(time().now() + pause.toNanos(), task);
    }

    /** Calls the listener, and goes on here when it has returned. */
    void tell(Runnable call, Runnable afterwards) {
        ports.listenerThread.execute(() -> {
            try {
                call.run();
                post(afterwards);
            } catch (Throwable e) { // the application's own, to be told where it waits for the consumer
                var reason = e instanceof RuntimeException known ? known : new CompletionException(e);
                post(() -> {
                    fail(reason);
                    afterwards.run();
                });
            }
        });
    }

    void publish(Runnable completion) {
        ports.callbacks.execute(completion);
    }

    /** Where it does not just read on. */
    List<HeldPartition> held() {
        return left ? List.of() : ownerships.held(source, time().now());
    }

    List<PartitionProgress> progress() {
        return ownerships.all().stream().map(this::progressOf).toList();
    }

    ConsumerConfig config() {
        return config;
    }

    ConsumerTime time() {
        return ports.time;
    }

    Timers timers() {
        return timers;
    }

    Ownerships ownerships() {
        return ownerships;
    }

    CommitLedger ledger() {
        return ledger;
    }

    Delivery delivery() {
        return delivery;
    }

    RecordSource source() {
        return source;
    }

    int stagedRecords() {
        return stagedRecords;
    }

    long takenBytes() {
        return takenBytes;
    }

    private void end(TakenRecord record, TakenRecord.Phase phase) {
        if (record.isOver()) {
            throw new IllegalStateException(record + " ends twice, now as " + phase);
        }
        var owner = record.owner;
        record.phase = phase;
        owner.unfinished.remove(record);
        owner.underWay.remove(record);
        owner.takenBytes -= record.sizeBytes;
    }

    private void take() {
        for (int i = listed.size(); i > 0 && delivery.wantsMore(); i--) {
            var owner = listed.remove();
            owner.listed = false;
            takeFrom(owner);
            list(owner);
        }
    }

    private void takeFrom(OwnedPartition owner) {
        if (!owner.isOpen()) {
            return;
        }
        while (!owner.progress.isFull() && delivery.wantsMore() && hasRoom(owner)) {
            var record = source.next(owner.partition);
            if (record == null) {
                owner.available = false;
                owner.passTo(source.position(owner.partition));
                ledger.advanced(owner);
                break;
            }
            take(owner, record);
        }
        if (!owner.staged.isEmpty()) {
            owner.stagedTo = owner.progress.position();
            ledger.hasten(owner);
            unstage(owner);
        }
    }

    /** Behind a seek back, what is staged may be committed already. */
    private void unstage(OwnedPartition owner) {
        if (!owner.staged.isEmpty() && owner.committed >= owner.stagedTo) {
            stagedRecords -= owner.staged.size();
            owner.staged.forEach(delivery::accept);
            owner.staged.clear();
            list(owner);
        }
    }

    private void take(OwnedPartition owner, ConsumedRecord record) {
        var taken = new TakenRecord(owner, record, owner.progress.taken(record.offset(), record.leaderEpoch()));
        owner.recovered();
        owner.unfinished.add(taken);
        owner.takenBytes += taken.sizeBytes;
        takenBytes += taken.sizeBytes;
        if (config.atMostOnce()) {
            owner.staged.add(taken);
            stagedRecords++;
        } else {
            delivery.accept(taken);
        }
    }

    private boolean hasRoom(OwnedPartition owner) {
        long half = config.takenBytes() / 2;
        return takenBytes < half || owner.takenBytes == 0 || owner.takenBytes < half / ownerships.count();
    }

    private void outOfRange(OwnedPartition owner, OffsetOutOfRangeException outside) {
        switch (ownerships.outOfRange()) {
            case EARLIEST -> seek(owner, outside.logStartOffset());
            case LATEST -> seek(owner, outside.logEndOffset());
            case FAIL -> {
                owner.stop(outside.offset(), outside);
                fail(outside);
            }
        }
    }

    private PartitionProgress progressOf(OwnedPartition owner) {
        long now = time().now();
        Optional<Map.Entry<TakenRecord, Long>> oldest =
                owner.underWay.entrySet().stream().findFirst();
        return new PartitionProgress(
                owner.partition,
                owner.progress.position(),
                owner.committable(),
                owner.committed,
                owner.metadata,
                owner.progress.windowSize(),
                owner.progress.isFull(),
                owner.paused,
                oldest.map(entry -> new PartitionProgress.Current(
                        entry.getKey().record.offset(),
                        Duration.ofNanos(now - entry.getValue()),
                        entry.getKey().attempts)),
                Optional.ofNullable(owner.failure));
    }
}
