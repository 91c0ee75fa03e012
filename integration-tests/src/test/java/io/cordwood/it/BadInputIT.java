package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.Code;
import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatch;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ErrorCode;
import io.cordwood.client.NewTopic;
import io.cordwood.client.OffsetOutOfRangeException;
import io.cordwood.client.StartPoint;
import io.cordwood.it.GrpcNode.Refusal;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.SubscribeRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whatever people may get wrong is refused with a reason that names field, limit and value: in the SDK, over gRPC and on
 * the command line.
 */
class BadInputIT {
    @RegisterExtension
    static final Clusters CLUSTERS = Clusters.ofClass();

    private static final String TOPIC = "orders";
    private static final int PARTITIONS = 2;
    private static final int RECORDS = 3;
    private static final int MAX_BATCH_BYTES = 1_048_588;
    private static final int MAGIC_POSITION = 16;
    private static final int LENGTH_POSITION = 8;
    private static final int CRC_POSITION = 17;
    private static final int ATTRIBUTES_POSITION = 21;
    private static final int LAST_OFFSET_DELTA_POSITION = 23;
    private static final int RECORD_COUNT_POSITION = 57;
    private static @Nullable TestCluster cluster;
    private static @Nullable GrpcNode leader;

    @BeforeAll
    static void startCluster() {
        cluster = CLUSTERS.of(1).start();
        cluster().createTopic(TOPIC, PARTITIONS);
        cluster().publish(TOPIC, 0, "a", "b", "c");
        // The first run prepares faster starts, and says so.
        assertThat(Command.cordwood("--version").run().exitCode()).isZero();
        leader = new GrpcNode(cluster().clientAddress(cluster().leaderOf(TOPIC, 0)));
    }

    @AfterAll
    static void closeConnection() {
        if (leader != null) {
            leader.close();
        }
    }

    @Test
    void sdkNamesUnknownTopic() {
        refusedBySdk(ErrorCode.UNKNOWN_TOPIC, () -> cluster().admin().topic("nowhere"), "nowhere");
        refusedBySdk(ErrorCode.UNKNOWN_TOPIC, () -> cluster().publish("nowhere", 0, "a"), "nowhere");
        refusedBySdk(
                ErrorCode.UNKNOWN_TOPIC,
                () -> cluster().client().reader("nowhere").open(),
                "nowhere");
        refusedBySdk(ErrorCode.UNKNOWN_TOPIC, () -> cluster().admin().deleteTopic("nowhere"), "nowhere");
    }

    @Test
    void sdkNamesPartitionOutOfRange() {
        refusedBySdk(ErrorCode.PARTITION_OUT_OF_RANGE, () -> cluster().publish(TOPIC, 9, "a"), "9");
        refusedBySdk(
                ErrorCode.PARTITION_OUT_OF_RANGE,
                () -> cluster().client().reader(TOPIC).partitions(9).open(),
                "9");
    }

    @Test
    void sdkNamesRecordThatIsTooLarge() {
        var refused = refusedBySdk(
                ErrorCode.RECORD_TOO_LARGE,
                () -> cluster().publish(TOPIC, 0, "x".repeat(2 << 20)),
                Integer.toString(MAX_BATCH_BYTES));

        assertThat(refused.details()).containsKeys("field", "value", "limit");
    }

