package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.cordwood.metrics.Metric;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients do is counted once, where it belongs. */
final class CountsTest {
    private final FakeCluster cluster = FakeCluster.of(1);
    private TestNode node;
    private FakeReplica replica;

    @BeforeEach
    void open() throws IOException {
        cluster.createTopic("orders", 1, 1);
        cluster.leads(1, "orders", 0, 5);
        node = TestNode.open(1, cluster, new FakePeers());
        replica = node.replicas.add("orders", 0);
    }

    @AfterEach
    void close() throws InterruptedException {
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @Test
    void publishedBatchesCountTheirRecordsAndBytes() {
        var batch = Batches.of("a", "b");
        publish("orders", batch);

        assertThat(count(Metric.TOPIC_IN_RECORDS, "topic", "orders", "call", "publish"))
                .isEqualTo(2);
        assertThat(count(Metric.TOPIC_IN_BYTES, "topic", "orders", "call", "publish"))
                .isEqualTo(batch.remaining());
        assertThat(timed(Metric.PUBLISH_LATENCY, "call", "publish")).isEqualTo(1);
    }

    @Test
    void refusedBatchCountsByItsReason() {
        publish("nowhere", Batches.of("a"));

        assertThat(count(Metric.REFUSALS, "of", "batch", "reason", "unknown_topic"))
                .isEqualTo(1);
        assertThat(timed(Metric.PUBLISH_LATENCY, "call", "publish")).isZero();
    }

    @Test
    void producedAndFetchedRecordsCount() {
        node.data().produce(produced("a", "b", "c"));
        node.data()
                .fetch(FetchRequest.newBuilder()
                        .setTopic("orders")
                        .setStart("earliest")
                        .build());

        assertThat(count(Metric.TOPIC_IN_RECORDS, "topic", "orders", "call", "produce"))
                .isEqualTo(3);
        assertThat(count(Metric.TOPIC_OUT_RECORDS, "topic", "orders", "call", "fetch"))
                .isEqualTo(3);
        assertThat(timed(Metric.PUBLISH_LATENCY, "call", "produce")).isEqualTo(1);
        assertThat(timed(Metric.FETCH_LATENCY, "call", "fetch")).isEqualTo(1);
    }

    @Test
    void subscribedRecordsCount() {
        publish("orders", Batches.of("a", "b"));
        var received = new Recorded<SubscribeResponse>();
        var requests = subscribe(received, "orders");

        await().until(() -> !received.all().isEmpty());

        await().until(() -> count(Metric.TOPIC_OUT_RECORDS, "topic", "orders", "call", "subscribe") == 2);
        requests.onCompleted();
    }

    @Test
    void partitionThatASubscriptionIsRefusedCounts() {
        var received = new Recorded<SubscribeResponse>();
        var requests = subscribe(received, "nowhere");

        await().until(() -> !received.all().isEmpty());

        assertThat(count(Metric.REFUSALS, "of", "partition", "reason", "unknown_topic"))
                .isEqualTo(1);
        requests.onCompleted();
    }

    @Test
    void subscriptionThatEndsOnAFaultCounts() {
        publish("orders", Batches.of("a"));
        replica.failReads(new IllegalStateException("a fault"));

        var received = new Recorded<SubscribeResponse>();
        var unused = subscribe(received, "orders");
        received.awaitEnd();

        assertThat(count(Metric.REFUSALS, "of", "call", "reason", "internal")).isEqualTo(1);
    }

    /** The client broke the form of a call: nobody has to look for a fault of the node. */
    @Test
    void callWithoutARequestIsNoFaultOfTheNode() {
        var call = node.channel.newCall(TopicServiceGrpc.getGetTopicMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.halfClose();

        await().until(() -> count(Metric.REFUSALS, "of", "call", "reason", "invalid_argument") == 1);
        assertThat(count(Metric.REFUSALS, "of", "call", "reason", "internal")).isZero();
    }

    @Test
    void unaryCallsCountByStatusAndAreTimed() {
        node.cluster().describeCluster(DescribeClusterRequest.getDefaultInstance());
        assertThat(Refused.by(() -> node.topics()
                        .getTopic(
                                GetTopicRequest.newBuilder().setName("nowhere").build())))
                .isNotNull();

        await().untilAsserted(() -> {
            assertThat(count(Metric.GRPC_CALLS, "method", "cordwood.v1.ClusterService/DescribeCluster", "code", "OK"))
                    .isEqualTo(1);
            assertThat(count(Metric.GRPC_CALLS, "method", "cordwood.v1.TopicService/GetTopic", "code", "NOT_FOUND"))
                    .isEqualTo(1);
            assertThat(timed(Metric.GRPC_DURATION, "method", "cordwood.v1.TopicService/GetTopic"))
                    .isEqualTo(1);
        });
        assertThat(count(Metric.REFUSALS, "of", "call", "reason", "unknown_topic"))
                .isEqualTo(1);
    }

    /** The two wait for the same, and the one that was given up ends first. */
    @Test
    void callThatWasGivenUpCountsAsNoRefusal() {
        replica.hold();
        var stub = DataServiceGrpc.newFutureStub(node.channel);
        var givenUp = stub.withDeadlineAfter(2, TimeUnit.SECONDS).produce(produced("a"));
        await().until(() -> replica.heldCount() == 1);
        givenUp.cancel(true);

        var refused = Refused.by(() -> DataServiceGrpc.newBlockingStub(node.channel)
                .withDeadlineAfter(3, TimeUnit.SECONDS)
                .produce(produced("b")));

        assertThat(refused.reason()).isEqualTo(Reason.REQUEST_TIMED_OUT);
        assertThat(count(Metric.REFUSALS, "of", "call", "reason", "request_timed_out"))
                .isEqualTo(1);
        assertThat(count(Metric.REFUSALS, "of", "call", "reason", "internal")).isZero();
        assertThat(count(Metric.GRPC_CALLS, "method", "cordwood.v1.DataService/Produce", "code", "CANCELLED"))
                .isEqualTo(1);
    }

    @Test
    void openStreamsAndConnectionsAreShownWhileTheyLast() {
        var answers = new Recorded<PublishResponse>();
        StreamObserver<PublishRequest> requests = node.dataStreams().publish(answers);
        requests.onNext(request("orders", Batches.of("a")));
        await().until(() -> !answers.all().isEmpty());

        assertThat(shown(Metric.STREAMS)).isEqualTo(1);
        assertThat(shown(Metric.CALLS)).isEqualTo(1);
        assertThat(shown(Metric.CONNECTIONS)).isEqualTo(1);

        requests.onCompleted();
        await().until(() -> shown(Metric.STREAMS) == 0 && shown(Metric.CALLS) == 0);
    }

    @Test
    void callThatIsNotLetInCountsByItsReason() throws Exception {
        var starting = TestNode.joining(2, FakeCluster.of(2), new FakePeers());
        try {
            assertThat(Refused.by(
                            () -> starting.cluster().describeCluster(DescribeClusterRequest.getDefaultInstance())))
                    .isNotNull();

            assertThat(starting.registry
                            .get(Metric.REFUSALS.description().name())
                            .tags("of", "call", "reason", "not_joined")
                            .counter()
                            .count())
                    .isEqualTo(1);
        } finally {
            starting.close();
        }
    }

    private void publish(String topic, ByteBuffer batch) {
        var answers = new Recorded<PublishResponse>();
        var requests = node.dataStreams().publish(answers);
        requests.onNext(request(topic, batch));
        requests.onCompleted();
        answers.awaitEnd();
    }

    private static PublishRequest request(String topic, ByteBuffer batch) {
        return PublishRequest.newBuilder()
                .setCorrelationId(1)
                .setTopic(topic)
                .setBatch(ByteString.copyFrom(batch.duplicate()))
                .build();
    }

    private static ProduceRequest produced(String... values) {
        var request = ProduceRequest.newBuilder().setTopic("orders");
        for (String value : values) {
            request.addRecords(
                    NewRecord.newBuilder().setValue(RecordContent.newBuilder().setText(value)));
        }
        return request.build();
    }

    private StreamObserver<SubscribeRequest> subscribe(Recorded<SubscribeResponse> received, String topic) {
        var requests = node.dataStreams().subscribe(received);
        requests.onNext(SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder().setTopic(topic).setStart("earliest"))
                .setCredit(Credit.newBuilder().setBytes(1 << 20).setRecords(100))
                .build());
        return requests;
    }

    private double count(Metric metric, String... tags) {
        return node.registry
                .get(metric.description().name())
                .tags(tags)
                .counter()
                .count();
    }

    private long timed(Metric metric, String... tags) {
        return node.registry.get(metric.description().name()).tags(tags).timer().count();
    }

    private double shown(Metric metric) {
        return node.registry.get(metric.description().name()).gauge().value();
    }
}
