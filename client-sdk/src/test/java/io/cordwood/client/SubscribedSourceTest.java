package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test is the consumer: it runs the tasks, and takes what it likes. */
final class SubscribedSourceTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int VALUE_BYTES = 2_000;
    private static final int LARGE_BATCH_BYTES = 51_000;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Set<TopicPartition> available = new HashSet<>();
    private final Map<TopicPartition, CordwoodException> failures = new LinkedHashMap<>();
    private final List<TopicPartition> recovered = new ArrayList<>();
    private final List<String> values = new ArrayList<>();
    private boolean throwing;
    private ScriptedCluster cluster;
    private CordwoodClient client;
    private SubscribedSource source;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(3);
        cluster.createTopic("orders", 3);
        client = cluster.connect();
        source = new SubscribedSource(client, tasks, listener(), BUFFER_BYTES);
    }

    @AfterEach
    void stop() {
        source.close();
        client.close();
        cluster.close();
    }

    @Test
    void partitionsOfAllTopicsShareOneStreamPerNode() {
        cluster.createTopic("returns", 6);
        produce("orders", 3, 30);
        produce("returns", 6, 60);
        for (int number = 0; number < 3; number++) {
            add("orders", number, 0);
        }
        for (int number = 0; number < 6; number++) {
            add("returns", number, 0);
        }

        for (int number = 0; number < 6; number++) {
            assertThat(take("returns", number, 10)).isEqualTo(range(0, 10));
        }
        assertThat(take("orders", 2, 10)).isEqualTo(range(0, 10));
        assertThat(cluster.subscribers()).isEqualTo(3);
    }

    @Test
    void partitionThatIsNotConsumedLeavesRoomForTheOthersAndLosesNothing() {
        onOneNode();
        produce("orders", 3, 600);
        add("orders", 0, 0);
        add("orders", 1, 0);
        add("orders", 2, 0);
        awaitUntil(() -> available.contains(partition(0)));

        assertThat(take("orders", 1, 200)).isEqualTo(range(0, 200));
        assertThat(take("orders", 2, 200)).isEqualTo(range(0, 200));
        assertThat(take("orders", 0, 200)).isEqualTo(range(0, 200));
        assertThat(failures).isEmpty();
        assertThat(cluster.subscribers()).isEqualTo(1);
    }

    @Test
    void noMoreIsSentThanTheBufferHolds() {
        produce("orders", 1, 300);
        add("orders", 0, 0);
        awaitUntil(() -> available.contains(partition(0)));
        take("orders", 0, 1);
        turnFor(Duration.ofMillis(100));

        assertThat(cluster.subscribedBytesSent()).isLessThanOrEqualTo(BUFFER_BYTES + 2 * (16 << 10));
        take("orders", 0, 299);
    }

    @Test
    void partitionIsFullFromWhenItsNodeHasNoCreditLeftUntilEnoughIsConsumed() {
        produce("orders", 1, 100);
        add("orders", 0, 0);
        assertThat(fullNanos(0)).isZero();
        awaitUntil(() -> fullNanos(0) > 0);
        long before = fullNanos(0);
        turnFor(Duration.ofMillis(20));
        assertThat(fullNanos(0)).isGreaterThan(before + Duration.ofMillis(15).toNanos());

        take("orders", 0, 100);

        awaitUntil(() -> fullNanos(0) == 0);
    }

    @Test
    void partitionThatMadeRoomForOthersIsFullAndTheOthersAreNot() {
        onOneNode();
        produce("orders", 3, 600);
        add("orders", 0, 0);
        add("orders", 1, 0);
        add("orders", 2, 0);
        take("orders", 1, 200);
        take("orders", 2, 200);

        assertThat(fullNanos(0)).isBetween(1L, SECONDS.toNanos());
        awaitUntil(() -> fullNanos(1) == 0 && fullNanos(2) == 0);
        source.hold(partition(0), true);
        assertThat(fullNanos(0)).as("held").isZero();
    }

    @Test
    void timeInWhichAPartitionWasHeldDoesNotCountAsFull() {
        onOneNode();
        produce("orders", 3, 600);
        add("orders", 0, 0);
        add("orders", 1, 0);
        add("orders", 2, 0);
        take("orders", 1, 200);
        take("orders", 2, 200);
        source.hold(partition(0), true);

        long before = System.nanoTime();
        source.hold(partition(0), false);
        long after = System.nanoTime();

        assertThat(source.fullNanos(partition(0), after + 1)).isBetween(1L, after + 1 - before);
    }

    @Test
    void heldPartitionIsNotReadUntilItIsReleased() {
        onOneNode();
        produce("orders", 2, 200);
        add("orders", 0, 0);
        add("orders", 1, 0);
        take("orders", 0, 5);
        source.hold(partition(0), true);

        assertThat(take("orders", 1, 100)).isEqualTo(range(0, 100));
        long sent = cluster.subscribedBytesSent();
        turnFor(Duration.ofMillis(50));
        assertThat(cluster.subscribedBytesSent()).isEqualTo(sent);
        source.hold(partition(0), false);

        assertThat(take("orders", 0, 95)).isEqualTo(range(5, 100));
    }

    @Test
    void positionMayMoveWithinAStream() {
        produce("orders", 1, 100);
        add("orders", 0, 50);
        assertThat(take("orders", 0, 3)).isEqualTo(range(50, 53));

        source.seek(partition(0), 10);
        assertThat(take("orders", 0, 3)).isEqualTo(range(10, 13));
        source.seek(partition(0), 90);

        assertThat(take("orders", 0, 10)).isEqualTo(range(90, 100));
        assertThat(source.position(partition(0))).isEqualTo(100);
        assertThat(cluster.subscribers()).isEqualTo(1);
        assertThat(failures).isEmpty();
    }

    @Test
    void removedPartitionMayBeAddedAgainElsewhere() {
        produce("orders", 2, 60);
        add("orders", 0, 0);
        add("orders", 1, 0);
        take("orders", 0, 3);

        source.remove(partition(0));
        available.remove(partition(0));
        assertThat(take("orders", 1, 30)).isEqualTo(range(0, 30));
        assertThat(available).doesNotContain(partition(0));
        add("orders", 0, 20);

        assertThat(take("orders", 0, 10)).isEqualTo(range(20, 30));
    }

    @Test
    void failureIsToldBehindWhatWasReadAndThePartitionIsTriedAgain() {
        produce("orders", 1, 30);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                baseOffset > 0 ? SubscribeScript.Fate.SEND_CORRUPT : SubscribeScript.Fate.SEND);
        add("orders", 0, 0);
        int before = take("orders", 0, 30, () -> !failures.isEmpty()).size();
        cluster.script("orders", SubscribeScript.SEND);

        assertThat(failures.get(partition(0))).hasMessageContaining("crc");
        assertThat(before).isBetween(1, 29);
        assertThat(take("orders", 0, 30 - before)).isEqualTo(range(before, 30));
    }

    @Test
    void partitionThatFailedHasRecoveredOnceAnAnswerFindsNoFault() {
        produce("orders", 1, 3);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) -> SubscribeScript.Fate.SEND_CORRUPT);
        add("orders", 0, 0);
        take("orders", 0, 3, () -> !failures.isEmpty());
        assertThat(recovered).isEmpty();

        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) -> SubscribeScript.Fate.SEND_EMPTY);

        take("orders", 0, 3, () -> !recovered.isEmpty());
        assertThat(recovered).containsExactly(partition(0));
    }

    @Test
    void positionThatIsNotKeptIsToldAndASeekGoesOn() {
        produce("orders", 1, 300);
        cluster.topic("orders").logs.get(0).trimTo(40);
        add("orders", 0, 5);
        awaitUntil(() -> failures.get(partition(0)) instanceof OffsetOutOfRangeException);

        source.seek(partition(0), 40);

        assertThat(take("orders", 0, 5)).isEqualTo(range(40, 45));
    }

    @Test
    void leaderIsFollowedAndASilentOneIsLeft() {
        produce("orders", 1, 30);
        add("orders", 0, 0);
        take("orders", 0, 30);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                node == 1 ? SubscribeScript.Fate.FALL_SILENT : SubscribeScript.Fate.SEND);
        cluster.moveLeader("orders", 0, 2);
        produce("orders", 1, 30);

        assertThat(take("orders", 0, 30)).isEqualTo(range(30, 60));
    }

    @Test
    void heldPartitionWhoseOnlyAnswerWasTooLargeIsReadAgain() {
        onOneNode();
        produceInLargeBatches(2);
        add("orders", 0, 0);
        add("orders", 1, 0);
        awaitUntil(() -> available.contains(partition(0)) && available.contains(partition(1)));
        source.hold(partition(0), true);
        assertThat(source.bufferedBytes()).isLessThan(LARGE_BATCH_BYTES * 2);
        long sent = cluster.subscribedBytesSent();

        source.hold(partition(0), false);

        awaitUntil(() -> cluster.subscribedBytesSent() > sent);
        assertThat(take("orders", 0, 25)).isEqualTo(range(0, 25));
    }

    @Test
    void answersLargerThanAShareAreBoundedTogetherAndAreReadWhenTheyAreAskedFor() {
        cluster.createTopic("large", 12);
        cluster.topic("large").logs.forEach(log -> log.moveTo(1));
        produceInLargeBatches("large", 12);
        for (int number = 0; number < 12; number++) {
            add("large", number, 0);
        }
        awaitUntil(() -> available.size() == 12);
        turnFor(Duration.ofMillis(50));

        assertThat(source.bufferedBytes()).isLessThanOrEqualTo(BUFFER_BYTES + BUFFER_BYTES / 2 + LARGE_BATCH_BYTES);
        for (int number = 0; number < 12; number++) {
            assertThat(take("large", number, 25)).isEqualTo(range(0, 25));
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void refusalOfAnEarlierPlaceMeansNothingToTheNext() {
        produce("orders", 1, 100);
        cluster.topic("orders").logs.get(0).trimTo(40);
        attachAndAwaitAnswers(0, 5, 1);

        source.seek(partition(0), 40);

        assertThat(take("orders", 0, 5)).isEqualTo(range(40, 45));
        assertThat(failures).isEmpty();
    }

    @Test
    void dataOfSeveralEarlierPlacesMeansNothingToTheNext() {
        produce("orders", 1, 100);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                baseOffset > 0 && baseOffset < 40 ? SubscribeScript.Fate.FALL_SILENT : SubscribeScript.Fate.SEND);
        attachAndAwaitAnswers(0, 0, 1);
        source.seek(partition(0), 60);
        attachAndAwaitAnswers(2);
        cluster.script("orders", SubscribeScript.SEND);

        source.seek(partition(0), 3);

        assertThat(take("orders", 0, 97)).isEqualTo(range(3, 100));
        assertThat(failures).isEmpty();
    }

    @Test
    void dataOnItsWayToOneOwnershipIsNotTakenForThatOfTheNext() {
        produce("orders", 1, 100);
        attachAndAwaitAnswers(0, 40, 2);

        source.remove(partition(0));
        add("orders", 0, 2);

        assertThat(take("orders", 0, 98)).isEqualTo(range(2, 100));
        assertThat(failures).isEmpty();
    }

    @Test
    void dataOnItsWayIsNotTakenForThatOfAnotherTopicOfTheName() {
        produce("orders", 1, 100);
        attachAndAwaitAnswers(0, 0, 2);
        source.remove(partition(0));
        cluster.deleteTopic("orders");
        cluster.createTopic("orders", 1);
        client.view().refresh("orders").join();
        try (var producer = client.producer().open()) {
            producer.send(new ProducerRecord("orders", 0, null, "new".getBytes(UTF_8)))
                    .join();
        }

        add("orders", 0, 0);
        awaitUntil(() -> source.position(partition(0)) > 0 || next(0) != null);

        assertThat(values).containsExactly("new");
        assertThat(failures).isEmpty();
    }

    @Test
    void answerForAPartitionThatCannotBeEndsItsStreamOnly() {
        produce("orders", 1, 30);
        var misnamed = new AtomicBoolean();
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                misnamed.getAndSet(true) ? SubscribeScript.Fate.SEND : SubscribeScript.Fate.MISNAME);
        add("orders", 0, 0);

        assertThat(take("orders", 0, 30)).isEqualTo(range(0, 30));
        assertThat(failures).isEmpty();
    }

    @Test
    void listenerThatThrowsDoesNotStopLaterChangesFromBeingSeen() {
        produce("orders", 1, 30);
        throwing = true;
        add("orders", 0, 0);
        assertThatThrownBy(() -> awaitUntil(() -> false)).hasMessage("by the test");
        throwing = false;
        tasks.clear();

        source.hold(partition(0), true);

        assertThat(tasks).isNotEmpty();
    }

    /** Whatever is held, moved, consumed slowly or broken, the next record is the one at the position. */
    @Test
    void recordsHaveNoGapWhateverHappensToTheStream() {
        onOneNode();
        produce("orders", 3, 600);
        for (int number = 0; number < 3; number++) {
            add("orders", number, 0);
        }
        for (int seed = 0; seed < 20; seed++) {
            disturb(new Random(seed), seed);
        }
        assertThat(failures).isEmpty();
    }

    private void disturb(Random random, int seed) {
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                random.nextInt(25) == 0 ? SubscribeScript.Fate.RESET : SubscribeScript.Fate.SEND);
        for (int step = 0; step < 60; step++) {
            var partition = partition(random.nextInt(3));
            long position = source.position(partition);
            switch (random.nextInt(6)) {
                case 0 -> {
                    position = random.nextInt(200);
                    source.seek(partition, position);
                }
                case 1 -> source.hold(partition, true);
                case 2 -> source.hold(partition, false);
                default -> turn();
            }
            for (int i = random.nextInt(20); i > 0; i--) {
                var record = source.next(partition);
                if (record == null) {
                    break;
                }
                assertThat(record.offset()).as("seed %d, step %d", seed, step).isEqualTo(position);
                position++;
            }
        }
        for (int number = 0; number < 3; number++) {
            source.hold(partition(number), false);
            long position = source.position(partition(number));
            assertThat(take("orders", number, (int) (200 - position))).isEqualTo(range(position, 200));
            source.seek(partition(number), 0);
        }
    }

    private RecordSource.Listener listener() {
        return new RecordSource.Listener() {
            @Override
            public void available(TopicPartition partition) {
                if (throwing) {
                    throw new IllegalStateException("by the test");
                }
                available.add(partition);
            }

            @Override
            public void failed(TopicPartition partition, CordwoodException reason) {
                failures.put(partition, reason);
            }

            @Override
            public void recovered(TopicPartition partition) {
                recovered.add(partition);
            }
        };
    }

    /** Adds a partition, and has answers wait that were sent for it, unseen. */
    private void attachAndAwaitAnswers(int number, long offset, int count) {
        client.view().refresh("orders").join();
        add("orders", number, offset);
        attachAndAwaitAnswers(count);
    }

    private void attachAndAwaitAnswers(int count) {
        int before = tasks.size();
        source.advance(System.nanoTime());
        Awaitility.await().atMost(SECONDS).until(() -> tasks.size() >= before + count);
    }

    private @Nullable ConsumedRecord next(int number) {
        var record = source.next(partition(number));
        if (record != null) {
            values.add(record.valueText());
        }
        return record;
    }

    private void add(String topic, int number, long offset) {
        source.add(new GroupMembership.Assignment(
                new TopicPartition(topic, number), cluster.topic(topic).id, 1, offset, offset, ""));
    }

    private List<Long> take(String topic, int number, int count) {
        return take(topic, number, count, () -> false);
    }

    private List<Long> take(String topic, int number, int count, BooleanSupplier enough) {
        var partition = new TopicPartition(topic, number);
        var offsets = new ArrayList<Long>();
        awaitUntil(() -> {
            while (offsets.size() < count) {
                var record = source.next(partition);
                if (record == null) {
                    break;
                }
                offsets.add(record.offset());
            }
            return offsets.size() == count || enough.getAsBoolean();
        });
        return offsets;
    }

    private void awaitUntil(BooleanSupplier condition) {
        long deadline = System.nanoTime() + SECONDS.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            turn();
        }
    }

    private void turnFor(Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < deadline) {
            turn();
        }
    }

    private void turn() {
        long wake = source.advance(System.nanoTime());
        long wait = Math.min(wake - System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(5));
        try {
            var task = tasks.poll(Math.max(0, wait), TimeUnit.NANOSECONDS);
            if (task != null) {
                task.run();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private long fullNanos(int number) {
        return source.fullNanos(partition(number), System.nanoTime());
    }

    private void onOneNode() {
        cluster.topic("orders").logs.forEach(log -> log.moveTo(1));
    }

    /** Evenly over the first partitions, in batches of at most 16 KiB. */
    private void produce(String topic, int partitions, int count) {
        try (var producer =
                client.producer().batchBytes(16 << 10).maxRecordBytes(64 << 10).open()) {
            for (int i = 0; i < count; i++) {
                var value = "x".repeat(VALUE_BYTES).getBytes(UTF_8);
                var unused = producer.send(new ProducerRecord(topic, i % partitions, null, value));
            }
        }
    }

    private void produceInLargeBatches(int partitions) {
        produceInLargeBatches("orders", partitions);
    }

    /** One batch for each partition. */
    private void produceInLargeBatches(String topic, int partitions) {
        try (var producer = client.producer()
                .batchBytes(64 << 10)
                .linger(Duration.ofSeconds(1))
                .open()) {
            for (int i = 0; i < 25 * partitions; i++) {
                var value = "x".repeat(VALUE_BYTES).getBytes(UTF_8);
                var unused = producer.send(new ProducerRecord(topic, i % partitions, null, value));
            }
        }
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("orders", number);
    }

    private static List<Long> range(long start, long end) {
        var offsets = new ArrayList<Long>();
        for (long offset = start; offset < end; offset++) {
            offsets.add(offset);
        }
        return offsets;
    }
}
