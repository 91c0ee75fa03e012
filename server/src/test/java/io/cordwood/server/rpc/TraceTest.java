package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.cordwood.proto.v1.Credit;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.PartitionStart;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.proto.v1.RecordContent;
import io.cordwood.proto.v1.SubscribeRequest;
import io.cordwood.proto.v1.SubscribeResponse;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.tracing.CallTrace;
import io.cordwood.server.tracing.RecordedSpans;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A batch leaves spans on its way, whatever call brings it and whatever call takes it. */
final class TraceTest {
    private static final String CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private final FakeCluster cluster = FakeCluster.of(2);
    private final FakePeers peers = new FakePeers();
    private final RecordedSpans spans = new RecordedSpans();
    private TestNode node;

    @BeforeEach
    void open() throws IOException {
        cluster.createTopic("orders", 1, 1);
        cluster.leads(1, "orders", 0, 5);
        node = TestNode.traced(1, cluster, peers, spans.tracing());
        node.replicas.add("orders", 0);
    }

    @AfterEach
    void close() throws InterruptedException {
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @Test
    void publishedBatchIsFollowedToItsSubscriber() {
        publish("orders");

        var received = new Recorded<SubscribeResponse>();
        var requests = node.dataStreams().subscribe(received);
        requests.onNext(SubscribeRequest.newBuilder()
                .addAdd(PartitionStart.newBuilder().setTopic("orders").setStart("earliest"))
                .setCredit(Credit.newBuilder().setBytes(1 << 20).setRecords(100))
                .build());

        assertFollowed();
        requests.onCompleted();
    }

    @Test
    void producedRecordIsFollowedToWhoFetchesIt() {
        produce("orders");

        node.data()
                .fetch(FetchRequest.newBuilder()
                        .setTopic("orders")
                        .setStart("earliest")
                        .build());

        assertFollowed();
    }

    @Test
    void traceGoesOnWhereAnotherNodeLeads() throws Exception {
        cluster.createTopic("payments", 1, 2);
        cluster.leads(2, "payments", 0, 5);
        var other = TestNode.traced(2, cluster, peers, spans.tracing());
        try {
            other.replicas.add("payments", 0).ledBy(2, 2);

            produce("payments");

            await().untilAsserted(() ->
                    assertThat(spans.of("publish payments").parent()).isEqualTo(CALLER));
            assertThat(peers.calls()).isPositive();
        } finally {
            other.close();
        }
        assertThat(other.failures).isEmpty();
    }

    @Test
    void refusedBatchSaysWhy() {
        publish("nowhere");

        await().untilAsserted(() -> assertThat(spans.of("publish nowhere").attributes())
                .containsEntry("cordwood.outcome", "unknown_topic"));
    }

    private void assertFollowed() {
        await().untilAsserted(() -> {
            var publish = spans.of("publish orders");
            var commit = spans.of("commit orders");
            assertThat(publish.parent()).isEqualTo(CALLER);
            assertThat(commit.parent()).isEqualTo(publish.header());
            assertThat(spans.of("deliver orders").parent()).isEqualTo(commit.header());
        });
    }

    private void produce(String topic) {
        node.data().withInterceptors(traced()).produce(record(topic));
    }

    private static ProduceRequest record(String topic) {
        return ProduceRequest.newBuilder()
                .setTopic(topic)
                .addRecords(NewRecord.newBuilder()
                        .setValue(RecordContent.newBuilder().setText("v")))
                .build();
    }

    private void publish(String topic) {
        var answers = new Recorded<PublishResponse>();
        var requests = node.dataStreams().withInterceptors(traced()).publish(answers);
        requests.onNext(PublishRequest.newBuilder()
                .setCorrelationId(1)
                .setTopic(topic)
                .setBatch(ByteString.copyFrom(Batches.of("a", "b")))
                .build());
        requests.onCompleted();
        answers.awaitEnd();
    }

    private static ClientInterceptor traced() {
        var headers = new Metadata();
        headers.put(Metadata.Key.of(CallTrace.PARENT, Metadata.ASCII_STRING_MARSHALLER), CALLER);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }
}
