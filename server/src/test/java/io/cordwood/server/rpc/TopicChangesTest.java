package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.proto.v1.AlterTopicConfigRequest;
import io.cordwood.proto.v1.CompactionDescription;
import io.cordwood.proto.v1.CreatePartitionsRequest;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DescribeClusterRequest;
import io.cordwood.proto.v1.DescribePartitionsRequest;
import io.cordwood.proto.v1.GetTopicConfigRequest;
import io.cordwood.proto.v1.ReplicaDescription;
import io.cordwood.proto.v1.ReplicaState;
import io.cordwood.proto.v1.SettingSource;
import io.cordwood.proto.v1.TopicSetting;
import io.cordwood.proto.v1.TransferLeadershipRequest;
import io.cordwood.proto.v1.TransferLeadershipResponse;
import io.cordwood.raft.CompactionStatus;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.FakeReplica;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Topics that are there, changed through a node that leads nothing: node 1. Node 2 leads, node 3 is silent. */
final class TopicChangesTest {
    private final FakeCluster cluster = FakeCluster.of(3);
    private final FakePeers peers = new FakePeers();
    private TestNode one;
    private TestNode two;
    private FakeReplica leader;

    @BeforeEach
    void open() throws IOException {
        one = TestNode.open(1, cluster, peers);
        two = TestNode.open(2, cluster, peers);
        cluster.createTopic("orders", 1, 3, Map.of("segment.bytes", "4096"));
        cluster.leads(2, "orders", 0, 5);
        leader = two.replicas.add("orders", 0).ledBy(2, 2);
        one.replicas.add("orders", 0).ledBy(2, 1);
    }

    @AfterEach
    void close() throws InterruptedException {
        await().until(() -> cluster.listenerCount() == 0);
        one.close();
        two.close();
        assertThat(one.failures).isEmpty();
    }

    @Test
    void everySettingIsShownWithItsSource() {
        var settings = one.topics()
                .getTopicConfig(
                        GetTopicConfigRequest.newBuilder().setName("orders").build())
                .getSettingsList();

        assertThat(settings).extracting(TopicSetting::getKey).containsExactlyElementsOf(TopicConfig.KEYS);
        assertThat(settings)
                .contains(setting("segment.bytes", "4096", "1073741824", SettingSource.SETTING_SOURCE_TOPIC))
                .contains(setting(
                        "message.timestamp.type", "create", "create", SettingSource.SETTING_SOURCE_NODE_DEFAULT));
    }

    @Test
    void dryRunShowsBeforeAndAfterAndChangesNothing() {
        var alter = AlterTopicConfigRequest.newBuilder()
                .setName("orders")
                .putSet("segment.age.ms", "60000")
                .addReset("segment.bytes");

        var tried = one.topics().alterTopicConfig(alter.setValidateOnly(true).build());
        assertThat(cluster.image().topic("orders").orElseThrow().config()).containsOnlyKeys("segment.bytes");
        var done = one.topics().alterTopicConfig(alter.setValidateOnly(false).build());

        assertThat(done).isEqualTo(tried);
        assertThat(done.getAfterList())
                .contains(setting("segment.age.ms", "60000", "604800000", SettingSource.SETTING_SOURCE_TOPIC))
                .contains(setting(
                        "segment.bytes", "1073741824", "1073741824", SettingSource.SETTING_SOURCE_NODE_DEFAULT));
        assertThat(cluster.image().topic("orders").orElseThrow().config()).isEqualTo(Map.of("segment.age.ms", "60000"));
    }

    @Test
    void changeThatThisNodeDoesNotSeeInTimeIsNotAnsweredFromBefore() {
        cluster.freezeViews();
        var topics = one.topics().withDeadlineAfter(3, TimeUnit.SECONDS);

        assertReason(
                Refused.by(() -> topics.alterTopicConfig(AlterTopicConfigRequest.newBuilder()
                        .setName("orders")
                        .putSet("segment.age.ms", "60000")
                        .build())),
                Reason.REQUEST_TIMED_OUT);
        assertThat(cluster.image().topic("orders").orElseThrow().config()).containsEntry("segment.age.ms", "60000");
        var later = one.topics().withDeadlineAfter(3, TimeUnit.SECONDS);
        assertReason(
                Refused.by(() -> later.createPartitions(CreatePartitionsRequest.newBuilder()
                        .setName("orders")
                        .setPartitionCount(2)
                        .build())),
                Reason.REQUEST_TIMED_OUT);
        assertThat(cluster.image().topic("orders").orElseThrow().partitions()).hasSize(2);
    }