    @Test
    void sdkNamesLogStartAndEndForOffsetOutOfRange() {
        try (var reader = cluster()
                .client()
                .reader(TOPIC)
                .partitions(0)
                .start(StartPoint.offset(99))
                .open()) {
            var refused =
                    catchThrowableOfType(OffsetOutOfRangeException.class, () -> reader.poll(Duration.ofSeconds(30)));

            assertThat(refused.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
            assertThat(refused.offset()).isEqualTo(99);
            assertThat(refused.logStartOffset()).isZero();
            assertThat(refused.logEndOffset()).isEqualTo(RECORDS);
        }
    }

    @Test
    void sdkNamesTopicsThatCannotBe() {
        refusedBySdk(ErrorCode.INVALID_NAME, () -> cluster().createTopic("no/slash", 1), "no/slash");
        refusedBySdk(ErrorCode.INVALID_NAME, () -> cluster().createTopic("x".repeat(250), 1), "249");
        refusedBySdk(ErrorCode.INVALID_NAME, () -> cluster().createTopic("__internal", 1), "__internal");
        refusedBySdk(ErrorCode.TOPIC_EXISTS, () -> cluster().createTopic(TOPIC, 1), TOPIC);
        refusedBySdk(ErrorCode.INVALID_PARTITION_COUNT, () -> cluster().createTopic("t", 0), "0");
        refusedBySdk(
                ErrorCode.INVALID_REPLICATION_FACTOR,
                () -> cluster().admin().createTopic(NewTopic.of("t").withReplicas(0)),
                "0");
        var tooMany = refusedBySdk(
                ErrorCode.INVALID_REPLICATION_FACTOR,
                () -> cluster().admin().createTopic(NewTopic.of("t").withReplicas(4)),
                "4");
        assertThat(tooMany.details()).containsEntry("value", "4").containsKeys("field", "limit");
        var config = refusedBySdk(
                ErrorCode.INVALID_CONFIG,
                () -> cluster().createTopic("t", 1, 1, Map.of("segment.bytez", "1")),
                "segment.bytez");
        assertThat(config.details()).containsKeys("field", "value", "limit");
    }

    @Test
    void grpcNamesUnknownTopic() {
        var get = GrpcNode.refusal(() -> leader().topics()
                .getTopic(GetTopicRequest.newBuilder().setName("nowhere").build()));
        var fetch = GrpcNode.refusal(() -> leader().data()
                .fetch(FetchRequest.newBuilder().setTopic("nowhere").build()));
        var publish = publishRefusal("nowhere", 0, batchOf("a"));

        assertRefusal(get, Code.NOT_FOUND, "UNKNOWN_TOPIC", Map.of("topic", "nowhere"));
        assertRefusal(fetch, Code.NOT_FOUND, "UNKNOWN_TOPIC", Map.of("topic", "nowhere"));
        assertRefusal(publish, Code.NOT_FOUND, "UNKNOWN_TOPIC", Map.of("topic", "nowhere"));
    }

    @Test
    void grpcNamesPartitionOutOfRange() {
        var fetch = GrpcNode.refusal(() -> leader().data()
                .fetch(FetchRequest.newBuilder().setTopic(TOPIC).setPartition(9).build()));
        var publish = publishRefusal(TOPIC, 9, batchOf("a"));
        var produce = GrpcNode.refusal(() ->
                leader().data().produce(produceRequest("a").setPartition(9).build()));

        for (var refusal : new Refusal[] {fetch, publish, produce}) {
            assertRefusal(refusal, Code.NOT_FOUND, "PARTITION_OUT_OF_RANGE", Map.of("topic", TOPIC, "value", "9"));
            assertThat(refusal.metadata()).containsEntry("field", "partition").containsKey("limit");
        }
    }

    @Test
    void grpcNamesRecordThatIsTooLarge() {
        // Above the limit of a batch and below that of a gRPC message, which is refused before anything reads it.
        var large = "x".repeat(MAX_BATCH_BYTES + 1_000);
        var produce = GrpcNode.refusal(
                () -> leader().data().produce(produceRequest(large).build()));
        var publish = publishRefusal(TOPIC, 0, batchOf(large));

        for (var refusal : new Refusal[] {produce, publish}) {
            assertRefusal(
                    refusal,
                    Code.INVALID_ARGUMENT,
                    "RECORD_TOO_LARGE",
                    Map.of("limit", Integer.toString(MAX_BATCH_BYTES), "setting", "max.batch.bytes"));
            assertThat(refusal.metadata()).containsKeys("field", "value");
        }
    }

    @Test
    void grpcNamesWhatIsWrongWithBatch() {
        var badCrc = batchOf("a");
        badCrc.put(badCrc.limit() - 2, (byte) 'b');
        var wrongMagic = batchOf("a").put(MAGIC_POSITION, (byte) 1);

        assertFieldNamed(publishRefusal(TOPIC, 0, badCrc), "CORRUPT_BATCH", "crc");
        assertFieldNamed(publishRefusal(TOPIC, 0, wrongMagic), "INVALID_BATCH", "magic");
        assertThat(publishRefusal(TOPIC, 0, batchWithoutRecords()).reason()).isEqualTo("EMPTY_BATCH");
        assertThat(publishRefusal(TOPIC, 0, ByteBuffer.allocate(0)).reason()).isIn("EMPTY_BATCH", "INVALID_BATCH");
        assertThat(GrpcNode.refusal(() -> leader().data()
                                .produce(ProduceRequest.newBuilder()
                                        .setTopic(TOPIC)
                                        .build()))
                        .reason())
                .isIn("EMPTY_BATCH", "INVALID_ARGUMENT");
        assertThat(cluster().readAll(TOPIC)).as("nothing of it is in the log").hasSize(RECORDS);
    }

    @Test
    void grpcNamesLogStartAndEndForOffsetOutOfRange() {
        var fetch = GrpcNode.refusal(() -> leader().data()
                .fetch(FetchRequest.newBuilder().setTopic(TOPIC).setStart("99").build()));
        var subscribed = leader().subscribe(SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder().setTopic(TOPIC).setStart("99"))
                .setCredit(
                        io.cordwood.proto.v1.Credit.newBuilder().setBytes(1_000).setRecords(10))
                .build());

        var ends = Map.of("value", "99", "log_start_offset", "0", "log_end_offset", Integer.toString(RECORDS));
        assertRefusal(fetch, Code.OUT_OF_RANGE, "OFFSET_OUT_OF_RANGE", ends);
        assertRefusal(Refusal.of(subscribed.getError()), Code.OUT_OF_RANGE, "OFFSET_OUT_OF_RANGE", ends);
    }

