package io.cordwood.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.batch.Compression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReaderTest {
    private static final Duration SECONDS = Duration.ofSeconds(10);

    private ScriptedCluster cluster;
    private CordwoodClient client;

    @BeforeEach
    void start() {
        cluster = ScriptedCluster.start(3);
        cluster.createTopic("orders", 1);
        client = cluster.connect();
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource({"earliest,0", "42,42", "last:10,90", "last:1000,0", "99,99"})
    void startsWhereItIsTold(String start, int first) {
        produce(100);
        var reader = client.reader("orders").start(StartPoint.parse(start)).open();

        var records = read(reader, 100 - first);

        assertThat(records).isEqualTo(values(first, 100));
        assertThat(reader.poll(Duration.ofMillis(20))).isEmpty();
    }

    @Test
    void latestIsTheEndAtTheMomentOfOpening() {
        produce(50);
        var reader = client.reader("orders").start(StartPoint.latest()).open();
        assertThat(reader.positions()).isEqualTo(Map.of(0, 50L));

        produce(50, 60);

        assertThat(read(reader, 10)).isEqualTo(values(50, 60));
    }

    @Test
    void recordsComeAsTheyAreCommitted() {
        var reader = client.reader("orders").open();
        assertThat(reader.poll(Duration.ofMillis(20))).isEmpty();

        produce(5);

        assertThat(read(reader, 5)).isEqualTo(values(0, 5));
    }

    @Test
    void partitionsAreReadSideBySideEachFromItsStart() {
        cluster.createTopic("wide", 4);
        try (var producer = client.producer().open()) {
            for (int i = 0; i < 40; i++) {
                producer.send(new ProducerRecord("wide", i % 4, null, bytes("v" + i / 4)))
                        .join();
            }
        }
        var reader = client.reader("wide")
                .partitions(1, 3)
                .start(StartPoint.offset(2))
                .start(3, StartPoint.last(1))
                .open();

        read(reader, 9);

        assertThat(reader.positions()).isEqualTo(Map.of(1, 10L, 3, 10L));
        assertThat(reader.endOffsets()).isEqualTo(reader.positions());
        assertThat(reader.beginningOffsets()).isEqualTo(Map.of(1, 0L, 3, 0L));
    }

    @Test
    void pollGivesNoMoreThanItsLimit() {
        produce(100);
        var reader = client.reader("orders").maxPollRecords(7).open();

        var records = reader.poll(SECONDS);

        assertThat(records).hasSizeBetween(1, 7);
    }

    @Test
    void brokenStreamsLeaveNoGapAndNoRepeat() {
        produce(500);
        var sent = new AtomicInteger();
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                sent.incrementAndGet() % 3 == 0 ? SubscribeScript.Fate.RESET : SubscribeScript.Fate.SEND);
        var reader = client.reader("orders").maxPollRecords(13).open();

        assertThat(read(reader, 500)).isEqualTo(values(0, 500));
        assertThat(reader.poll(Duration.ofMillis(20))).isEmpty();
    }

    @Test
    void leaderIsFollowed() {
        produce(300);
        var sent = new AtomicInteger();
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) -> {
            if (sent.incrementAndGet() % 4 == 0) {
                cluster.topic("orders").logs.get(0).moveTo(1 + node % 3);
                return SubscribeScript.Fate.SAY_NOT_LEADER;
            }
            return SubscribeScript.Fate.SEND;
        });
        var reader = client.reader("orders").open();

        assertThat(read(reader, 300)).isEqualTo(values(0, 300));
    }

    @Test
    void silentOldLeaderIsLeft() {
        produce(10);
        var reader = client.reader("orders").open();
        read(reader, 10);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                node == 1 ? SubscribeScript.Fate.FALL_SILENT : SubscribeScript.Fate.SEND);

        cluster.moveLeader("orders", 0, 2);
        produce(10, 20);

        assertThat(read(reader, 10)).isEqualTo(values(10, 20));
    }

    @Test
    void stoppedNodeIsFoundAgain() {
        produce(100);
        var reader = client.reader("orders").maxPollRecords(10).open();
        var records = new ArrayList<>(read(reader, 10));

        cluster.stopNode(1);
        cluster.startNode(1);
        records.addAll(read(reader, 90));

        assertThat(records).isEqualTo(values(0, 100));
    }

    @Test
    void nodesSendNoMoreThanTheBufferHolds() {
        int valueBytes = 10_000;
        try (var producer = client.producer().batchBytes(16 << 10).open()) {
            IntStream.range(0, 100).forEach(i -> {
                var unused = producer.send("orders", null, new byte[valueBytes]);
            });
        }
        var reader =
                client.reader("orders").bufferBytes(64 << 10).maxPollRecords(1).open();

        reader.poll(SECONDS);
        var idle = reader.poll(SECONDS);
        long sent = cluster.subscribedBytesSent();
        int rest = 0;
        while (rest < 98) {
            rest += reader.poll(SECONDS).size();
        }

        assertThat(idle).hasSize(1);
        assertThat(sent).isLessThanOrEqualTo((64 << 10) + 2 * (16 << 10) + 2 * valueBytes);
        assertThat(cluster.subscribedBytesSent()).isGreaterThan(100L * valueBytes);
    }

    @Test
    void batchLargerThanTheBufferStillComes() {
        try (var producer = client.producer().open()) {
            producer.send("orders", null, new byte[500_000]).join();
            producer.send("orders", null, new byte[500_000]).join();
        }
        var reader = client.reader("orders").bufferBytes(64 << 10).open();

        assertThat(read(reader, 2)).hasSize(2);
    }

    @Test
    void corruptBatchIsNeverGivenAndTheNextPollTriesAgain() {
        produce(30);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                baseOffset >= 10 ? SubscribeScript.Fate.SEND_CORRUPT : SubscribeScript.Fate.SEND);
        var reader = client.reader("orders").open();
        var records = new ArrayList<String>();

        var failure = Failures.thrownBy(() -> {
            for (int i = 0; i < 100; i++) {
                records.addAll(texts(reader.poll(SECONDS)));
            }
        });
        cluster.script("orders", SubscribeScript.SEND);
        records.addAll(read(reader, 30 - records.size()));

        assertThat(failure.code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
        assertThat(failure.details()).containsEntry("field", "crc").containsEntry("topic", "orders");
        assertThat(records).isEqualTo(values(0, 30));
    }

    @Test
    void partitionThatFailsIsToldThoughAnotherAlwaysHasRecords() {
        cluster.createTopic("wide", 2);
        try (var producer = client.producer().open()) {
            for (int i = 0; i < 200; i++) {
                producer.send(new ProducerRecord("wide", 0, null, bytes("v" + i)))
                        .join();
            }
            producer.send(new ProducerRecord("wide", 1, null, bytes("damaged"))).join();
        }
        cluster.script("wide", (SubscribeScript) (node, partition, baseOffset) ->
                partition == 1 ? SubscribeScript.Fate.SEND_CORRUPT : SubscribeScript.Fate.SEND);
        var reader = client.reader("wide").maxPollRecords(1).open();

        var failure = Failures.thrownBy(() -> Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .until(() -> reader.poll(SECONDS).isEmpty()));

        assertThat(failure.code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
        assertThat(reader.positions().get(0)).isLessThan(200);
    }

    @Test
    void skippedOffsetsAreNoticed() {
        produce(30);
        cluster.script("orders", (SubscribeScript) (node, partition, baseOffset) ->
                baseOffset == 10 ? SubscribeScript.Fate.SKIP : SubscribeScript.Fate.SEND);
        var reader = client.reader("orders").open();

        var failure = Failures.thrownBy(() -> IntStream.range(0, 100).forEach(i -> reader.poll(SECONDS)));

        assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(reader.positions()).isEqualTo(Map.of(0, 10L));
    }

    @Test
    void offsetOutOfRangeTellsWhatIsKept() {
        produce(30);
        cluster.topic("orders").logs.get(0).trimTo(20);

        var behind = client.reader("orders").start(StartPoint.offset(5)).open();
        var ahead = client.reader("orders").start(StartPoint.offset(31)).open();

        assertThatThrownBy(() -> behind.poll(SECONDS))
                .isInstanceOfSatisfying(OffsetOutOfRangeException.class, failure -> {
                    assertThat(failure.offset()).isEqualTo(5);
                    assertThat(failure.logStartOffset()).isEqualTo(20);
                    assertThat(failure.logEndOffset()).isEqualTo(30);
                    assertThat(failure.partition()).isEqualTo(new TopicPartition("orders", 0));
                });
        assertThatThrownBy(() -> ahead.poll(SECONDS)).isInstanceOf(OffsetOutOfRangeException.class);
        behind.seek(0, StartPoint.earliest());
        assertThat(read(behind, 10)).isEqualTo(values(20, 30));
    }

    @ParameterizedTest
    @ValueSource(strings = {"earliest", "last:25", "@0", "-1h"})
    void startByWhatIsKeptFollowsALogThatIsTrimmedMeanwhile(String start) {
        produce(30);
        var reader = client.reader("orders").start(StartPoint.parse(start)).open();
        cluster.topic("orders").logs.get(0).trimTo(20);

        assertThat(read(reader, 10)).isEqualTo(values(20, 30));
    }

    @Test
    void seekGivesNothingOfBefore() {
        produce(200);
        var reader = client.reader("orders").maxPollRecords(10).open();
        read(reader, 20);

        reader.seek(0, StartPoint.offset(5));

        assertThat(read(reader, 195)).isEqualTo(values(5, 200));
    }

    @Test
    void compressedBatchIsEnteredInTheMiddle() {
        try (var producer = client.producer()
                .compression(Compression.ZSTD)
                .linger(Duration.ofMinutes(1))
                .open()) {
            IntStream.range(0, 100).forEach(i -> {
                var unused = producer.send("orders", null, bytes("value-" + i));
            });
        }
        var reader = client.reader("orders").start(StartPoint.offset(60)).open();

        assertThat(read(reader, 40)).isEqualTo(values(60, 100));
    }

    @Test
    void partitionWithoutALeaderIsAskedAgainForItsOffsets() {
        produce(10);
        cluster.answers.failNext("ListOffsets.0", Refusals.of("LEADER_UNKNOWN", "an election goes on"));

        var reader = client.reader("orders").start(StartPoint.last(3)).open();

        assertThat(reader.positions()).isEqualTo(Map.of(0, 7L));
    }

    @Test
    void iteratorWaitsForRecordsAndEndsWithClose() throws Exception {
        produce(10);
        var reader = client.reader("orders").open();
        var values = new ArrayList<String>();

        var reading = CompletableFuture.runAsync(() -> reader.forEach(record -> {
            values.add(record.valueText());
            if (values.size() == 10) {
                new Thread(reader::close).start();
            }
        }));

        assertThat(reading).succeedsWithin(SECONDS);
        assertThat(values).isEqualTo(values(0, 10));
        assertThat(Failures.thrownBy(() -> reader.poll(SECONDS)).code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
    }

    /** Also while the close is under way: then it is the closing thread that uses the reader. */
    @Test
    void pollBesideACloseSaysThatTheReaderIsClosed() {
        produce(1);
        for (int i = 0; i < 50; i++) {
            var reader = client.reader("orders").open();
            reader.poll(SECONDS);
            var closing = CompletableFuture.runAsync(reader::close);
            CordwoodException failure = null;
            while (failure == null) {
                failure = closedOrNull(reader);
            }

            assertThat(failure.code()).isEqualTo(ErrorCode.CLIENT_CLOSED);
            assertThat(closing).succeedsWithin(SECONDS);
        }
    }

    private static @Nullable CordwoodException closedOrNull(Reader reader) {
        try {
            reader.positions();
            return null;
        } catch (CordwoodException e) {
            return e;
        }
    }

    @Test
    void secondThreadIsTurnedAway() {
        var reader = client.reader("orders").open();
        var polling = CompletableFuture.supplyAsync(() -> reader.poll(Duration.ofMinutes(1)));

        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThatThrownBy(reader::positions).isInstanceOf(IllegalStateException.class));

        reader.close();
        assertThat(polling).succeedsWithin(SECONDS);
    }

    @Test
    void wrongRequestsAreRefusedByName() {
        assertThat(Failures.thrownBy(() -> client.reader("missing").open()).code())
                .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
        assertThat(Failures.thrownBy(() -> client.reader("a b")).code()).isEqualTo(ErrorCode.INVALID_NAME);
        var outOfRange =
                Failures.thrownBy(() -> client.reader("orders").partitions(0, 1).open());
        assertThat(outOfRange.code()).isEqualTo(ErrorCode.PARTITION_OUT_OF_RANGE);
        assertThat(outOfRange.details()).containsEntry("value", "1").containsEntry("limit", "0 to 0");
        assertThat(Failures.thrownBy(() -> client.reader("orders").bufferBytes(1))
                        .details())
                .containsEntry("field", "bufferBytes");
    }

    @Test
    void deletedTopicEndsThePartition() {
        produce(5);
        var reader = client.reader("orders").open();
        read(reader, 5);

        cluster.deleteTopic("orders");
        cluster.resetSubscribers();

        assertThat(Failures.thrownBy(() -> IntStream.range(0, 100).forEach(i -> reader.poll(SECONDS)))
                        .code())
                .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
    }

    @Test
    void anotherClusterAtTheSameAddressesIsNotRead() {
        produce(5);
        var reader = client.reader("orders").open();
        read(reader, 5);

        cluster.wipe();

        assertThat(Failures.thrownBy(() -> IntStream.range(0, 100).forEach(i -> reader.poll(SECONDS)))
                        .code())
                .isEqualTo(ErrorCode.OTHER_CLUSTER);
    }

    private void produce(int count) {
        produce(0, count);
    }

    /** Ten records to a batch. */
    private void produce(int start, int end) {
        try (var producer = client.producer().linger(Duration.ofMinutes(1)).open()) {
            for (int i = start; i < end; i++) {
                var unused = producer.send("orders", null, bytes("value-" + i));
                if (i % 10 == 9) {
                    producer.flush();
                }
            }
        }
    }

    private static List<String> read(Reader reader, int count) {
        var values = new ArrayList<String>();
        long deadline = System.nanoTime() + SECONDS.toNanos();
        while (values.size() < count && System.nanoTime() < deadline) {
            values.addAll(texts(reader.poll(Duration.ofMillis(500))));
        }
        return values;
    }

    private static List<String> texts(List<ConsumedRecord> records) {
        return records.stream().map(ConsumedRecord::valueText).toList();
    }

    private static List<String> values(int start, int end) {
        return IntStream.range(start, end).mapToObj(i -> "value-" + i).toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
