package io.cordwood.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.cordwood.batch.RecordBatch;
import io.cordwood.proto.v1.ClusterServiceProto;
import io.cordwood.proto.v1.DataServiceProto;
import io.cordwood.proto.v1.GroupServiceProto;
import io.cordwood.proto.v1.TopicServiceProto;
import io.cordwood.raft.AppendRequest;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.http.HttpTestNode.Answer;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.cordwood.server.tracing.RecordedSpans;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Node 1 leads partition 0. */
final class JsonGatewayTest {
    private static final String PRODUCE = "/cordwood.v1.DataService/Produce";
    private static final String FETCH = "/cordwood.v1.DataService/Fetch";
    private static final String GET_TOPIC = "/cordwood.v1.TopicService/GetTopic";
    private static final List<FileDescriptor> PUBLIC_FILES = List.of(
            DataServiceProto.getDescriptor(),
            TopicServiceProto.getDescriptor(),
            ClusterServiceProto.getDescriptor(),
            GroupServiceProto.getDescriptor());
    /** Whoever adds a call decides here whether a link may make it. */
    private static final Set<String> CALLS_THAT_READ = Set.of(
            FETCH,
            GET_TOPIC,
            "/cordwood.v1.DataService/ListOffsets",
            "/cordwood.v1.TopicService/ListTopics",
            "/cordwood.v1.TopicService/GetTopicConfig",
            "/cordwood.v1.ClusterService/DescribeCluster",
            "/cordwood.v1.ClusterService/DescribePartitions",
            "/cordwood.v1.GroupService/FetchOffsets",
            "/cordwood.v1.GroupService/ListGroups",
            "/cordwood.v1.GroupService/DescribeGroup",
            "/cordwood.v1.GroupService/GetLag");

    private final FakeCluster cluster = FakeCluster.of(1);
    private final RecordedSpans spans = new RecordedSpans();
    private HttpTestNode node;
    private FakeReplica replica;

    @BeforeEach
    void openNode() throws IOException {
        cluster.createTopic("orders", 1, 1);
        cluster.leads(1, "orders", 0, 5);
        node = HttpTestNode.traced(1, cluster, new FakePeers(), spans.tracing());
        replica = node.replicas.add("orders", 0);
    }

