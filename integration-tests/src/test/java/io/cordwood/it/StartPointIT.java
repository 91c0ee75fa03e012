package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.Code;
import io.cordwood.batch.Compression;
import io.cordwood.batch.TimestampType;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.RecordMetadata;
import io.cordwood.client.StartPoint;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.ListOffsetsRequest;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.SubscribeRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every start point means the same offset in the SDK, over gRPC at each node, and on the command line. */
class StartPointIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final String TOPIC = "times";
    private static final int RECORDS = 300;
    /** Of the start points: a command is a process of its own each time. */
    private static final int A_FEW = 4;

    /** Records of the last minutes, at the end. */
    private static final int RECENT = 3;

    private static @Nullable TestCluster cluster;
    /** By offset; a record in each ten jumps ahead of those that follow it. */
    private static final List<Long> TIMESTAMPS = new ArrayList<>();

    private static Instant oldest = Instant.EPOCH;

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(3).start();
        // The records are older than a topic keeps by default.
        cluster().createTopic(TOPIC, 1, 3, Map.of("segment.bytes", "4096", "retention.ms", "-1"));
        var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        oldest = now.minus(Duration.ofDays(10));
        for (int i = 0; i < RECORDS - RECENT; i++) {
            var time = oldest.plus(Duration.ofMinutes(30L * i));
            TIMESTAMPS.add((i % 10 == 3 ? time.plus(Duration.ofHours(4)) : time).toEpochMilli());
        }
        for (int i = 0; i < RECENT; i++) {
            TIMESTAMPS.add(now.minus(Duration.ofMinutes(30)).toEpochMilli() + i);
        }
        publish(TOPIC, Compression.LZ4, TIMESTAMPS);
        // The first run prepares faster starts, and says so.
        assertThat(Command.cordwood("--version").run().exitCode()).isZero();
    }

    @Test
    void allStartPointsAgreeInSdkGrpcAndCommandLine() {
        var softly = new SoftAssertions();
        var table = table();
        cluster().nodeIds().forEach(node -> {
            try (var grpc = new GrpcNode(cluster().clientAddress(node))) {
                table.forEach((text, offset) -> assertMeans(softly, grpc, text, offset));
            }
        });
        table.forEach((text, offset) ->
                softly.assertThat(bySdk(text)).as("SDK %s", text).isEqualTo(offset));
        table.entrySet().stream()
                .limit(A_FEW)
                .forEach(point -> assertCommandLineMeans(softly, point.getKey(), point.getValue()));
        softly.assertAll();
    }

    @Test
    @Tag("nightly")
    void commandLineAgreesOnAllOfThem() {
        var softly = new SoftAssertions();
        table().forEach((text, offset) -> assertCommandLineMeans(softly, text, offset));
        softly.assertAll();
    }

    private static void assertCommandLineMeans(SoftAssertions softly, String text, long offset) {
        softly.assertThat(byCommandLine(text)).as("consume -o %s", text).isEqualTo(offset);
    }

    private static void assertMeans(SoftAssertions softly, GrpcNode node, String text, long offset) {
        softly.assertThat(listed(node, text)).as("ListOffsets %s", text).isEqualTo(offset);
        softly.assertThat(fetched(node, text)).as("Fetch %s", text).isEqualTo(offset);
        if (offset < RECORDS) {
            softly.assertThat(subscribed(node, text)).as("Subscribe %s", text).isEqualTo(offset);
        }
    }

    /** What each start point means by the list of all timestamps. */
    private static Map<String, Long> table() {
        var table = new LinkedHashMap<String, Long>();
        table.put("earliest", 0L);
        table.put("latest", (long) RECORDS);
        table.put("42", 42L);
        table.put("last:10", RECORDS - 10L);
        var jumped = TIMESTAMPS.get(63);
        table.put("@" + jumped, 63L);
        var inside = Instant.ofEpochMilli(TIMESTAMPS.get(120));
        table.put("@" + inside, firstFrom(inside.toEpochMilli()));
        table.put("@" + inside.atOffset(ZoneOffset.ofHoursMinutes(-3, -30)), firstFrom(inside.toEpochMilli()));
        var day = oldest.plus(Duration.ofDays(3)).truncatedTo(ChronoUnit.DAYS);
        table.put("@" + day.toString().substring(0, 10), firstFrom(day.toEpochMilli()));
        table.put("@0", 0L);
        table.put("@9999-12-31T23:59:59Z", (long) RECORDS);
        table.put("-1h", (long) RECORDS - RECENT);
        // A quarter of an hour before the record that it means, so that the test may take that long.
        table.put(
                "-8d22h15m",
                firstFrom(oldest.plus(Duration.ofMinutes(25 * 60 + 45)).toEpochMilli()));
        table.put("-0s", (long) RECORDS);
        return table;
    }

    private static long firstFrom(long timestampMs) {
        for (int offset = 0; offset < RECORDS; offset++) {
            if (TIMESTAMPS.get(offset) >= timestampMs) {
                return offset;
            }
        }
        return RECORDS;
    }

    @ParameterizedTest
    @ValueSource(strings = {"@noon", "-1x", "@2026-11-20T10:00"})
    void malformedStartPointIsRefusedWithTheGrammar(String text) {
        try (var grpc = new GrpcNode(cluster().clientAddress(1))) {
            var refusals = List.of(
                    GrpcNode.refusal(() -> listed(grpc, text)),
                    GrpcNode.refusal(() -> fetched(grpc, text)),
                    GrpcNode.Refusal.of(grpc.subscribe(subscription(text)).getError()));

            assertThat(refusals).allSatisfy(refusal -> {
                assertThat(refusal.code()).isEqualTo(Code.INVALID_ARGUMENT);
                assertThat(refusal.metadata())
                        .containsEntry("field", "start")
                        .containsEntry("value", text)
                        .containsEntry("limit", StartPoint.FORMS);
            });
        }
        assertThat(catchThrowableOfType(CordwoodException.class, () -> StartPoint.parse(text))
                        .details())
                .containsEntry("value", text)
                .containsEntry("limit", StartPoint.FORMS);
        var command = consume(text);
        assertThat(command.exitCode()).isEqualTo(2);
        assertThat(command.err()).contains("'" + text + "'", StartPoint.FORMS);
    }

    @Test
    void leadersTimeIsInAckRecordsFilesAndSearch() {
        var topic = "stamped";
        cluster().createTopic(topic, 1, 3, Map.of("message.timestamp.type", "append"));
        long before = System.currentTimeMillis();
        var acks = new ArrayList<RecordMetadata>();
        for (var compression : Compression.values()) {
            acks.addAll(publish(topic, compression, List.of(1L, 2L, 3L)));
        }
        long after = System.currentTimeMillis();

        var records = cluster().readAll(topic);
        assertThat(records)
                .extracting(ConsumedRecord::timestampMs)
                .isEqualTo(acks.stream().map(RecordMetadata::timestampMs).toList())
                .isSorted()
                .allSatisfy(time -> assertThat(time).isBetween(before, after));
        cluster().assertReplicasIdentical(topic);
        assertThat(cluster().replica(1, topic, 0).batches()).allSatisfy(batch -> {
            assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
            assertThat(batch.maxTimestamp())
                    .isEqualTo(records.get((int) batch.baseOffset()).timestampMs());
            assertThat(batch.crcMatches()).isTrue();
        });
        long last = records.get(records.size() - 1).timestampMs();
        long first = records.stream()
                .filter(record -> record.timestampMs() == last)
                .findFirst()
                .orElseThrow()
                .offset();
        try (var grpc = new GrpcNode(cluster().clientAddress(1))) {
            assertThat(listed(grpc, topic, "@" + last)).isEqualTo(first);
            assertThat(listed(grpc, topic, "@" + (last + 1))).isEqualTo(records.size());
        }
    }

    private static List<RecordMetadata> publish(String topic, Compression compression, List<Long> timestamps) {
        try (var producer = cluster()
                .client()
                .producer()
                .compression(compression)
                .linger(Duration.ofMillis(1))
                .open()) {
            var sent = new ArrayList<CompletableFuture<RecordMetadata>>();
            for (int i = 0; i < timestamps.size(); i++) {
                var value = ("value " + i).getBytes(StandardCharsets.UTF_8);
                sent.add(producer.send(new ProducerRecord(topic, 0, null, value, List.of(), timestamps.get(i))));
                if (i % 7 == 6) {
                    sent.forEach(CompletableFuture::join);
                }
            }
            return sent.stream().map(CompletableFuture::join).toList();
        }
    }

    private static long listed(GrpcNode node, String start) {
        return listed(node, TOPIC, start);
    }

    private static long listed(GrpcNode node, String topic, String start) {
        var answer = node.data()
                .listOffsets(ListOffsetsRequest.newBuilder()
                        .setTopic(topic)
                        .setStart(start)
                        .build())
                .getPartitions(0);
        assertThat(answer.hasError()).as("%s: %s", start, answer).isFalse();
        return answer.getOffset();
    }

    private static long fetched(GrpcNode node, String start) {
        var answer = node.data()
                .fetch(FetchRequest.newBuilder()
                        .setTopic(TOPIC)
                        .setStart(start)
                        .setMaxRecords(1)
                        .build());
        return answer.getRecordsCount() == 0
                ? answer.getNextOffset()
                : answer.getRecords(0).getOffset();
    }

    private static long subscribed(GrpcNode node, String start) {
        return node.subscribe(subscription(start)).getData().getRecords(0).getOffset();
    }

    private static SubscribeRequest subscription(String start) {
        return SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder().setTopic(TOPIC).setStart(start))
                .setEncoding(Encoding.ENCODING_AUTO)
                .setCredit(Credit.newBuilder().setBytes(1).setRecords(1))
                .build();
    }

    private static long bySdk(String start) {
        try (var reader =
                cluster().client().reader(TOPIC).start(StartPoint.parse(start)).open()) {
            return reader.positions().getOrDefault(0, -1L);
        }
    }

    private static long byCommandLine(String start) {
        var result = consume(start);
        assertThat(result.exitCode()).as("%s: %s", start, result).isZero();
        return result.out().isBlank() ? RECORDS : Long.parseLong(result.out().strip());
    }

    private static Command.Result consume(String start) {
        return Command.cordwood(
                        "consume",
                        TOPIC,
                        "-o",
                        start,
                        "-n",
                        "1",
                        "-e",
                        "-f",
                        "%o\n",
                        "--bootstrap",
                        cluster().bootstrap())
                .run();
    }

    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }
}