    @Test
    void grpcNamesTopicsThatCannotBe() {
        var name = creationRefusal(CreateTopicRequest.newBuilder().setName("no/slash"));
        var none = creationRefusal(CreateTopicRequest.newBuilder().setName("t").setReplicationFactor(0));
        var tooMany =
                creationRefusal(CreateTopicRequest.newBuilder().setName("t").setReplicationFactor(4));
        var partitions =
                creationRefusal(CreateTopicRequest.newBuilder().setName("t").setPartitionCount(0));
        var setting =
                creationRefusal(CreateTopicRequest.newBuilder().setName("t").putConfig("segment.bytes", "many"));
        var exists = creationRefusal(CreateTopicRequest.newBuilder().setName(TOPIC));

        assertInvalid(name, "INVALID_NAME", "no/slash");
        assertInvalid(none, "INVALID_REPLICATION_FACTOR", "0");
        assertInvalid(tooMany, "INVALID_REPLICATION_FACTOR", "4");
        assertInvalid(partitions, "INVALID_PARTITION_COUNT", "0");
        assertInvalid(setting, "INVALID_CONFIG", "many");
        assertRefusal(exists, Code.ALREADY_EXISTS, "TOPIC_EXISTS", Map.of("topic", TOPIC));
    }

    @Test
    void commandLineTellsWhatIsNotThere() {
        assertCommand(3, "UNKNOWN_TOPIC", "nowhere", "topic", "describe", "nowhere");
        assertCommand(3, "UNKNOWN_TOPIC", "nowhere", "consume", "nowhere", "-e");
        assertCommand(3, "UNKNOWN_TOPIC", "nowhere", "produce", "nowhere");
        assertCommand(3, "PARTITION_OUT_OF_RANGE", "9", "consume", TOPIC, "-e", "-p", "9");
        assertCommand(3, "PARTITION_OUT_OF_RANGE", "9", "produce", TOPIC, "-p", "9");
    }

    @Test
    void commandLineTellsWhatWasRefused() {
        assertCommand(1, "OFFSET_OUT_OF_RANGE", "99", "consume", TOPIC, "-e", "-p", "0", "-o", "99");
        assertCommand(1, "INVALID_NAME", "no/slash", "topic", "create", "no/slash");
        assertCommand(1, "TOPIC_EXISTS", TOPIC, "topic", "create", TOPIC);
        assertCommand(1, "INVALID_REPLICATION_FACTOR", "4", "topic", "create", "t", "-r", "4");
        assertCommand(1, "INVALID_REPLICATION_FACTOR", "0", "topic", "create", "t", "-r", "0");
        assertCommand(1, "INVALID_CONFIG", "segment.bytez", "topic", "create", "t", "-c", "segment.bytez=1");
        var large =
                cordwood("produce", TOPIC).withInput("x".repeat(2 << 20) + "\n").run();
        assertOneLineAndHint(large, 1, "RECORD_TOO_LARGE", Integer.toString(MAX_BATCH_BYTES));
    }

    @Test
    void commandLineTellsWhatItDoesNotUnderstand() {
        assertCommand(2, "USAGE", "--partitoins", "topic", "create", "t", "--partitoins", "3");
        assertCommand(2, "USAGE", "many", "topic", "create", "t", "-p", "many");
        assertCommand(2, "USAGE", "yesterday", "consume", TOPIC, "-o", "yesterday");
        assertCommand(2, "USAGE", "no command", new String[0]);
    }

    @Test
    void serverTellsAllProblemsOfItsSettingsAtOnce() {
        var server = cluster()
                .guest(
                        "badly-configured",
                        "--node.id=0",
                        "--data.dir=/tmp/never-made",
                        "--no.such.key=1",
                        "--batch.max-bytes=lots");

        assertThat(server.awaitExit()).isEqualTo(2);
        assertThat(server.output())
                .contains(
                        "node.id = \"0\"",
                        "no.such.key",
                        "batch.max-bytes = \"lots\"",
                        "cluster.initial-nodes: missing");
    }

