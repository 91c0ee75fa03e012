package io.cordwood.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A consumer in virtual time: its group, its logs, its workers and its clock do what a test says.
 *
 * <p>A worker's task is run in one go: until a test runs it, the record is under way.
 */
final class ConsumerWorld {
    static final String TOPIC = "orders";
    static final Duration INTERVAL = Duration.ofSeconds(1);

    /** Settings, to be changed before the world is made. */
    static final class Settings {
        ConsumerConfig.DeliveryGuarantee delivery = ConsumerConfig.DeliveryGuarantee.AT_LEAST_ONCE;
        ConsumerConfig.CommitMode commitMode = ConsumerConfig.CommitMode.AUTOMATIC;
        int windowRecords = 100;
        long takenBytes = 1 << 20;
        Ordering ordering = Ordering.PER_KEY;
        int workers = 16;
        FailurePolicy failures = FailurePolicy.FAIL_FAST;
        OutOfRange outOfRange = OutOfRange.FAIL;
        Duration revokeTimeout = Duration.ofSeconds(10);
        ConsumerListener listener = ConsumerListener.none();

        ConsumerConfig config() {
            return new ConsumerConfig(
                    delivery,
                    commitMode,
                    INTERVAL,
                    windowRecords,
                    takenBytes,
                    500,
                    ordering,
                    workers,
                    failures,
                    revokeTimeout,
                    new RetryPolicy(Duration.ofMillis(100), Duration.ofMillis(100)),
                    Duration.ofSeconds(30));
        }
    }

    /** A write to a retry or dead-letter topic that is not acknowledged yet. */
    record Store(ProducerRecord record, CompletableFuture<RecordMetadata> ack) {
        void acknowledge() {
            ack.complete(new RecordMetadata(record.topic(), 0, 0, 0, 0));
        }
    }

    final ManualMembership group = new ManualMembership();
    final ManualExecutor workers = new ManualExecutor();
    final ManualExecutor listenerCalls = new ManualExecutor();
    final List<Long> handled = new ArrayList<>();
    final List<ConsumedRecord> handledRecords = new ArrayList<>();
    final List<Store> stores = new ArrayList<>();
    final Map<Long, RuntimeException> failing = new HashMap<>();
    final ManualSource source;
    final ConsumerCore core;
    /** May throw. */
    Consumer<ConsumedRecord> onHandle = record -> {};

    /** Thrown by writes to a retry or dead-letter topic. */
    @Nullable
    Error storeFault;

    long nanos = 1_000_000;
    long wallMs = 1_700_000_000_000L;
    boolean listenerHangs;
    /** Until when whoever drives it would wait now. */
    long wakeNanos;

    private ConsumerWorld(Settings settings, Function<ConsumerWorld, Function<ConsumerCore, Delivery>> delivery) {
        var time = new ConsumerTime(() -> nanos, () -> wallMs);
        group.outOfRange = settings.outOfRange;
        var sources = new ManualSource[1];
        this.core = new ConsumerCore(
                settings.config(),
                new ConsumerCore.Ports(group, time, settings.listener, listenerCalls, Runnable::run),
                made -> sources[0] = new ManualSource(made),
                delivery.apply(this));
        this.source = sources[0];
        core.join();
        settle();
    }

    static ConsumerWorld handling(Settings settings) {
        return new ConsumerWorld(
                settings, world -> core -> new HandlerDelivery(core, world::handle, world.workers, world::store));
    }

    static ConsumerWorld polled(Settings settings) {
        return new ConsumerWorld(settings, world -> PollDelivery::new);
    }

    static TopicPartition partition(int number) {
        return new TopicPartition(TOPIC, number);
    }

    void assign(int number, long offset) {
        group.assign(partition(number), offset);
        settle();
    }

    /** Records with these keys, at the end of the log. */
    void append(int number, @Nullable String... keys) {
        for (var key : keys) {
            source.append(partition(number), key);
        }
        settle();
    }

    /** Turns until nothing is left to do at this moment. */
    void settle() {
        do {
            if (!listenerHangs) {
                listenerCalls.runAll();
            }
            wakeNanos = core.turn();
        } while (!core.tasks().isEmpty() || (!listenerHangs && listenerCalls.size() > 0));
    }

    void pass(Duration time) {
        nanos += time.toNanos();
        wallMs += time.toMillis();
        settle();
    }

    /** Ends one of the handlers under way, in the order in which they were started. */
    void finish(int index) {
        workers.run(index);
        settle();
    }

    /** Ends handlers until none is left. */
    void finishAll() {
        while (workers.size() > 0) {
            finish(0);
        }
    }

    void revoke(int... numbers) {
        var partitions = new TopicPartition[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            partitions[i] = partition(numbers[i]);
        }
        group.revoke(partitions);
        settle();
    }

    void fence() {
        group.fence();
        settle();
    }

    void close(Duration timeout) {
        core.post(() -> core.close(nanos + timeout.toNanos()));
        settle();
    }

    CompletableFuture<List<ConsumedRecord>> ask(int max, Duration timeout) {
        var answer = new CompletableFuture<List<ConsumedRecord>>();
        core.post(() -> polls().ask(max, nanos + timeout.toNanos(), answer));
        settle();
        return answer;
    }

    /** What is there now. */
    List<Long> poll(int max) {
        var answer = ask(max, Duration.ZERO);
        return answer.join().stream().map(ConsumedRecord::offset).toList();
    }

    PollDelivery polls() {
        return (PollDelivery) core.delivery();
    }

    /** What the group is told when the member pings now. */
    List<HeldPartition> held() {
        var held = group.listener().held();
        settle();
        return held.join();
    }

    OwnedPartition owner(int number) {
        return core.ownerships().owner(partition(number)).orElseThrow();
    }

    /** Offsets sent for commit, in order. */
    List<Long> commits(int number) {
        return group.commits.stream()
                .filter(commit -> commit.partition().equals(partition(number)))
                .map(GroupMembership.Commit::offset)
                .toList();
    }

    private void handle(ConsumedRecord record) {
        handled.add(record.offset());
        handledRecords.add(record);
        onHandle.accept(record);
        var failure = failing.get(record.offset());
        if (failure != null) {
            throw failure;
        }
    }

    private CompletableFuture<RecordMetadata> store(ProducerRecord record) {
        if (storeFault != null) {
            throw storeFault;
        }
        var store = new Store(record, new CompletableFuture<>());
        stores.add(store);
        return store.ack;
    }
}
