package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.cordwood.proto.v1.ClusterServiceGrpc;
import io.cordwood.proto.v1.DataServiceGrpc;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.FetchRequest;
import io.cordwood.proto.v1.NewRecord;
import io.cordwood.proto.v1.Node;
import io.cordwood.proto.v1.ProduceRequest;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.PublishResponse;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.partition.AppendResult;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes 1 and 2 have two listeners, node 3 has one. Node 2 leads the only partition. */
final class ListenersTest {
    private static final String CLIENT_OF_2 = "n2:9090";
    private static final String EXTERNAL_OF_2 = "localhost:29090";

    private final FakeCluster cluster = FakeCluster.of(3);
    private final FakePeers peers = new FakePeers();
    private TestNode one;
    private TestNode two;
    private FakeReplica leader;

    @BeforeEach
    void openNodes() throws IOException {
        cluster.advertises(1, Map.of("client", "n1:9090", "external", "localhost:19090"));
        cluster.advertises(2, Map.of("client", CLIENT_OF_2, "external", EXTERNAL_OF_2));
        cluster.advertises(3, Map.of("client", "n3:9090"));
        cluster.createTopic("orders", 1, 3);
        cluster.leads(2, "orders", 0, 5);
        one = TestNode.open(1, cluster, peers);
        two = TestNode.open(2, cluster, peers);
        one.replicas.add("orders", 0).ledBy(2, 1);
        leader = two.replicas.add("orders", 0).ledBy(2, 2);
    }

    @AfterEach
    void closeNodes() throws InterruptedException {
        one.close();
        two.close();
        assertThat(one.failures).isEmpty();
        assertThat(two.failures).isEmpty();
    }

    @Test
    void callersAreToldTheAddressesOfTheirListener() {
        assertThat(addresses(one.channel)).containsExactly("n1:9090", CLIENT_OF_2, "n3:9090");
        assertThat(addresses(one.external)).containsExactly("localhost:19090", EXTERNAL_OF_2, "n3:9090");
    }

    @Test
    void redirectsNameTheLeaderAsTheListenersCallersKnowIt() {
        assertThat(leaderAddressInAck(one.channel)).isEqualTo(CLIENT_OF_2);
        assertThat(leaderAddressInAck(one.external)).isEqualTo(EXTERNAL_OF_2);
    }

    @Test
    void refusalsOfOtherNodesNameTheLeaderAsTheListenersCallersKnowIt() {
        var refusal = Refusal.of(Reason.PRODUCER_FENCED, "refused by node 2")
                .with(Refusal.LEADER_NODE_ID, 2)
                .with(Refusal.LEADER_ADDRESS, CLIENT_OF_2);
        leader.refuse(new AppendResult.Refused(refusal));

        var toClient = Refused.by(() -> data(one.channel).produce(produce()));
        var toExternal = Refused.by(() -> data(one.external).produce(produce()));

        assertReason(toClient, Reason.PRODUCER_FENCED, "leader_address", CLIENT_OF_2);
        assertReason(toExternal, Reason.PRODUCER_FENCED, "leader_address", EXTERNAL_OF_2);
    }

    @Test
    void whatOneListenerWritesTheOtherReads() {
        data(one.external).produce(produce());

        var fetched = data(two.channel)
                .fetch(FetchRequest.newBuilder().setTopic("orders").build());

        assertThat(fetched.getRecordsCount()).isEqualTo(1);
    }

    @Test
    void nodesLimitsHoldForBothListenersTogether() throws Exception {
        two.close();
        var limits = new ServerConfig.Limits((1 << 20) + 12, 1 << 20, 1 << 20, 100, 1_000, 2, 2);
        two = TestNode.open(2, limits, cluster, peers);
        leader = two.replicas.add("orders", 0).ledBy(2, 2);
        leader.hold();
        var answers = new Recorded<PublishResponse>();
        var stream = DataServiceGrpc.newStub(two.external).publish(answers);

        for (int i = 0; i < 20; i++) {
            stream.onNext(publish(i, Batches.ofSize(200_000)));
        }

        await().until(() -> leader.heldCount() >= 6);
        assertReason(
                Refused.by(() -> data(two.channel).produce(produce())),
                Reason.OVERLOADED,
                "setting",
                "node.in-flight-max-bytes");
    }

    @Test
    void callsOfBothListenersCountForTheNode() throws Exception {
        two.close();
        var limits = new ServerConfig.Limits((1 << 20) + 12, 64 << 20, 16 << 20, 100, 1, 2, 2);
        two = TestNode.open(2, limits, cluster, peers);
        var answers = new Recorded<PublishResponse>();
        var stream = DataServiceGrpc.newStub(two.external).publish(answers);
        stream.onNext(PublishRequest.newBuilder().setTopic("nope").build());
        await().until(() -> !answers.all().isEmpty());

        assertReason(
                Refused.by(() -> addresses(two.channel)), Reason.OVERLOADED, "setting", "node.max-calls", "limit", "1");
        stream.onCompleted();
        answers.awaitEnd();
    }

    @Test
    void bothListenersOpenAndStopTogether() throws Exception {
        var joining = TestNode.joining(3, cluster, peers);
        assertReason(Refused.by(() -> addresses(joining.external)), Reason.NOT_JOINED);
        joining.server.open();
        joining.server.announce(List.of());
        assertThat(List.of(health(joining.channel), health(joining.external))).containsOnly(ServingStatus.SERVING);
        var answers = new Recorded<PublishResponse>();
        var unused = DataServiceGrpc.newStub(joining.external).publish(answers);

        joining.server.beginStop();

        answers.awaitEnd();
        joining.close();
    }

    private static List<String> addresses(ManagedChannel channel) {
        return ClusterServiceGrpc.newBlockingStub(channel)
                .describeCluster(DescribeClusterRequest.getDefaultInstance())
                .getNodesList()
                .stream()
                .map(Node::getAddress)
                .toList();
    }

    private static @Nullable String leaderAddressInAck(ManagedChannel channel) {
        var answers = new Recorded<PublishResponse>();
        var stream = DataServiceGrpc.newStub(channel).publish(answers);
        stream.onNext(publish(1, Batches.of("a")));
        stream.onCompleted();
        answers.awaitEnd();
        return Refused.of(answers.all().get(0).getError()).details().get(Refusal.LEADER_ADDRESS);
    }

    private static DataServiceGrpc.DataServiceBlockingStub data(ManagedChannel channel) {
        return DataServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static ProduceRequest produce() {
        return ProduceRequest.newBuilder()
                .setTopic("orders")
                .setPartition(0)
                .addRecords(NewRecord.getDefaultInstance())
                .build();
    }

    private static PublishRequest publish(long correlationId, ByteBuffer batch) {
        return PublishRequest.newBuilder()
                .setCorrelationId(correlationId)
                .setTopic("orders")
                .setBatch(ByteString.copyFrom(batch))
                .build();
    }

    private static ServingStatus health(ManagedChannel channel) {
        return HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus();
    }
}