    @Test
    void requestsWithTooManySettingsAreRefusedBeforeTheyAreLookedAt() {
        var settings = IntStream.rangeClosed(0, 10_000).boxed().collect(Collectors.toMap(i -> "key" + i, i -> "value"));
        var create = CreateTopicRequest.newBuilder().setName("t").putAllConfig(settings);
        var set = AlterTopicConfigRequest.newBuilder().setName("orders").putAllSet(settings);
        var reset = AlterTopicConfigRequest.newBuilder().setName("orders").addAllReset(settings.keySet());

        assertTooMany("config", () -> one.topics().createTopic(create.build()));
        assertTooMany("set", () -> one.topics().alterTopicConfig(set.build()));
        assertTooMany("reset", () -> one.topics().alterTopicConfig(reset.build()));
    }

    private static void assertTooMany(String field, ThrowingCallable call) {
        assertReason(Refused.by(call), Reason.INVALID_ARGUMENT, "field", field, "limit", "at most 10000 elements");
    }

    @Test
    void badSettingsNameFieldLimitAndValueAlsoInADryRun() {
        for (boolean dryRun : new boolean[] {true, false}) {
            var alter = AlterTopicConfigRequest.newBuilder().setName("orders").setValidateOnly(dryRun);
            assertReason(
                    Refused.by(() -> one.topics()
                            .alterTopicConfig(
                                    alter.putSet("max.batch.bytes", "99999999").build())),
                    Reason.INVALID_CONFIG,
                    "field",
                    "max.batch.bytes",
                    "value",
                    "99999999",
                    "limit",
                    "a number from 128 to 1048588");
        }
        assertReason(
                Refused.by(() -> one.topics()
                        .alterTopicConfig(AlterTopicConfigRequest.newBuilder()
                                .setName("nobody")
                                .build())),
                Reason.UNKNOWN_TOPIC,
                "topic",
                "nobody");
        assertReason(
                Refused.by(() -> one.topics()
                        .alterTopicConfig(AlterTopicConfigRequest.newBuilder()
                                .setName("__own")
                                .build())),
                Reason.INVALID_NAME);
    }

    @Test
    void partitionsAreAddedAndAnsweredOnceEachIsLed() {
        var grow = CreatePartitionsRequest.newBuilder().setName("orders").setPartitionCount(3);
        var preview = one.topics().createPartitions(grow.setValidateOnly(true).build());
        assertThat(preview.getTopic().getPartitionsCount()).isEqualTo(3);
        assertThat(cluster.image().topic("orders").orElseThrow().partitions()).hasSize(1);

        var answer = CompletableFuture.supplyAsync(
                () -> one.topics().createPartitions(grow.setValidateOnly(false).build()));
        await().until(() -> cluster.image().partition("orders", 2).isPresent());
        cluster.leads(1, "orders", 1, 1);
        assertThat(answer).isNotDone();
        cluster.leads(3, "orders", 2, 1);

        assertThat(answer.join().getTopic().getPartitions(2).getLeader()).isEqualTo(3);
    }

    @Test
    void partitionCountGoesUpwardsOnly() {
        for (int total : new int[] {-1, 0, 1, 10_001}) {
            assertReason(
                    Refused.by(() -> one.topics()
                            .createPartitions(CreatePartitionsRequest.newBuilder()
                                    .setName("orders")
                                    .setPartitionCount(total)
                                    .build())),
                    Reason.INVALID_PARTITION_COUNT,
                    "field",
                    "partition_count",
                    "value",
                    Integer.toString(total),
                    "limit",
                    "more than 1, the present count, and at most 10000");
        }
    }

    @Test
    void leadershipIsTransferredByTheLeaderWhereverTheCallComesIn() {
        var answer = CompletableFuture.supplyAsync(() -> transfer(3));
        await().until(() -> !leader.leads());
        assertThat(answer).isNotDone();
        cluster.leads(3, "orders", 0, 6);

        var partition = answer.join().getPartition();

        assertThat(partition.getLeader()).isEqualTo(3);
        assertThat(partition.getLeaderEpoch()).isEqualTo(6);
    }

