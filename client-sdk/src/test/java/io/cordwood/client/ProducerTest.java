package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordHeader;
import io.cordwood.client.PublishScript.Fate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ProducerTest {
    private static final Duration FOREVER = Duration.ofMinutes(1);

    private ScriptedCluster cluster;
    private CordwoodClient client;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(2);
        client = cluster.connect();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @Test
    void recordsSentTogetherShareABatch() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().linger(FOREVER).open();

        var futures = send(producer, "orders", 100);
        producer.flush();

        assertThat(cluster.requests("orders")).hasSize(1);
        assertThat(offsets(futures)).isEqualTo(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void addedPartitionsAreFoundWithoutARestartAndTheEarlierOnesGoOn() {
        cluster.createTopic("orders", 1);
        try (var fresh = cluster.connect(Duration.ofMillis(1))) {
            var producer = fresh.producer().open();
            var earlier = producer.send(new ProducerRecord("orders", 0, null, new byte[1]));
            producer.flush();
            cluster.addPartitions("orders", 3);

            await().until(() -> !producer.send(new ProducerRecord("orders", 2, null, new byte[1]))
                    .isCompletedExceptionally());
            var later = producer.send(new ProducerRecord("orders", 0, null, new byte[1]));
            producer.flush();

            assertThat(offsets(List.of(earlier, later))).containsExactly(0, 1);
        }
    }

    @Test
    void lingerEndsByItself() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().linger(Duration.ofMillis(2)).open();

        var future = producer.send("orders", null, bytes("a"));

        assertThat(future).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void fullBatchDoesNotWaitForLinger() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().linger(FOREVER).batchBytes(1024).open();

        var futures = send(producer, "orders", 300);

        assertThat(futures.get(0)).succeedsWithin(Duration.ofSeconds(10));
        assertThat(futures.get(299)).isNotDone();
        assertThat(cluster.requests("orders"))
                .allSatisfy(request -> assertThat(request.batch().sizeBytes()).isLessThanOrEqualTo(1024));
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void batchesArePackedAndReadBack(Compression codec) {
        cluster.createTopic("orders", 1);
        var producer = client.producer().linger(FOREVER).compression(codec).open();
        var value = bytes("same ".repeat(50));

        IntStream.range(0, 20).forEach(i -> sendQuietly(producer, new ProducerRecord("orders", null, value)));
        producer.flush();

        var batch = cluster.requests("orders").get(0).batch();
        assertThat(batch.compression()).isEqualTo(codec);
        assertThat(batch.sizeBytes() < 2000).isEqualTo(codec != Compression.NONE);
        assertThat(cluster.values("orders", 0)).hasSize(20).containsOnly("same ".repeat(50));
    }

    @Test
    void keyHeadersTimestampAndNullsArriveAsTheyAre() {
        cluster.createTopic("orders", 1);
        var headers = List.of(new RecordHeader("trace", bytes("7")), new RecordHeader("trace", null));

        try (var producer = client.producer().open();
                var reader = client.reader("orders").open()) {
            sendQuietly(producer, new ProducerRecord("orders", 0, bytes("k"), null, headers, 1234L));
            producer.flush();
            var record = reader.poll(Duration.ofSeconds(10)).get(0);

            assertThat(record.key()).isEqualTo(bytes("k"));
            assertThat(record.value()).isNull();
            assertThat(record.headers()).isEqualTo(headers);
            assertThat(record.timestampMs()).isEqualTo(1234);
        }
    }

    @Test
    void metadataTellsPlaceAndTime() {
        cluster.createTopic("orders", 2);
        var producer = client.producer().open();

        var metadata = producer.send(new ProducerRecord("orders", 1, null, bytes("a"), List.of(), 77L))
                .join();

        assertThat(metadata).isEqualTo(new RecordMetadata("orders", 1, 0, 77, 1));
    }

    @Test
    void keyGoesWhereKafkaPutsIt() {
        cluster.createTopic("orders", 7);
        var producer = client.producer().open();

        for (int i = 0; i < 50; i++) {
            var key = bytes("customer-" + i);
            int partition = producer.send("orders", key, bytes("v")).join().partition();

            assertThat(partition).isEqualTo(Utils.toPositive(Utils.murmur2(key)) % 7);
        }
    }

    @Test
    void recordsWithoutKeyFillOnePartitionsBatchAfterTheOther() {
        cluster.createTopic("orders", 4);
        var producer = client.producer().linger(FOREVER).batchBytes(2048).open();

        var futures = send(producer, "orders", 400);
        producer.flush();

        var partitions = new ArrayList<Integer>();
        futures.forEach(future -> partitions.add(future.join().partition()));
        long switches = IntStream.range(1, partitions.size())
                .filter(i -> !partitions.get(i).equals(partitions.get(i - 1)))
                .count();
        assertThat(switches).isBetween(10L, 60L);
    }

    @Test
    void onlyOneBatchIsUnderWayUntilTheFirstAnswerThenFive() {
        assertOneIsUnderWayUntilTheFirstAnswerThen(5);
    }

    @Test
    void asManyBatchesAreUnderWayAsTheClusterRemembers() {
        cluster.rememberBatches(9);
        assertOneIsUnderWayUntilTheFirstAnswerThen(9);
    }

    @Test
    void largeBatchesAreUnderWayUpToTwoMebibytesOrFive() {
        cluster.rememberBatches(32);
        assertOneIsUnderWayUntilTheFirstAnswerThen(7, "large", 300 << 10);
        assertOneIsUnderWayUntilTheFirstAnswerThen(5, "larger", 600 << 10);
    }

    @Test
    void batchesThatAreNotFullWaitBehindFive() {
        cluster.rememberBatches(32);
        cluster.createTopic("orders", 1);
        cluster.script("orders", (PublishScript) request -> Fate.HOLD_ANSWER);
        var producer = client.producer().linger(Duration.ZERO).batchBytes(2048).open();
        send(producer, "orders", 1);
        await().until(() -> cluster.requests("orders").size() == 1);
        cluster.releaseAnswers();
        for (int underWay = 1; underWay <= 5; underWay++) {
            int requests = 1 + underWay;
            send(producer, "orders", 1);
            await().until(() -> cluster.requests("orders").size() == requests);
        }

        send(producer, "orders", 10);
        await().during(Duration.ofMillis(100))
                .until(() -> cluster.requests("orders").size() == 6);
        send(producer, "orders", 1000);
        await().until(() -> cluster.requests("orders").size() > 6);
        releaseUntilDone(producer);
    }

    private void assertOneIsUnderWayUntilTheFirstAnswerThen(int batches) {
        assertOneIsUnderWayUntilTheFirstAnswerThen(batches, "orders", 1000);
    }

    /** @param valueBytes of each record, which fills a batch alone */
    private void assertOneIsUnderWayUntilTheFirstAnswerThen(int batches, String topic, int valueBytes) {
        cluster.createTopic(topic, 1);
        cluster.script(topic, (PublishScript) request -> Fate.HOLD_ANSWER);
        var producer = client.producer().linger(FOREVER).batchBytes(1024).open();

        for (int i = 0; i < 15; i++) {
            var unused = producer.send(new ProducerRecord(topic, 0, null, new byte[valueBytes]));
        }
        await().until(() -> cluster.requests(topic).size() == 1);
        cluster.releaseAnswers();

        await().until(() -> cluster.requests(topic).size() == 1 + batches);
        await().during(Duration.ofMillis(100))
                .until(() -> cluster.requests(topic).size() == 1 + batches);
        releaseUntilDone(producer);
    }

    @Test
    void withoutIdempotenceOneBatchIsUnderWayAndNoProducerIdIsDrawn() {
        cluster.createTopic("orders", 1);
        cluster.script("orders", (PublishScript) request -> Fate.HOLD_ANSWER);
        var producer = client.producer()
                .linger(FOREVER)
                .batchBytes(1024)
                .idempotent(false)
                .open();

        send(producer, "orders", 200);
        await().until(() -> cluster.requests("orders").size() == 1);
        cluster.releaseAnswers();
        await().until(() -> cluster.requests("orders").size() == 2);

        assertThat(cluster.requests("orders"))
                .allSatisfy(request -> assertThat(request.batch().hasProducer()).isFalse());
        releaseUntilDone(producer);
        assertThat(cluster.answers.calls("InitProducer")).isZero();
    }

    @Test
    void partitionsOfOneNodeShareAStream() {
        cluster.createTopic("orders", 4);
        var producer = client.producer().open();

        for (int partition = 0; partition < 4; partition++) {
            producer.send(new ProducerRecord("orders", partition, null, bytes("a")))
                    .join();
        }

        assertThat(cluster.publishStreams()).isEqualTo(2);
    }

    @Test
    void futuresOfAPartitionCompleteInOrder() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().batchBytes(1024).open();
        var completed = new ArrayList<Long>();

        var futures = send(producer, "orders", 500);
        var noted = futures.stream()
                .map(future -> future.thenAccept(metadata -> completed.add(metadata.offset())))
                .toList();
        producer.flush();
        noted.forEach(CompletableFuture::join);

        assertThat(cluster.values("orders", 0)).hasSize(500);
        assertThat(offsets(futures)).isSorted();
    }

    @Test
    void fullBufferBlocksAndThenFailsWithItsSetting() {
        cluster.createTopic("orders", 1);
        cluster.script("orders", (PublishScript) request -> Fate.HOLD_ANSWER);
        var producer = client.producer()
                .linger(Duration.ZERO)
                .batchBytes(1024)
                .maxRecordBytes(4096)
                .bufferBytes(8192)
                .maxBlock(Duration.ofMillis(20))
                .open();

        // More than the buffer holds, however many of them find themselves in one batch.
        var futures = IntStream.range(0, 100)
                .mapToObj(i -> producer.send("orders", null, new byte[200]))
                .toList();

        var failure = Failures.of(futures.get(99));
        assertThat(failure.code()).isEqualTo(ErrorCode.OVERLOADED);
        assertThat(failure.details()).containsEntry("setting", "bufferBytes").containsEntry("limit", "8192");
        assertThat(producer.bufferedBytes()).isBetween(1L, 8192L);
        releaseUntilDone(producer);
        assertThat(producer.bufferedBytes()).isZero();
    }

    @RepeatedTest(20)
    void blockedSendGoesOnWhenThereIsRoomAgainAlthoughLingerIsLong() {
        cluster.createTopic("orders", 1);
        var producer = client.producer()
                .linger(FOREVER)
                .deliveryTimeout(FOREVER.multipliedBy(2))
                .batchBytes(4096)
                .maxRecordBytes(4096)
                .bufferBytes(4096)
                .maxBlock(Duration.ofSeconds(5))
                .open();

        var futures = send(producer, "orders", 200);

        assertThat(futures).noneMatch(CompletableFuture::isCompletedExceptionally);
    }

    @Test
    void bufferNeverHoldsMoreThanItsBound() {
        cluster.createTopic("orders", 3);
        var producer = client.producer()
                .batchBytes(1024)
                .maxRecordBytes(2048)
                .bufferBytes(4096)
                .open();

        for (int i = 0; i < 500; i++) {
            sendQuietly(producer, new ProducerRecord("orders", i % 3, null, bytes("v" + i)));
            assertThat(producer.bufferedBytes()).isBetween(0L, 4096L);
        }
        producer.flush();

        assertThat(producer.bufferedBytes()).isZero();
    }

    @Test
    void flushWaitsForEveryAnswer() {
        cluster.createTopic("orders", 2);
        cluster.script("orders", (PublishScript) request -> Fate.HOLD_ANSWER);
        var producer = client.producer().linger(FOREVER).open();

        var futures = send(producer, "orders", 10);
        var flushed = producer.flushAsync();
        await().until(() -> !cluster.requests("orders").isEmpty());
        assertThat(flushed).isNotDone();
        releaseUntilDone(producer);

        assertThat(flushed).succeedsWithin(Duration.ofSeconds(10));
        assertThat(futures).allSatisfy(future -> assertThat(future).isDone());
    }

    @Test
    void closeSendsWhatIsLeft() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().linger(FOREVER).open();

        var futures = send(producer, "orders", 10);
        producer.close();

        assertThat(cluster.values("orders", 0)).hasSize(10);
        assertThat(futures).allSatisfy(future -> assertThat(future).isCompleted());
    }

    @Test
    void closeGivesUpAfterItsTimeout() {
        cluster.createTopic("orders", 1);
        cluster.script("orders", (PublishScript) request -> Fate.IGNORE);
        var producer = client.producer().open();

        var future = producer.send("orders", null, bytes("a"));
        producer.close(Duration.ofMillis(50));

        assertThat(Failures.of(future).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
        assertThat(Failures.of(producer.send("orders", null, bytes("b"))).code())
                .isEqualTo(ErrorCode.CLIENT_CLOSED);
    }

    @Test
    void clientClosesItsProducers() {
        cluster.createTopic("orders", 1);
        var own = cluster.connect();
        var producer = own.producer().linger(FOREVER).open();

        var future = producer.send("orders", null, bytes("a"));
        own.close();

        assertThat(future).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void callbackMaySendButNotFlush() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().open();

        var second = producer.send("orders", null, bytes("a"))
                .thenCompose(metadata -> producer.send("orders", null, bytes("b")));
        var flushed = producer.send("orders", null, bytes("c")).thenAccept(metadata -> producer.flush());

        assertThat(second).succeedsWithin(Duration.ofSeconds(10));
        assertThatThrownBy(flushed::join).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void callbacksRunOnTheChosenExecutor() {
        cluster.createTopic("orders", 1);
        var threads = new ArrayList<String>();
        try (var own = CordwoodClient.builder()
                        .bootstrap(cluster.bootstrap())
                        .callbackExecutor(task -> new Thread(task, "chosen").start())
                        .build();
                var producer = own.producer().open()) {
            producer.send("orders", null, bytes("a"))
                    .thenRun(() -> threads.add(Thread.currentThread().getName()))
                    .join();
        }

        assertThat(threads).containsAnyOf("chosen", Thread.currentThread().getName());
    }

    @Test
    void invalidRecordsFailWithFieldValueAndLimit() {
        cluster.createTopic("orders", 2).config.put("max.batch.bytes", "3000");
        var producer = client.producer()
                .maxRecordBytes(8192)
                .bufferBytes(1 << 20)
                .batchBytes(1024)
                .open();

        var refusals = new HashMap<ErrorCode, Map<String, String>>();
        for (var record : List.of(
                new ProducerRecord("no such topic!", null, bytes("a")),
                new ProducerRecord("missing", null, bytes("a")),
                new ProducerRecord("orders", 2, null, bytes("a")),
                new ProducerRecord("orders", null, new byte[3000]),
                new ProducerRecord("orders", 0, null, bytes("a"), List.of(), -5L))) {
            var failure = Failures.of(producer.send(record));
            refusals.put(failure.code(), failure.details());
        }

        assertThat(refusals)
                .containsOnlyKeys(
                        ErrorCode.INVALID_NAME,
                        ErrorCode.UNKNOWN_TOPIC,
                        ErrorCode.PARTITION_OUT_OF_RANGE,
                        ErrorCode.RECORD_TOO_LARGE,
                        ErrorCode.INVALID_ARGUMENT);
        assertThat(refusals.get(ErrorCode.PARTITION_OUT_OF_RANGE))
                .containsEntry("value", "2")
                .containsEntry("limit", "0 to 1");
        assertThat(refusals.get(ErrorCode.RECORD_TOO_LARGE))
                .hasEntrySatisfying("limit", limit -> assertThat(limit).contains("3000"));
        assertThat(Failures.of(producer.send(new ProducerRecord("orders", -1, null, bytes("a"))))
                        .code())
                .isEqualTo(ErrorCode.PARTITION_OUT_OF_RANGE);
        assertThat(producer.bufferedBytes()).isZero();
    }

    @Test
    void largestRecordFitsAndOneByteMoreDoesNot() {
        cluster.createTopic("orders", 1);
        var producer = client.producer().open();
        int limit = TopicBuffers.DEFAULT_BATCH_MAX_BYTES;
        // Header 61, record length 3, attributes, timestamp and offset delta, null key and header count 1 each, length
        // 3.
        int largest = limit - 61 - 3 - 5 - 3;

        var fits = producer.send("orders", null, new byte[largest]);
        var tooLarge = producer.send("orders", null, new byte[largest + 1]);

        assertThat(fits).succeedsWithin(Duration.ofSeconds(10));
        assertThat(Failures.of(tooLarge).code()).isEqualTo(ErrorCode.RECORD_TOO_LARGE);
        assertThat(Failures.of(producer.send("orders", null, new byte[64 << 20]))
                        .code())
                .isEqualTo(ErrorCode.RECORD_TOO_LARGE);
    }

    @Test
    void batchThatTheConnectionDoesNotTakeFailsAndTheOthersGoOn() {
        cluster.createTopic("orders", 2);
        var producer = client.producer()
                .maxRecordBytes(20 << 20)
                .bufferBytes(64 << 20)
                .linger(Duration.ZERO)
                .open();

        var before = producer.send(new ProducerRecord("orders", 0, null, bytes("before")));
        var tooLarge = producer.send(new ProducerRecord("orders", 0, null, new byte[17 << 20]));
        var elsewhere = producer.send(new ProducerRecord("orders", 1, null, bytes("elsewhere")));

        assertThat(Failures.of(tooLarge).code()).isEqualTo(ErrorCode.RECORD_TOO_LARGE);
        assertThat(before).succeedsWithin(Duration.ofSeconds(10));
        assertThat(elsewhere).succeedsWithin(Duration.ofSeconds(10));
        assertThat(producer.send(new ProducerRecord("orders", 0, null, bytes("after"))))
                .succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void sendInsideACallbackFailsAtOnceWhereTheBufferIsFull() {
        cluster.createTopic("orders", 1);
        var producer = client.producer()
                .maxRecordBytes(1 << 20)
                .bufferBytes(1 << 20)
                .maxBlock(Duration.ofMinutes(5))
                .open();

        var inside = producer.send("orders", null, bytes("a")).thenCompose(first -> {
            var filling = producer.send("orders", null, new byte[1_000_000]);
            return producer.send("orders", null, new byte[1_000_000])
                    .whenComplete((none, failure) -> assertThat(filling).isNotDone());
        });

        var failure = Failures.of(inside);
        assertThat(failure.code()).isEqualTo(ErrorCode.OVERLOADED);
        assertThat(failure).hasMessageContaining("callback");
    }

    @Test
    void badSettingsAreRefusedByName() {
        assertThat(Failures.thrownBy(() -> client.producer().batchBytes(10).open())
                        .details())
                .containsEntry("field", "batchBytes");
        assertThat(Failures.thrownBy(() -> client.producer().bufferBytes(10).open())
                        .details())
                .containsEntry("field", "bufferBytes");
        assertThat(Failures.thrownBy(() -> client.producer()
                                .deliveryTimeout(Duration.ofMillis(1))
                                .open())
                        .details())
                .containsEntry("field", "deliveryTimeout");
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without null checks does
    void missingTopicIsRefusedByName() {
        assertThat(Failures.thrownBy(() -> new ProducerRecord(null, null, null)).details())
                .containsEntry("field", "topic");
    }

    private void releaseUntilDone(Producer producer) {
        var flushed = producer.flushAsync();
        await().until(() -> {
            cluster.releaseAnswers();
            return flushed.isDone();
        });
    }

    private static List<CompletableFuture<RecordMetadata>> send(Producer producer, String topic, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> producer.send(topic, null, bytes("value-" + i)))
                .toList();
    }

    private static void sendQuietly(Producer producer, ProducerRecord record) {
        var unused = producer.send(record);
    }

    private static List<Integer> offsets(List<CompletableFuture<RecordMetadata>> futures) {
        return futures.stream()
                .map(future -> Math.toIntExact(future.join().offset()))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