    @AfterEach
    void closeNode() throws InterruptedException {
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @Test
    void everyUnaryCallOfTheProtocolHasItsPath() {
        var gateway = new JsonGateway(node.server.channel(), node.server.methods(), new JsonGateway.Limits(1, 1 << 20));

        assertThat(gateway.paths())
                .containsExactlyInAnyOrderElementsOf(unaryPaths().toList());
    }

    @Test
    void changesAreAuditedAsThoseOfTheHttpClient() throws Exception {
        var lines = new ListAppender<ILoggingEvent>();
        var audit = (Logger) LoggerFactory.getLogger("cordwood.audit");
        lines.start();
        audit.addAppender(lines);
        try {
            node.post("/cordwood.v1.TopicService/DeleteTopic", "{\"name\": \"nowhere\"}");
        } finally {
            audit.detachAppender(lines);
        }

        assertThat(lines.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .contains("TopicService/DeleteTopic from /127.0.0.1:", "UNKNOWN_TOPIC"));
    }

    @Test
    void onlyCallsThatReadMayBeGets() throws Exception {
        for (var path : unaryPaths().toList()) {
            var answer = node.get(path);

            assertThat(answer.status() != 405).as(path).isEqualTo(CALLS_THAT_READ.contains(path));
            if (answer.status() == 405) {
                assertThat(answer.header("Allow")).isEqualTo("POST");
                assertThat(answer.detail("field")).isEqualTo("method");
            }
        }
    }

    private static Stream<String> unaryPaths() {
        return PUBLIC_FILES.stream()
                .flatMap(file -> file.getServices().stream())
                .flatMap(service -> service.getMethods().stream())
                .filter(method -> !method.isClientStreaming() && !method.isServerStreaming())
                .map(JsonGatewayTest::path);
    }

    private static String path(MethodDescriptor method) {
        return "/" + method.getService().getFullName() + "/" + method.getName();
    }

    @Test
    void topicIsCreatedAndListed() throws Exception {
        var created = node.post(
                "/cordwood.v1.TopicService/CreateTopic",
                "{\"name\": \"new\", \"partitionCount\": 2, \"config\": {\"segment.bytes\": \"4194304\"}}",
                "Grpc-Timeout",
                "1S");

        assertThat(created.status()).as(created.body()).isEqualTo(200);
        assertThat(created.header("Content-Type")).isEqualTo("application/json");
        assertThat(created.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(created.json().getAsJsonObject("topic").get("partitionCount").getAsInt())
                .isEqualTo(2);
        var listed = node.get("/cordwood.v1.TopicService/ListTopics").json();
        assertThat(listed.getAsJsonArray("topics")).hasSize(2);
        assertThat(listed.get("nextPageToken").getAsString()).isEmpty();
    }

    @Test
    void traceOfTheHttpClientGoesOn() throws Exception {
        var caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

        node.post(PRODUCE, "{\"topic\": \"orders\", \"records\": [{}]}", "traceparent", caller);

        await().untilAsserted(
                        () -> assertThat(spans.of("publish orders").parent()).isEqualTo(caller));
    }

    @Test
    void emptyBodyIsAnEmptyMessageAndEmptyListsAreWritten() throws Exception {
        try (var empty = HttpTestNode.open(1, FakeCluster.of(1), new FakePeers())) {
            var listed = empty.post("/cordwood.v1.TopicService/ListTopics", "").json();

            assertThat(listed.getAsJsonArray("topics")).isEmpty();
        }
    }

    @Test
    void recordsGoInAndOutAsTextAndJson() throws Exception {
        var produced = node.post(PRODUCE, """
                {"topic": "orders", "records": [
                  {"key": {"text": "ann"}, "value": {"json": {"pears": 1}}},
                  {"value": {"data": "/w=="}}
                ]}""");

        assertThat(produced.status()).as(produced.body()).isEqualTo(200);
        assertThat(produced.body()).contains("\"offset\":\"0\"", "\"offset\":\"1\"", "DURABILITY_MAJORITY_FORCED");
        var fetched = node.get(FETCH + "?topic=orders&partition=0&start=earliest&max_records=10&maxWait=0s");
        assertThat(fetched.body())
                .contains(
                        "\"key\":{\"text\":\"ann\"},\"value\":{\"json\":{\"pears\":1",
                        "\"value\":{\"data\":\"/w==\"}",
                        "\"nextOffset\":\"2\"");
    }

    @Test
    void numbersThatMeanSomethingAreWrittenWhereTheyAreZero() throws Exception {
        var trimmed = node.post(
                "/cordwood.v1.TopicService/TrimPartition", "{\"topic\": \"orders\", \"start\": \"earliest\"}");

        assertThat(trimmed.body()).contains("\"logStartOffset\":\"0\"", "\"highWatermark\":\"0\"");
    }

    @Test
    void refusalsHaveTheStatusOfTheirCodeAndTheReasonsOfTheProtocol() throws Exception {
        var unknown = node.get(GET_TOPIC + "?name=nowhere");

        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.json().get("code").getAsInt()).isEqualTo(5);
        assertThat(unknown.json().get("status").getAsString()).isEqualTo("NOT_FOUND");
        assertThat(unknown.json().get("message").getAsString()).contains("nowhere");
        assertThat(unknown.errorInfo().get("@type").getAsString())
                .isEqualTo("type.googleapis.com/google.rpc.ErrorInfo");
        assertThat(unknown.errorInfo().get("domain").getAsString()).isEqualTo("cordwood");
        assertThat(unknown.reason()).isEqualTo("UNKNOWN_TOPIC");
        assertThat(unknown.detail("topic")).isEqualTo("nowhere");
    }

    @Test
    void nodeThatHasNotJoinedSaysWhenToComeBack() throws Exception {
        try (var joining = HttpTestNode.starting(1, cluster, new FakePeers())) {
            assertThat(joining.get(GET_TOPIC + "?name=orders").reason()).isEqualTo("NOT_JOINED");
            joining.serve();

            var answer = joining.get(GET_TOPIC + "?name=orders");

            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.reason()).isEqualTo("NOT_JOINED");
            assertThat(answer.header("Retry-After")).isEqualTo("1");
        }
    }