    @Test
    void transfersThatCannotBeAreRefusedWithTheirReason() {
        assertReason(Refused.by(() -> transfer(9)), Reason.UNKNOWN_NODE, "field", "node_id", "value", "9");
        for (var reason : List.of(Reason.TARGET_NOT_REPLICA, Reason.REPLICA_NOT_CAUGHT_UP, Reason.TRANSFER_FAILED)) {
            leader.refuseTransfers(Refusal.of(reason, "not now").with("field", "node_id"));

            assertReason(Refused.by(() -> transfer(3)), reason, "field", "node_id");
        }
    }

    @Test
    void replicasAreDescribedWithStateLagAndSize() {
        leader.lag(1, 65);
        leader.lag(3, 7);

        var partition = one.cluster()
                .describePartitions(DescribePartitionsRequest.newBuilder()
                        .setTopic("orders")
                        .build())
                .getPartitions(0);

        assertThat(partition.getReplicasList())
                .extracting(ReplicaDescription::getNodeId, ReplicaDescription::getState)
                .containsExactlyInAnyOrder(
                        tuple(1, ReplicaState.REPLICA_STATE_CATCHING_UP),
                        tuple(2, ReplicaState.REPLICA_STATE_LEADER),
                        tuple(3, ReplicaState.REPLICA_STATE_SILENT));
        var silent = partition.getReplicasList().stream()
                .filter(replica -> replica.getNodeId() == 3)
                .findFirst()
                .orElseThrow();
        assertThat(silent.getLagEntries()).isEqualTo(7);
        assertThat(silent.hasLagRecords()).isFalse();
        assertThat(partition.hasSizeBytes()).isTrue();
    }

    @Test
    void compactionIsDescribedAlsoWhereItIsLeftUnfinishedByAChangeOfPolicy() {
        leader.compact(new CompactionStatus(
                4, 9, false, 0, 0, "no other replica has it", OptionalLong.of(5_000), OptionalLong.of(300)));

        var replicas = one.cluster()
                .describePartitions(DescribePartitionsRequest.newBuilder()
                        .setTopic("orders")
                        .build())
                .getPartitions(0)
                .getReplicasList();

        var unfinished = replicas.stream()
                .filter(ReplicaDescription::hasCompaction)
                .map(ReplicaDescription::getCompaction)
                .toList();
        assertThat(unfinished)
                .extracting(
                        CompactionDescription::getRunning,
                        CompactionDescription::getPendingMs,
                        CompactionDescription::getRetryMs,
                        CompactionDescription::getLastError)
                .containsExactly(tuple(false, 5_000L, 300L, "no other replica has it"));
    }

    @Test
    void replicaThatItsNodeDoesNotHaveIsMissing() {
        one.replicas.remove("orders", 0);

        var replicas = two.cluster()
                .describePartitions(DescribePartitionsRequest.getDefaultInstance())
                .getPartitions(0)
                .getReplicasList();

        assertThat(replicas)
                .filteredOn(replica -> replica.getNodeId() == 1)
                .extracting(ReplicaDescription::getState)
                .containsExactly(ReplicaState.REPLICA_STATE_MISSING);
    }

    @Test
    void clusterTellsItsFeatureLevelAndThoseOfItsNodes() {
        var described = one.cluster().describeCluster(DescribeClusterRequest.getDefaultInstance());

        assertThat(described.getFeatureLevel()).isEqualTo(1);
        assertThat(described.getNodesList())
                .allMatch(node -> node.getMinFeatureLevel() == 1 && node.getMaxFeatureLevel() == 1);
    }

    private TransferLeadershipResponse transfer(int node) {
        return one.topics()
                .transferLeadership(TransferLeadershipRequest.newBuilder()
                        .setTopic("orders")
                        .setPartition(0)
                        .setNodeId(node)
                        .build());
    }

    private static TopicSetting setting(String key, String value, String defaultValue, SettingSource source) {
        return TopicSetting.newBuilder()
                .setKey(key)
                .setValue(value)
                .setDefaultValue(defaultValue)
                .setSource(source)
                .build();
    }
}
