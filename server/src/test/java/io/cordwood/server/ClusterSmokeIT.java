package io.cordwood.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.cordwood.batch.Compression;
import io.cordwood.batch.RecordBatchBuilder;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.Encoding;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.StoredRecord;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.proto.v1.Topic;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.config.ConfigException;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one JVM, from the flags to the bytes. */
final class ClusterSmokeIT {
    private static final int NODES = 3;

    @TempDir
    static Path directory;

    private static RunningServers servers;

    @BeforeAll
    static void startNodes() throws IOException, ConfigException {
        servers = RunningServers.start(directory, NODES);
    }

    @AfterAll
    static void stopNodes() {
        servers.close();
    }

    @Test
    void callersOfEachListenerAreToldItsAddresses() {
        var external = servers.externalChannel(1);

        for (int node = 1; node <= NODES; node++) {
            assertThat(nodes(channel(1)).get(node - 1).getAddress()).isEqualTo(servers.clientAddress(node));
            assertThat(nodes(external).get(node - 1).getAddress()).isEqualTo(servers.externalAddress(node));
        }
    }

    private static List<Node> nodes(ManagedChannel channel) {
        return ClusterServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .describeCluster(DescribeClusterRequest.getDefaultInstance())
                .getNodesList();
    }

    @Test
    void recordsArePublishedToTheLeaderAndReadFromEveryReplica() {
        var topic = createTopic("orders", 3);
        int leader = topic.getPartitions(1).getLeader();
        var acks = new ConcurrentLinkedQueue<PublishResponse>();
        var requests = DataServiceGrpc.newStub(channel(leader)).publish(collecting(acks));

        for (int i = 0; i < 100; i++) {
            requests.onNext(PublishRequest.newBuilder()
                    .setCorrelationId(i)
                    .setTopic("orders")
                    .setPartition(1)
                    .setBatch(ByteString.copyFrom(batch("v" + i)))
                    .build());
        }

        await().atMost(Duration.ofSeconds(30)).until(() -> acks.size() == 100);
        assertThat(acks).allMatch(PublishResponse::hasAck);
        assertThat(acks.stream().map(ack -> ack.getAck().getBaseOffset()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 100).mapToObj(i -> (long) i).toList());
        for (int node = 1; node <= NODES; node++) {
            assertThat(subscribed(node, 1, 100))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 100).mapToObj(i -> "v" + i).toList());
        }
    }

    @Test
    void anyNodeTakesCallsOfPeople() {
        createTopic("people", 3);
        for (int node = 1; node <= NODES; node++) {
            for (int partition = 0; partition < 3; partition++) {
                var produced = data(node).produce(produce(partition, "from " + node));
                assertThat(produced.getRecords(0).getOffset()).isEqualTo(node - 1);
            }
        }

        for (int node = 1; node <= NODES; node++) {
            var fetched = data(node)
                    .fetch(FetchRequest.newBuilder()
                            .setTopic("people")
                            .setPartition(2)
                            .build());
            assertThat(fetched.getRecordsList())
                    .extracting(record -> record.getValue().getText())
                    .containsExactly("from 1", "from 2", "from 3");
        }
        var described = ClusterServiceGrpc.newBlockingStub(channel(1))
                .describePartitions(DescribePartitionsRequest.newBuilder()
                        .setTopic("people")
                        .build());
        assertThat(described.getPartitionsList())
                .hasSize(3)
                .allMatch(partition -> !partition.hasError() && partition.getHighWatermark() == 3)
                .allMatch(partition -> partition.getReplicasCount() == NODES);
    }

    @Test
    void anyNodeAnswersOverHttp() throws Exception {
        createTopic("web", 3);
        for (int node = 1; node <= NODES; node++) {
            assertThat(http(node, "/readyz", "").body()).contains("\"status\":\"ready\"", "\"node\":" + node);
            var produced = http(
                    node,
                    "/cordwood.v1.DataService/Produce",
                    "{\"topic\": \"web\", \"partition\": 1, \"records\": [{\"value\": {\"text\": \"v\"}}]}");
            assertThat(produced.body()).contains("\"offset\":\"" + (node - 1) + "\"");
        }

        for (int node = 1; node <= NODES; node++) {
            var followed = http(node, "/v1/topics/web/tail?start=earliest&max_records=3", "");
            assertThat(followed.body().lines().filter(line -> line.contains("\"offset\"")))
                    .hasSize(3);
            assertThat(http(node, "/metrics", "").body()).contains("cordwood_node_ready 1");
        }
    }

    /** An empty body is a GET. */
    private HttpResponse<String> http(int node, String path, String json) throws Exception {
        var request = HttpRequest.newBuilder(servers.http(node, path)).timeout(Duration.ofSeconds(30));
        if (!json.isEmpty()) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(json));
        }
        var response = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response;
    }

    private Topic createTopic(String name, int partitions) {
        var topic = TopicServiceGrpc.newBlockingStub(channel(2))
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .createTopic(CreateTopicRequest.newBuilder()
                        .setName(name)
                        .setPartitionCount(partitions)
                        .build())
                .getTopic();
        assertThat(topic.getPartitionsList()).allMatch(partition -> partition.hasLeader());
        return servers.awaitBalanced(name);
    }

    private List<String> subscribed(int node, int partition, int count) {
        var answers = new ConcurrentLinkedQueue<SubscribeResponse>();
        var requests = DataServiceGrpc.newStub(channel(node)).subscribe(collecting(answers));
        requests.onNext(SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder().setTopic("orders").setPartition(partition))
                .setEncoding(Encoding.ENCODING_TEXT)
                .setCredit(Credit.newBuilder().setBytes(1 << 30).setRecords(1 << 20))
                .build());
        await().atMost(Duration.ofSeconds(30)).until(() -> records(answers).size() >= count);
        requests.onCompleted();
        return records(answers).stream()
                .map(record -> record.getValue().getText())
                .toList();
    }

    private static List<StoredRecord> records(Queue<SubscribeResponse> answers) {
        return answers.stream()
                .flatMap(answer -> answer.getData().getRecordsList().stream())
                .toList();
    }

    private static ProduceRequest produce(int partition, String text) {
        return ProduceRequest.newBuilder()
                .setTopic("people")
                .setPartition(partition)
                .addRecords(NewRecord.newBuilder()
                        .setValue(RecordContent.newBuilder().setText(text)))
                .build();
    }

    private ManagedChannel channel(int node) {
        return servers.channel(node);
    }

    private DataServiceGrpc.DataServiceBlockingStub data(int node) {
        return DataServiceGrpc.newBlockingStub(channel(node)).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static java.nio.ByteBuffer batch(String value) {
        var builder = new RecordBatchBuilder(Compression.NONE, 1 << 20);
        builder.tryAppend(1_000, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        return builder.build();
    }

    private static <T> StreamObserver<T> collecting(Queue<T> into) {
        return new StreamObserver<>() {
            @Override
            public void onNext(T value) {
                into.add(value);
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        };
    }
}
