package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.proto.v1.AddNodeRequest;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.CreateTopicResponse;
import io.cordwood.proto.v1.DeleteTopicRequest;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DiskLevel;
import io.cordwood.proto.v1.GetTopicRequest;
import io.cordwood.proto.v1.ListTopicsRequest;
import io.cordwood.proto.v1.NodeState;
import io.cordwood.proto.v1.PublishRequest;
import io.cordwood.proto.v1.Topic;
import io.cordwood.raft.DiskSpace;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.admin.NewTopic;
import io.cordwood.server.admin.Topics;
import io.cordwood.server.cluster.Deadline;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.config.ServerConfig;
import io.cordwood.server.health.Hindrance;
import io.cordwood.server.partition.FakeReplicas;
import io.cordwood.server.partition.KnownLeaders;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AdminTest {
    private static final List<Hindrance> HINDERED = List.of(
            new Hindrance(Hindrance.Code.REPLICAS_NOT_OPEN, "one"),
            new Hindrance(Hindrance.Code.DISK_SPACE_LOW, "two"));

    private final FakeCluster cluster = FakeCluster.of(3);
    private TestNode node;

    @BeforeEach
    void openNode() throws IOException {
        node = TestNode.open(1, cluster, new FakePeers());
    }

    @AfterEach
    void closeNode() throws InterruptedException {
        await().until(() -> cluster.listenerCount() == 0);
        node.close();
        assertThat(node.failures).isEmpty();
    }

    @Test
    void createAnswersOnceEveryPartitionIsLed() {
        var answer = CompletableFuture.supplyAsync(() -> create(topic("orders").setPartitionCount(2)));
        await().until(() -> cluster.image().topic("orders").isPresent());

        cluster.leads(1, "orders", 0, 1);
        assertThat(answer).isNotDone();
        cluster.leads(2, "orders", 1, 1);

        var topic = answer.join().getTopic();
        assertThat(topic.getPartitionCount()).isEqualTo(2);
        assertThat(topic.getReplicationFactor()).isEqualTo(3);
        assertThat(topic.getPartitions(1).getLeader()).isEqualTo(2);
        assertThat(topic.getPartitions(1).getLeaderEpoch()).isEqualTo(1);
    }

    @Test
    void createAnswersBeforeTheDeadlineEvenWithoutLeaders() {
        var response = node.topics()
                .withDeadlineAfter(3, TimeUnit.SECONDS)
                .createTopic(topic("orders").build());

        assertThat(response.getTopic().getPartitions(0).hasLeader()).isFalse();
        assertThat(cluster.image().topic("orders")).isPresent();
    }

    @Test
    void topicIsDescribedAsTheNodeKnowsItWhereThatWillDo() {
        cluster.createTopic("orders", 1, 3);
        cluster.leads(2, "orders", 0, 1);
        cluster.cutOff();

        var known = node.topics().getTopic(ask("orders", true));

        assertThat(known.getTopic().getPartitions(0).getLeader()).isEqualTo(2);
        assertReason(Refused.by(() -> node.topics().getTopic(ask("orders", false))), Reason.METADATA_UNAVAILABLE);
        assertReason(Refused.by(() -> node.topics().getTopic(ask("unknown", true))), Reason.METADATA_UNAVAILABLE);
    }

    private static GetTopicRequest ask(String name, boolean allowStale) {
        return GetTopicRequest.newBuilder()
                .setName(name)
                .setAllowStale(allowStale)
                .build();
    }

    @Test
    void badTopicsNameFieldLimitAndValue() {
        cluster.createTopic("there", 1, 1);

        assertReason(refused(topic("a b")), Reason.INVALID_NAME, "field", "name", "value", "a b");
        assertReason(refused(topic("x".repeat(250))), Reason.INVALID_NAME, "field", "name");
        assertReason(refused(topic("")), Reason.INVALID_NAME);
        assertReason(refused(topic("__internal")), Reason.INVALID_NAME, "value", "__internal");
        assertReason(refused(topic("there").setReplicationFactor(1)), Reason.TOPIC_EXISTS);
        for (int factor : new int[] {0, -1, 4}) {
            assertReason(
                    refused(topic("t").setReplicationFactor(factor)),
                    Reason.INVALID_REPLICATION_FACTOR,
                    "field",
                    "replication_factor",
                    "value",
                    Integer.toString(factor));
        }
        for (int count : new int[] {0, -1, 2_000_000_000}) {
            assertReason(
                    refused(topic("t").setPartitionCount(count)),
                    Reason.INVALID_PARTITION_COUNT,
                    "field",
                    "partition_count",
                    "value",
                    Integer.toString(count));
        }
        assertReason(refused(topic("t").putConfig("no.such", "1")), Reason.INVALID_CONFIG, "value", "no.such");
        assertReason(
                refused(topic("t").putConfig("max.batch.bytes", "10MB")),
                Reason.INVALID_CONFIG,
                "field",
                "max.batch.bytes",
                "value",
                "10MB");
        assertReason(refused(topic("t").setPartitionCount(9_000)), Reason.LIMIT_REACHED);
    }

    @Test
    void deadNodeMakesNoTopicWeakerUnlessThatIsAskedFor() {
        cluster.apply(new MetadataCommand.SetNodeState(3, "incarnation-3", io.cordwood.metadata.NodeState.DEAD));

        var refused = refused(topic("orders").setValidateOnly(true));
        assertReason(refused, Reason.INVALID_REPLICATION_FACTOR, "field", "replication_factor", "value", "3");
        assertThat(refused.message()).contains("from 1 to 2", "node 3 is dead");
        var asked = create(topic("orders").setReplicationFactor(2).setValidateOnly(true));
        assertThat(asked.getTopic().getReplicationFactor()).isEqualTo(2);
    }

    @Test
    void nodeThatIsOnlyExpectedDoesNotCountForTheDefault() {
        var two = FakeCluster.of(2);
        two.apply(new MetadataCommand.AddNode(3, "127.0.0.1:10003"));

        var topic = new NewTopic("orders", OptionalInt.empty(), OptionalInt.empty(), new TreeMap<>());
        var valid = new Topics(two.on(1), new KnownLeaders(new FakeReplicas(two))).validate(topic);

        assertThat(valid.join().replicationFactor()).isEqualTo(2);
    }

    @Test
    void validateOnlyChecksAndCreatesNothing() {
        var valid = create(topic("orders").setPartitionCount(4).setValidateOnly(true));

        assertThat(valid.getTopic().getPartitionsCount()).isEqualTo(4);
        assertThat(cluster.image().topic("orders")).isEmpty();
        assertReason(
                refused(topic("orders").setReplicationFactor(9).setValidateOnly(true)),
                Reason.INVALID_REPLICATION_FACTOR);
    }

    @Test
    void topicsAreListedInPagesAndInternalOnesOnRequest() {
        for (var name : List.of("a", "b", "c", "d", "e")) {
            cluster.createTopic(name, 1, 1);
        }
        cluster.createTopic("__offsets", 1, 1);

        var first = list(2, "", false);
        var second = list(2, first.getNextPageToken(), false);
        var third = list(2, second.getNextPageToken(), false);

        assertThat(first.getTopicsList()).extracting(Topic::getName).containsExactly("a", "b");
        assertThat(second.getTopicsList()).extracting(Topic::getName).containsExactly("c", "d");
        assertThat(third.getTopicsList()).extracting(Topic::getName).containsExactly("e");
        assertThat(third.getNextPageToken()).isEmpty();
        assertThat(list(0, "", true).getTopicsCount()).isEqualTo(6);
        assertReason(Refused.by(() -> list(1_001, "", false)), Reason.INVALID_ARGUMENT, "field", "page_size");
    }

    @Test
    void topicsAreFoundAndDeletedByName() {
        cluster.createTopic("orders", 1, 1);
        var id = cluster.image().topic("orders").map(TopicInfo::topicId).orElseThrow();

        var found = node.topics()
                .getTopic(GetTopicRequest.newBuilder().setName("orders").build());
        node.topics()
                .deleteTopic(DeleteTopicRequest.newBuilder().setName("orders").build());

        assertThat(found.getTopic().getTopicId()).isEqualTo(id.toString());
        assertThat(cluster.image().topic("orders")).isEmpty();
        assertReason(
                Refused.by(() -> node.topics()
                        .getTopic(GetTopicRequest.newBuilder().setName("orders").build())),
                Reason.UNKNOWN_TOPIC,
                "topic",
                "orders");
        assertReason(
                Refused.by(() -> node.topics()
                        .deleteTopic(DeleteTopicRequest.newBuilder()
                                .setName("orders")
                                .build())),
                Reason.UNKNOWN_TOPIC);
    }

    @Test
    void nodesAreDescribedWithTheAddressesOfTheListenerAndTheirDisks() {
        cluster.tell(3, new NodeDisk("data", 5, 7, DiskSpace.Level.FULL));

        var response = node.cluster().describeCluster(DescribeClusterRequest.getDefaultInstance());

        assertThat(response.getClusterId()).hasSize(22);
        assertThat(response.getAnsweredBy()).isEqualTo(1);
        assertThat(response.getMetadataLeader()).isEqualTo(1);
        assertThat(response.getNodesList()).extracting(n -> n.getNodeId()).containsExactly(1, 2, 3);
        assertThat(response.getNodes(2).getAddress()).isEqualTo("127.0.0.1:20003");
        assertThat(response.getNodes(2).getState()).isEqualTo(NodeState.NODE_STATE_ALIVE);
        assertThat(response.getNodes(1).getDisksList()).isEmpty();
        var disk = response.getNodes(2).getDisks(0);
        assertThat(disk.getDirectory()).isEqualTo("data");
        assertThat(disk.getFreeBytes()).isEqualTo(5);
        assertThat(disk.getFloorBytes()).isEqualTo(7);
        assertThat(disk.getLevel()).isEqualTo(DiskLevel.DISK_LEVEL_FULL);
    }

    @Test
    void nodesAreAddedOnce() {
        var request = AddNodeRequest.newBuilder().setNodeId(4).setNodeAddress("n4:9091");

        var added = node.cluster().addNode(request.build()).getNode();

        assertThat(added.getState()).isEqualTo(NodeState.NODE_STATE_EXPECTED);
        assertReason(addRefused(request.setNodeId(3)), Reason.NODE_EXISTS, "value", "3");
        assertReason(addRefused(request.setNodeId(0)), Reason.INVALID_ARGUMENT, "value", "0");
        assertReason(addRefused(request.setNodeId(5).setNodeAddress("nowhere")), Reason.INVALID_ARGUMENT);
    }

    @Test
    void cutOffMetadataIsUnavailableButTheClusterIsStillDescribed() {
        cluster.cutOff();

        assertReason(refused(topic("orders")), Reason.METADATA_UNAVAILABLE);
        assertThat(node.cluster()
                        .describeCluster(DescribeClusterRequest.getDefaultInstance())
                        .getNodesCount())
                .isEqualTo(3);
    }

    @Test
    void nothingIsServedBeforeTheNodeHasJoined() throws Exception {
        var joining = TestNode.joining(2, cluster, new FakePeers());

        assertReason(
                Refused.by(() -> joining.cluster().describeCluster(DescribeClusterRequest.getDefaultInstance())),
                Reason.NOT_JOINED);
        assertThat(health(joining.channel, "")).isEqualTo(ServingStatus.NOT_SERVING);
        joining.server.open();

        assertThat(joining.cluster()
                        .describeCluster(DescribeClusterRequest.getDefaultInstance())
                        .getAnsweredBy())
                .isEqualTo(2);
        joining.close();
    }

    @Test
    void healthChecksAreToldWhatIsAnnouncedForTheNodeAndForEachService() {
        for (var service : List.of("", "cordwood.v1.DataService", "cordwood.v1.TopicService")) {
            node.server.announce(HINDERED);
            assertThat(health(node.channel, service)).isEqualTo(ServingStatus.NOT_SERVING);
            node.server.announce(List.of());
            assertThat(health(node.channel, service)).isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void healthChecksNameTheReasonsInTheirTrailers() {
        assertThat(reasons()).isEqualTo("NOT_JOINED");
        node.server.announce(HINDERED);
        assertThat(reasons()).isEqualTo("REPLICAS_NOT_OPEN DISK_SPACE_LOW");
        node.server.announce(List.of());
        assertThat(reasons()).isNull();
    }

    private @Nullable String reasons() {
        var trailers = new AtomicReference<Metadata>();
        var capturing = MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers);
        var unused = HealthGrpc.newBlockingStub(node.channel)
                .withInterceptors(capturing)
                .check(HealthCheckRequest.getDefaultInstance());
        return Objects.requireNonNull(trailers.get()).get(HealthReasons.REASONS);
    }

    @Test
    void stopWaitsForNobodyWhoWatchesTheHealth() throws Exception {
        var stopping = TestNode.open(2, cluster, new FakePeers());
        var watched = new Recorded<HealthCheckResponse>();
        HealthGrpc.newStub(stopping.channel).watch(HealthCheckRequest.getDefaultInstance(), watched);
        await().until(() -> !watched.all().isEmpty());

        stopping.server.beginStop();
        long begin = System.nanoTime();
        stopping.server.close(Deadline.after(Duration.ofSeconds(30)));

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        stopping.channel.shutdownNow();
        stopping.external.shutdownNow();
    }

    @Test
    void callsBeyondTheLimitAreRefusedAndCountedOut() throws Exception {
        var limits = new ServerConfig.Limits((1 << 20) + 12, 64 << 20, 16 << 20, 100, 2, 2, 2);
        var small = TestNode.open(2, limits, cluster, new FakePeers());
        var one = new Recorded<io.cordwood.proto.v1.PublishResponse>();
        var two = new Recorded<io.cordwood.proto.v1.PublishResponse>();
        var first = small.dataStreams().publish(one);
        var second = small.dataStreams().publish(two);

        // Whoever is answered is counted; a call before that could take the place of the second.
        for (var stream : List.of(first, second)) {
            stream.onNext(PublishRequest.newBuilder().setTopic("nope").build());
        }
        await().until(() -> !one.all().isEmpty() && !two.all().isEmpty());
        assertThat(tooMany(small)).isTrue();
        first.onCompleted();
        second.onCompleted();
        one.awaitEnd();
        two.awaitEnd();

        await().until(() -> !tooMany(small));
        small.close();
    }

    private static boolean tooMany(TestNode node) {
        try {
            node.cluster().describeCluster(DescribeClusterRequest.getDefaultInstance());
            return false;
        } catch (io.grpc.StatusRuntimeException e) {
            assertReason(Refused.of(e), Reason.OVERLOADED, "setting", "node.max-calls", "limit", "2");
            return true;
        }
    }

    @Test
    void reflectionListsTheServicesAndResolvesErrorDetails() {
        var answers = new Recorded<ServerReflectionResponse>();
        var requests = ServerReflectionGrpc.newStub(node.channel).serverReflectionInfo(answers);
        requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        requests.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("google.rpc.ErrorInfo")
                .build());
        requests.onCompleted();
        answers.awaitEnd();

        assertThat(answers.all().get(0).getListServicesResponse().getServiceList())
                .extracting(service -> service.getName())
                .contains(
                        "cordwood.v1.DataService",
                        "cordwood.v1.TopicService",
                        "cordwood.v1.ClusterService",
                        "grpc.health.v1.Health",
                        "grpc.reflection.v1.ServerReflection",
                        "grpc.reflection.v1alpha.ServerReflection");
        assertThat(answers.all().get(1).hasFileDescriptorResponse()).isTrue();
    }

    private static ServingStatus health(ManagedChannel channel, String service) {
        return HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }

    private static CreateTopicRequest.Builder topic(String name) {
        return CreateTopicRequest.newBuilder().setName(name);
    }

    private CreateTopicResponse create(CreateTopicRequest.Builder request) {
        return node.topics().createTopic(request.build());
    }

    private io.cordwood.server.cluster.Refusal refused(CreateTopicRequest.Builder request) {
        return Refused.by(() -> create(request));
    }

    private io.cordwood.server.cluster.Refusal addRefused(AddNodeRequest.Builder request) {
        return Refused.by(() -> node.cluster().addNode(request.build()));
    }

    private io.cordwood.proto.v1.ListTopicsResponse list(int size, String token, boolean internal) {
        return node.topics()
                .listTopics(ListTopicsRequest.newBuilder()
                        .setPageSize(size)
                        .setPageToken(token)
                        .setIncludeInternal(internal)
                        .build());
    }
}
