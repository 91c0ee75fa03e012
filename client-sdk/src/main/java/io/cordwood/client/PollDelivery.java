package io.cordwood.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Gives records to an application that asks for them. With automatic commits a record is done when more are
 * asked for; with manual ones when the application says so.
 *
 * <p>Invariants: records of a partition are given in order; nothing is given of a partition that is gone,
 * revoked or paused. What was given and is not done is at most a window of each partition.
 *
 * <p><b>Thread:</b> the consumer's; the future of a request is completed there.
 */
final class PollDelivery implements Delivery {
    private record Place(TopicPartition partition, long offset) {
        static Place of(ConsumedRecord record) {
            return new Place(new TopicPartition(record.topic(), record.partition()), record.offset());
        }
    }

    /** One poll. */
    private record Request(
            int maxRecords, long deadlineNanos, CompletableFuture<List<ConsumedRecord>> answer, Timers.Timer wakeup) {}

    private final ConsumerCore core;
    private final ArrayDeque<TakenRecord> ready = new ArrayDeque<>();
    private final Map<Place, TakenRecord> given = new LinkedHashMap<>();
    private @Nullable Request request;
    private @Nullable RuntimeException failure;
    private boolean failedForGood;
    private boolean forgotten;

    PollDelivery(ConsumerCore core) {
        this.core = core;
    }

    /**
     * Asks for records; none when there are none until then. With automatic commits, those given before are
     * done.
     */
    void ask(int maxRecords, long deadlineNanos, CompletableFuture<List<ConsumedRecord>> answer) {
        if (request != null) { // the application's mistake, which is no reason to end
            answer.completeExceptionally(new IllegalStateException("two polls at a time"));
            return;
        }
        if (core.config().automatic()) {
            List.copyOf(given.values()).forEach(this::finish);
        }
        // Only wakes: what is there is given also by a poll that does not wait.
        var wakeup = core.timers().at(deadlineNanos, () -> {});
        request = new Request(maxRecords, deadlineNanos, answer, wakeup);
        tellFailure();
    }

    /** Whoever asked waits no longer; what he was given meanwhile is given to the next one. */
    void abandon(CompletableFuture<List<ConsumedRecord>> answer) {
        var current = request;
        if (current != null && current.answer == answer) {
            answer(List.of());
        } else if (answer.isDone() && !answer.isCompletedExceptionally()) {
            var records = answer.join();
            for (int i = records.size() - 1; i >= 0; i--) {
                takeBack(records.get(i));
            }
        }
    }

    /**
     * The application is done with these.
     *
     * @return their partitions, each with the ownership that this member has of it
     */
    Map<TopicPartition, Optional<OwnedPartition>> done(List<ConsumedRecord> records) {
        var touched = new HashMap<TopicPartition, Optional<OwnedPartition>>();
        for (var record : records) {
            var place = Place.of(record);
            var known = given.get(place);
            if (known != null) {
                finish(known);
            }
            touched.put(place.partition, core.ownerships().owner(place.partition));
        }
        return touched;
    }

    /** As {@link #done}, of everything that was given. */
    Map<TopicPartition, Optional<OwnedPartition>> doneWithAll() {
        var records = given.values().stream().map(taken -> taken.record).toList();
        return done(records);
    }

    /**
     * Nobody asks for more. What was given and is not known to be done is given again, by whoever owns it
     * next.
     */
    void forget() {
        forgotten = true;
        List.copyOf(given.values()).forEach(core::drop);
    }

    @Override
    public boolean wantsMore() {
        var current = request;
        return current != null && ready.size() + core.stagedRecords() < current.maxRecords;
    }

    /** Whoever asks is told of a failure, and given no records. */
    @Override
    public boolean gives() {
        return !failedForGood && !forgotten;
    }

    @Override
    public void accept(TakenRecord record) {
        record.readyNanos = core.time().now();
        if (record.owner.paused) {
            record.owner.runnable.add(record);
        } else {
            ready.add(record);
        }
    }

    @Override
    public void droppingWaiting(OwnedPartition owner) {
        ready.removeIf(record -> record.owner == owner);
    }

    @Override
    public void dropped(TakenRecord record, boolean busy) {
        given.remove(Place.of(record.record), record);
        core.giveBack(record);
    }

    /** Its records step aside, so that a poll is not full of what it cannot give. */
    @Override
    public void paused(OwnedPartition owner) {
        ready.removeIf(record -> record.owner == owner && owner.runnable.add(record));
    }

    @Override
    public void resumed(OwnedPartition owner) {
        long now = core.time().now();
        while (!owner.runnable.isEmpty()) {
            var record = owner.runnable.removeLast();
            record.readyNanos = now;
            ready.addFirst(record);
        }
    }

    @Override
    public void readFailed(CordwoodException reason) {
        if (!failedForGood) {
            failure = reason;
            tellFailure();
        }
    }

    @Override
    public void failed(RuntimeException reason) {
        failedForGood = true;
        failure = reason;
        tellFailure();
    }

    @Override
    public void turn() {
        var current = request;
        if (current == null) {
            return;
        }
        var records = new ArrayList<ConsumedRecord>();
        while (!ready.isEmpty() && records.size() < current.maxRecords) {
            var record = ready.remove();
            give(record);
            records.add(record.record);
        }
        if (!records.isEmpty() || current.deadlineNanos - core.time().now() <= 0) {
            answer(records);
        }
    }

    private void give(TakenRecord record) {
        record.phase = TakenRecord.Phase.UNDER_WAY;
        record.attempts++;
        record.readyNanos = null;
        record.owner.underWay.put(record, core.time().now());
        given.put(Place.of(record.record), record);
    }

    private void takeBack(ConsumedRecord record) {
        var known = given.get(Place.of(record));
        if (known == null || !known.record.equals(record)) {
            return;
        }
        if (known.owner.phase == OwnedPartition.Phase.ACTIVE || core.config().atMostOnce()) {
            given.remove(Place.of(record));
            known.phase = TakenRecord.Phase.WAITING;
            known.attempts--;
            known.readyNanos = core.time().now();
            known.owner.underWay.remove(known);
            (known.owner.paused ? known.owner.runnable : ready).addFirst(known);
        } else {
            core.drop(known);
        }
    }

    private void finish(TakenRecord record) {
        given.remove(Place.of(record.record));
        core.finished(record);
        core.giveBack(record);
    }

    /** Told once, but for one that has ended the consumer. */
    private void tellFailure() {
        var current = request;
        var reason = failure;
        if (current != null && reason != null) {
            failure = failedForGood ? reason : null;
            request = null;
            core.timers().cancel(current.wakeup);
            current.answer.completeExceptionally(reason);
        }
    }

    private void answer(List<ConsumedRecord> records) {
        var current = request;
        if (current != null) {
            request = null;
            core.timers().cancel(current.wakeup);
            current.answer.complete(records);
        }
    }
}
