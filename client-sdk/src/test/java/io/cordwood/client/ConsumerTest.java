package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A consumer on its own threads, against nodes that speak the real protocol; only the group is made up. */
final class ConsumerTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);
    private static final int PARTITIONS = 3;

    private final ManualMembership group = new ManualMembership();
    private ScriptedCluster cluster;
    private CordwoodClient client;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(3);
        cluster.createTopic("orders", PARTITIONS);
        client = cluster.connect();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
        assertThat(group.violations).isEmpty();
    }

    @Test
    void handlersGetEveryRecordInTheOrderOfItsKeyAndAllIsCommitted() {
        produce(300);
        var byKey = Collections.synchronizedMap(new HashMap<String, List<String>>());
        var consumer = settings()
                .ordering(Ordering.PER_KEY)
                .commitInterval(Duration.ofMillis(20))
                .handle(record -> byKey.computeIfAbsent(record.keyText(), key -> new ArrayList<>())
                        .add(record.valueText()));
        assign(0, 1, 2);

        awaitCommitted(300);
        consumer.close();

        for (int key = 0; key < 10; key++) {
            var expected = new ArrayList<String>();
            for (int i = key; i < 300; i += 10) {
                expected.add("value-" + i);
            }
            assertThat(byKey.get("key-" + key)).isEqualTo(expected);
        }
        assertThat(group.left).isTrue();
    }

    @Test
    void brokenStreamsLeaveNothingOutAndRepeatNothing() {
        produce(300);
        var sent = new AtomicInteger();
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                sent.incrementAndGet() % 7 == 0 ? SubscribeScript.Fate.RESET : SubscribeScript.Fate.SEND);
        var values = Collections.synchronizedList(new ArrayList<String>());
        settings().commitInterval(Duration.ofMillis(20)).handle(record -> values.add(record.valueText()));
        assign(0, 1, 2);

        awaitCommitted(300);

        assertThat(values).doesNotHaveDuplicates().hasSize(300);
    }

    @Test
    void pollGivesRecordsAndCommitTellsHowFar() {
        produce(30);
        var consumer = settings().manualCommit().open();
        assign(0);
        int count = size(0);
        var records = poll(consumer, count);

        var first = consumer.commit(records.get(0));
        var all = consumer.commit();

        assertThat(first.committed()).isEqualTo(Map.of(partition(0), 1L));
        assertThat(all).isEqualTo(new CommitResult(Map.of(partition(0), (long) count), Set.of()));
        assertThat(progress(consumer, 0).committed()).isEqualTo(count);
        assertThatThrownBy(() -> consumer.pause(Set.of(partition(1)))).isInstanceOf(CordwoodException.class);
    }

    @Test
    void commitInsideACallbackDoesNotWaitForItself() {
        produce(30);
        var consumer = settings().manualCommit().open();
        assign(0);
        var records = poll(consumer, size(0));
        group.holdsAnswers = true;

        var refused = consumer.commitAsync(records).thenAccept(result -> {
            assertThatThrownBy(consumer::commit).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> consumer.commit(records)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> consumer.commit(records, "text")).isInstanceOf(IllegalStateException.class);
        });
        Awaitility.await().atMost(SECONDS).until(() -> group.waiting() == 1);
        group.answer();

        assertThat(refused).succeedsWithin(SECONDS);
    }

    @Test
    void seekAndPauseWorkOnOwnedPartitions() {
        produce(30);
        var consumer = settings().manualCommit().open();
        assign(0, 1);
        poll(consumer, size(0) + size(1));

        consumer.pause(Set.of(partition(1)));
        consumer.seek(partition(1), StartPoint.offset(0));
        consumer.seek(partition(0), StartPoint.last(2));
        assertThat(poll(consumer, 2)).allMatch(record -> record.partition() == 0);
        consumer.resume(Set.of(partition(1)));

        assertThat(poll(consumer, size(1))).allMatch(record -> record.partition() == 1);
    }

    @Test
    void failedRecordIsWrittenToTheDeadLetterTopic() {
        cluster.createTopic("orders.dead", 1);
        produce(10);
        settings()
                .commitInterval(Duration.ofMillis(20))
                .failures(FailurePolicy.deadLetter("orders.dead"))
                .handle(record -> {
                    if ("value-7".equals(record.valueText())) {
                        throw new IllegalStateException("broken");
                    }
                });
        assign(0, 1, 2);

        awaitCommitted(10);

        assertThat(cluster.values("orders.dead", 0)).containsExactly("value-7");
    }

    @Test
    void failedRecordIsAsLargeAsItsTopicsTake() {
        cluster.topic("orders").config.put("max.batch.bytes", Integer.toString(4 << 20));
        cluster.createTopic("orders.dead", 1).config.put("max.batch.bytes", Integer.toString(4 << 20));
        try (var producer = client.producer().maxRecordBytes(4 << 20).open()) {
            var unused = producer.send(new ProducerRecord("orders", 0, null, new byte[2 << 20]));
        }

        failEverything("broken");
        awaitCommitted(1);

        assertThat(cluster.values("orders.dead", 0))
                .hasSize(1)
                .first()
                .satisfies(value -> assertThat(value).hasSize(2 << 20));
    }

    @Test
    void failedRecordIsKeptWithoutItsReasonWhereItDoesNotFitWithIt() {
        cluster.createTopic("orders.dead", 1).config.put("max.batch.bytes", "1500");
        try (var producer = client.producer().open()) {
            var unused = producer.send(new ProducerRecord("orders", 0, null, new byte[800]));
        }

        failEverything("x".repeat(1_000));
        awaitCommitted(1);

        assertThat(cluster.values("orders.dead", 0)).hasSize(1);
    }

    @Test
    void whatFailsWhileTheClientIsClosedIsKeptElsewhere() {
        cluster.createTopic("orders.dead", 1);
        produce(10);
        var consumers = new ArrayList<Consumer>();
        for (int i = 0; i < 10; i++) {
            consumers.add(failWhenClosed());
        }

        client.close();

        assertThat(consumers)
                .allSatisfy(consumer -> assertThat(consumer.ended()).succeedsWithin(SECONDS));
        assertThat(cluster.values("orders.dead", 0)).hasSize(consumers.size());
    }

    /** Has begun with one record, and fails when it is asked to give up its partition. */
    private Consumer failWhenClosed() {
        var own = new ManualMembership();
        var begun = new CountDownLatch(1);
        var closing = new CountDownLatch(1);
        var listener = new ConsumerListener() {
            @Override
            public void onRevoked(Collection<TopicPartition> partitions, Duration timeToFinish) {
                closing.countDown();
            }
        };
        var consumer = new ConsumerBuilder(client, own)
                .failures(FailurePolicy.deadLetter("orders.dead"))
                .listener(listener)
                .handle(record -> {
                    begun.countDown();
                    closing.await();
                    throw new IllegalStateException("broken");
                });
        Awaitility.await().atMost(SECONDS).until(own::isMember);
        own.assign(partition(0), cluster.topic("orders").id, size(0) - 1);
        Awaitility.await().atMost(SECONDS).until(() -> begun.getCount() == 0);
        return consumer;
    }

    private void failEverything(String reason) {
        settings()
                .commitInterval(Duration.ofMillis(20))
                .failures(FailurePolicy.deadLetter("orders.dead"))
                .handle(record -> {
                    throw new IllegalStateException(reason);
                });
        assign(0, 1, 2);
    }

    @Test
    void failedHandlerEndsTheConsumerAndTellsWhy() {
        produce(1);
        var consumer = settings().handle(record -> {
            throw new IllegalStateException("broken");
        });
        assign(0, 1, 2);

        assertThat(consumer.ended())
                .failsWithin(SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(RecordFailedException.class);
        assertThat(group.commits).isEmpty();
    }

    @Test
    void errorOnItsOwnThreadEndsTheConsumerAndNobodyWaitsForIt() {
        produce(30);
        var consumer = settings().manualCommit().open();
        assign(0);
        var records = poll(consumer, size(0));
        group.fault = new OutOfMemoryError("by the test");

        var before = consumer.commitAsync(records);
        assertThat(Failures.of(consumer.ended())).hasRootCause(group.fault);
        var after = consumer.commitAsync();

        var nothing = new CommitResult(Map.of(), Set.of(partition(0)));
        assertThat(before).succeedsWithin(SECONDS).isEqualTo(nothing);
        assertThat(after).succeedsWithin(SECONDS).isEqualTo(nothing);
        assertThat(group.left).isTrue();
        assertThat(Failures.thrownBy(() -> consumer.poll(SECONDS)).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    }

    @Test
    void partitionWhoseHandlerHangsDoesNotStopTheOthersThoughBuffersAreSmall() {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            cluster.topic("orders").logs.get(partition).moveTo(1);
        }
        try (var producer =
                client.producer().batchBytes(16 << 10).maxRecordBytes(64 << 10).open()) {
            for (int i = 0; i < 600; i++) {
                var unused = producer.send(new ProducerRecord("orders", i % 3, null, new byte[2_000]));
            }
        }
        var release = new CountDownLatch(1);
        var handled = new AtomicInteger();
        var consumer = settings().bufferBytes(128 << 10).handle(record -> {
            if (record.partition() == 0) {
                release.await();
            }
            handled.incrementAndGet();
        });
        assign(0, 1, 2);

        Awaitility.await().atMost(SECONDS).until(() -> handled.get() == 400);
        var slow = progress(consumer, 0);
        assertThat(slow.current().orElseThrow().offset()).isZero();
        release.countDown();
        Awaitility.await().atMost(SECONDS).until(() -> handled.get() == 600);
    }

    @Test
    void revokedPartitionIsGivenBackAndGivenAgainFromWhereItStood() {
        produce(30);
        var values = Collections.synchronizedList(new ArrayList<String>());
        settings().handle(record -> values.add(record.valueText()));
        assign(0);
        Awaitility.await().atMost(SECONDS).until(() -> values.size() == size(0));

        group.revoke(partition(0));
        Awaitility.await().atMost(SECONDS).until(() -> !group.owned().contains(partition(0)));
        assertThat(group.stored(partition(0))).isEqualTo(size(0));
        produce(30);
        assign(0);
        Awaitility.await().atMost(SECONDS).until(() -> values.size() == size(0));

        assertThat(values).hasSize(size(0));
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without null checks does
    void callThatIsWrongDoesNotEndTheConsumer() {
        produce(30);
        var consumer = settings().manualCommit().open();
        assign(0);
        var records = poll(consumer, size(0));
        var partitions = Collections.singleton((TopicPartition) null);

        assertThat(CompletableFuture.runAsync(() -> consumer.pause(partitions)))
                .failsWithin(SECONDS)
                .withThrowableThat()
                .withRootCauseInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> consumer.commit(records, null)).isInstanceOf(NullPointerException.class);

        assertThat(consumer.commit().committed()).containsEntry(partition(0), (long) size(0));
    }

    @Test
    void closeOfThePollingThreadDoesNotWaitForItself() {
        produce(30);
        var consumer = settings().open();
        assign(0, 1, 2);
        poll(consumer, 1);

        consumer.close(Duration.ofHours(1));

        assertThat(group.left).isTrue();
        assertThat(Failures.thrownBy(() -> consumer.poll(SECONDS)).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
        assertThat(consumer.commit(List.of()).committed()).isEmpty();
        assertThat(consumer.progress()).isEmpty();
    }

    @Test
    void closeInsideAHandlerDoesNotWaitForItself() {
        produce(1);
        var self = new CompletableFuture<Consumer>();
        var consumer = settings().handle(record -> self.join().close());
        self.complete(consumer);
        assign(0, 1, 2);

        assertThat(consumer.ended()).succeedsWithin(SECONDS);
    }

    @Test
    void iteratorEndsWithClose() {
        produce(30);
        var consumer = settings().open();
        assign(0, 1, 2);
        var count = new AtomicInteger();

        var reading = CompletableFuture.runAsync(() -> consumer.forEach(record -> count.incrementAndGet()));
        Awaitility.await().atMost(SECONDS).until(() -> count.get() == 30);
        consumer.close();

        assertThat(reading).succeedsWithin(SECONDS);
    }

    @Test
    void trimmedPositionFollowsThePolicyOrEndsTheConsumer() {
        produce(300);
        cluster.topic("orders").logs.get(0).trimTo(20);
        var offsets = Collections.synchronizedList(new ArrayList<Long>());
        group.outOfRange = OutOfRange.EARLIEST;
        settings().handle(record -> offsets.add(record.offset()));
        assign(0);
        Awaitility.await().atMost(SECONDS).until(() -> offsets.size() == size(0) - 20);
        assertThat(offsets.get(0)).isEqualTo(20);

        var other = new ManualMembership();
        var strict = new ConsumerBuilder(client, other).open();
        Awaitility.await().atMost(SECONDS).until(other::isMember);
        other.assign(partition(0), cluster.topic("orders").id, 0);

        assertThat(Failures.of(strict.ended()).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void wrongSettingsAreRefusedByName() {
        assertThat(Failures.thrownBy(() -> settings().bufferBytes(1)).details()).containsEntry("field", "bufferBytes");
        assertThat(Failures.thrownBy(() -> settings().windowRecords(0).open()).details())
                .containsEntry("field", "windowRecords");
        assertThat(Failures.thrownBy(
                                () -> settings().atMostOnce().manualCommit().open())
                        .details())
                .containsEntry("field", "commitMode");
        var retried = FailurePolicy.ignore().withAttempts(2, FailurePolicy.DEFAULT_PAUSE);
        assertThat(Failures.thrownBy(
                                () -> settings().atMostOnce().failures(retried).open())
                        .details())
                .containsEntry("field", "attempts");
        assertThat(Failures.thrownBy(
                                () -> new FailurePolicy(1, FailurePolicy.DEFAULT_PAUSE, FailureStrategy.REQUEUE, null))
                        .details())
                .containsEntry("field", "requeue");
    }

    private ConsumerBuilder settings() {
        return new ConsumerBuilder(client, group).closeTimeout(SECONDS);
    }

    private void assign(int... numbers) {
        Awaitility.await().atMost(SECONDS).until(group::isMember);
        UUID topicId = cluster.topic("orders").id;
        for (int number : numbers) {
            group.assign(partition(number), topicId, Math.max(0, group.stored(partition(number))));
        }
    }

    private void awaitCommitted(int records) {
        Awaitility.await().atMost(SECONDS).until(() -> {
            long sum = 0;
            for (int number = 0; number < PARTITIONS; number++) {
                sum += Math.max(0, group.stored(partition(number)));
            }
            return sum == records;
        });
    }

    private static List<ConsumedRecord> poll(Consumer consumer, int count) {
        var records = new ArrayList<ConsumedRecord>();
        long deadline = System.nanoTime() + SECONDS.toNanos();
        while (records.size() < count && System.nanoTime() < deadline) {
            records.addAll(consumer.poll(Duration.ofMillis(500)));
        }
        return records;
    }

    private static PartitionProgress progress(Consumer consumer, int number) {
        return Objects.requireNonNull(consumer.progress().get(partition(number)));
    }

    private int size(int number) {
        return cluster.values("orders", number).size();
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("orders", number);
    }

    private void produce(int count) {
        try (var producer = client.producer().open()) {
            for (int i = 0; i < count; i++) {
                var unused = producer.send("orders", ("key-" + i % 10).getBytes(UTF_8), ("value-" + i).getBytes(UTF_8));
            }
        }
    }
}