    @Test
    void stoppingNodeSaysSo() throws Exception {
        node.server.beginStop();

        var answer = node.get(GET_TOPIC + "?name=orders");

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.reason()).isEqualTo("SHUTTING_DOWN");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"nam\": \"orders\"}|nam|unknown",
                "{\"name\": \"orders\", \"name\": \"others\"}|name|given twice",
                "{\"name\": |body|malformed JSON at line 1",
                "{name: \"orders\"}|body|malformed JSON at line 1",
                "{\"name\": \"orders\"} {}|body|malformed JSON at line 1",
                "[]|body|a JSON BEGIN_ARRAY",
                "\"orders\"|body|a JSON STRING"
            })
    void bodiesThatAreNotTheMessageAreRefusedByName(String body, String field, String value) throws Exception {
        var answer = node.post(GET_TOPIC, body);

        assertInvalid(answer, 400, field);
        assertThat(answer.detail("value")).contains(value);
        if (!field.equals("name")) {
            assertThat(answer.detail("limit")).contains("cordwood.v1.GetTopicRequest");
        }
    }

    @Test
    void namesMayComeAgainInAnotherObjectOnly() throws Exception {
        var produced = node.post(PRODUCE, """
                {"topic": "orders", "records": [{"value": {"json": {"a": {"a": [{"a": 1}, {"a": 2}]}}}}]}""");
        assertThat(produced.status()).as(produced.body()).isEqualTo(200);

        assertInvalid(
                node.post(
                        PRODUCE,
                        "{\"topic\": \"orders\", \"records\": [{\"value\": {\"json\": {\"pears\": 1, \"pears\": 2}}}]}"),
                400,
                "pears");
    }

    @Test
    void nestingWithoutEndIsRefused() throws Exception {
        assertInvalid(node.post(PRODUCE, "{\"a\":".repeat(20_000)), 400, "body");
        assertInvalid(node.post(PRODUCE, "{\"a\":" + "[".repeat(60_000)), 400, "body");
    }

    @Test
    void bytesThatAreNoBase64AreRefused() throws Exception {
        assertInvalid(
                node.post(PRODUCE, "{\"topic\": \"orders\", \"records\": [{\"value\": {\"data\": \"%%\"}}]}"),
                400,
                "body");
    }

    @Test
    void valueOfAnotherKindIsRefused() throws Exception {
        assertInvalid(node.post(GET_TOPIC, "{\"name\": {}}"), 400, "body");
        assertInvalid(node.post(FETCH, "{\"partition\": \"one\"}"), 400, "body");
    }

    @Test
    void bytesThatAreNoTextAreRefused() throws Exception {
        var answer =
                node.send("POST", GET_TOPIC, new byte[] {'{', (byte) 0xff, '}'}, "Content-Type", "application/json");

        assertInvalid(answer, 400, "body");
        assertThat(answer.detail("value")).isEqualTo("no UTF-8");
    }

    @ParameterizedTest
    @CsvSource({
        "?topik=orders,topik",
        "?topic=orders&topic=other,topic",
        "?topic=orders&partition=one,partition",
        "?topic=orders&max_wait=soon,max_wait",
        "?topic=orders&max_wait=1s&maxWait=2s,maxWait",
        "?records=1,records"
    })
    void parametersThatAreNoFieldsAreRefusedByName(String query, String field) throws Exception {
        assertInvalid(node.get(FETCH + query), 400, field);
    }

    @Test
    void postIsJsonByItsContentTypeOnly() throws Exception {
        var body = "{\"name\": \"orders\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);

        for (var type : List.of(
                "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx")) {
            var answer = node.send("POST", GET_TOPIC, body, "Content-Type", type);
            assertInvalid(answer, 415, "Content-Type");
            assertThat(answer.detail("value")).isEqualTo(type);
        }
        assertInvalid(node.send("POST", GET_TOPIC, new byte[0]), 415, "Content-Type");
        assertThat(node.send("POST", GET_TOPIC, body, "Content-Type", "Application/JSON; charset=utf-8")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void bodyBeyondTheLimitIsRefusedBeforeItIsRead() throws Exception {
        try (var raw = RawHttp.ask(
                node.http.port(),
                "POST " + PRODUCE + " HTTP/1.1",
                "Host: localhost",
                "Content-Type: application/json",
                "Content-Length: 99000000")) {
            raw.awaitLines("http.body-max-bytes", 1);

            assertThat(raw.lines().get(0)).contains("413");
            assertThat(raw.linesWith("\"field\":\"body\"")).hasSize(1);
        }
    }

    @Test
    void clientThatSendsMoreThanTheLimitReadsWhy() throws Exception {
        var answer = node.send("POST", PRODUCE, new byte[5 << 20], "Content-Type", "application/json");

        assertInvalid(answer, 413, "body");
        assertThat(answer.detail("limit")).isEqualTo(Integer.toString(HttpTestNode.BODY_MAX_BYTES));
    }

    @Test
    void otherMethodsAndPathsAreRefused() throws Exception {
        assertThat(node.send("PUT", GET_TOPIC, new byte[0]).status()).isEqualTo(405);
        assertThat(node.send("OPTIONS", PRODUCE, new byte[0]).status()).isEqualTo(405);
        assertInvalid(node.get("/cordwood.v1.DataService/Subscribe"), 404, "path");
        assertInvalid(node.get("/cordwood.v1.DataService/Nothing"), 404, "path");
        assertInvalid(node.get("/nothing"), 404, "path");
    }

    @ParameterizedTest
    @CsvSource({"10", "S", "0S", "10X", "301S", "99999999H", "-1S"})
    void timeoutsOutOfRangeAreRefused(String timeout) throws Exception {
        assertInvalid(node.get(GET_TOPIC + "?name=orders", "Grpc-Timeout", timeout), 400, "Grpc-Timeout");
    }

    @Test
    void callsBeyondTheLimitAreRefusedAndHealthIsAnsweredMeanwhile() throws Exception {
        var waiting = Stream.generate(() ->
                        CompletableFuture.supplyAsync(() -> fetched(FETCH + "?topic=orders&start=latest&max_wait=20s")))
                .limit(HttpTestNode.MAX_CALLS)
                .toList();
        await().until(() -> replica.listenerCount() == HttpTestNode.MAX_CALLS);

        var refused = node.get(GET_TOPIC + "?name=orders");
        assertThat(refused.reason()).isEqualTo("OVERLOADED");
        assertThat(refused.detail("setting")).isEqualTo("http.max-calls");
        assertThat(refused.detail("limit")).isEqualTo(Integer.toString(HttpTestNode.MAX_CALLS));
        assertThat(node.get("/healthz").status()).isEqualTo(200);
        assertThat(replica.append(AppendRequest.of(RecordBatch.of(Batches.of("a")))))
                .isCompleted();

        waiting.forEach(answer -> assertThat(answer.join().status()).isEqualTo(200));
        await().until(() -> node.get(GET_TOPIC + "?name=orders").status() == 200);
    }

    private Answer fetched(String path) {
        try {
            return node.get(path);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertInvalid(Answer answer, int status, String field) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.reason()).isEqualTo("INVALID_ARGUMENT");
        assertThat(answer.detail("field")).isEqualTo(field);
        assertThat(answer.detail("limit")).isNotBlank();
    }
}