    private static CordwoodException refusedBySdk(ErrorCode code, ThrowingCallable call, String named) {
        var thrown = org.assertj.core.api.Assertions.catchThrowable(call);
        var refused = thrown instanceof CompletionException wrapper ? wrapper.getCause() : thrown;
        assertThat(refused).isInstanceOf(CordwoodException.class).hasMessageContaining(named);
        var exception = (CordwoodException) Objects.requireNonNull(refused);
        assertThat(exception.code()).isEqualTo(code);
        assertThat(exception.hint()).isNotBlank();
        return exception;
    }

    private static void assertRefusal(Refusal refusal, Code code, String reason, Map<String, String> metadata) {
        assertThat(refusal.code()).as(refusal.toString()).isEqualTo(code);
        assertThat(refusal.domain()).isEqualTo("cordwood");
        assertThat(refusal.reason()).isEqualTo(reason);
        assertThat(refusal.metadata()).containsAllEntriesOf(metadata);
        assertThat(refusal.message()).isNotBlank().doesNotContain("\n");
    }

    private static void assertInvalid(Refusal refusal, String reason, String value) {
        assertRefusal(refusal, Code.INVALID_ARGUMENT, reason, Map.of("value", value));
        assertThat(refusal.metadata()).containsKeys("field", "limit");
    }

    private static void assertFieldNamed(Refusal refusal, String reason, String field) {
        assertRefusal(refusal, Code.INVALID_ARGUMENT, reason, Map.of("field", field));
        assertThat(refusal.metadata()).containsKeys("value", "limit");
    }

    private static Refusal publishRefusal(String topic, int partition, ByteBuffer batch) {
        var answer = leader().publish(topic, partition, batch);
        assertThat(answer.getCorrelationId()).isEqualTo(7);
        assertThat(answer.hasError()).as(answer.toString()).isTrue();
        return Refusal.of(answer.getError());
    }

    private static Refusal creationRefusal(CreateTopicRequest.Builder request) {
        return GrpcNode.refusal(() -> leader().topics().createTopic(request.build()));
    }

    private static ProduceRequest.Builder produceRequest(String value) {
        return ProduceRequest.newBuilder()
                .setTopic(TOPIC)
                .addRecords(NewRecord.newBuilder()
                        .setValue(RecordContent.newBuilder().setText(value)));
    }

    private static ByteBuffer batchOf(String value) {
        var builder = new RecordBatchBuilder(Compression.NONE, 4 << 20);
        builder.tryAppend(
                System.currentTimeMillis(), null, value.getBytes(StandardCharsets.UTF_8), java.util.List.of());
        return builder.build();
    }

    /** Sound but for its emptiness. */
    private static ByteBuffer batchWithoutRecords() {
        var batch = batchOf("a").limit(RecordBatch.HEADER_BYTES);
        batch.putInt(LENGTH_POSITION, RecordBatch.HEADER_BYTES - RecordBatch.SIZE_PREFIX_BYTES)
                .putInt(LAST_OFFSET_DELTA_POSITION, -1)
                .putInt(RECORD_COUNT_POSITION, 0);
        var crc = new CRC32C();
        crc.update(batch.duplicate().position(ATTRIBUTES_POSITION));
        return batch.putInt(CRC_POSITION, (int) crc.getValue());
    }

    private static void assertCommand(int exitCode, String reason, String named, String... arguments) {
        assertOneLineAndHint(cordwood(arguments).withInput("a\n").run(), exitCode, reason, named);
    }

    private static void assertOneLineAndHint(Command.Result result, int exitCode, String reason, String named) {
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(exitCode);
        assertThat(result.errLines()).hasSize(2);
        assertThat(result.errLines().get(0))
                .startsWith("error: ")
                .contains(named)
                .endsWith("[" + reason + "]");
        assertThat(result.errLines().get(1)).startsWith("hint: ").hasSizeGreaterThan("hint: ".length());
    }

    private static Command cordwood(String... arguments) {
        var words = Arrays.copyOf(arguments, arguments.length + 2);
        words[arguments.length] = "--bootstrap";
        words[arguments.length + 1] = cluster().bootstrap();
        return Command.cordwood(words);
    }

    private static TestCluster cluster() {
        return Objects.requireNonNull(cluster);
    }

    private static GrpcNode leader() {
        return Objects.requireNonNull(leader);
    }
}
