package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static io.cordwood.server.rpc.TestMember.GROUP;
import static io.cordwood.server.rpc.TestMember.hello;
import static io.cordwood.server.rpc.TestMember.joined;
import static io.cordwood.server.rpc.TestMember.offset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.proto.internal.v1.ForwardRequest;
import io.cordwood.proto.internal.v1.ForwardResponse;
import io.cordwood.proto.internal.v1.MeasureLagRequest;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainedGroup;
import io.cordwood.proto.v1.GetLagRequest;
import io.cordwood.proto.v1.GroupServiceGrpc;
import io.cordwood.proto.v1.GroupSettings;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.PartitionLag;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.TopicPartition;
import io.cordwood.proto.v1.TrimmedOffsets;
import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.Confirmation;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How far a group is behind, over real connections to two nodes whose metadata and logs are in memory. */
final class GroupLagTest {
    private static final long AGE_MS = 60_000;

    private final FakeCluster cluster = FakeCluster.of(3, MetadataCommand.GROUPS);
    private final FakePeers peers = new FakePeers();
    private final List<FakeReplica> replicas = new ArrayList<>();
    private TestNode leader;
    private TestNode other;
    private int batchBytes;

    @BeforeEach
    void openNodes() throws IOException {
        cluster.createTopic("orders", 3, 3);
        leader = TestNode.open(1, cluster, peers);
        other = TestNode.open(2, cluster, peers);
        for (int partition = 0; partition < 3; partition++) {
            cluster.leads(1, "orders", partition, 5);
            replicas.add(leader.replicas.add("orders", partition));
            append(replicas.get(partition), 10);
        }
    }

    @AfterEach
    void closeNodes() throws InterruptedException {
        leader.close();
        other.close();
        assertThat(leader.failures).isEmpty();
        assertThat(other.failures).isEmpty();
    }

    /** So many records, each in a batch of its own, a minute old. */
    private void append(FakeReplica replica, int records) {
        for (int i = 0; i < records; i++) {
            var batch = RecordBatch.of(Batches.at(System.currentTimeMillis() - AGE_MS));
            batchBytes = batch.sizeBytes();
            assertThat(replica.append(AppendRequest.of(batch))).isDone();
        }
    }

    private void reset(String to, Integer... partitions) {
        var unused = leader.groups()
                .resetOffsets(ResetOffsetsRequest.newBuilder()
                        .setGroup(GROUP)
                        .setCreate(true)
                        .addResets(OffsetReset.newBuilder()
                                .setTopic("orders")
                                .addAllPartitions(List.of(partitions))
                                .setTo(to))
                        .build());
    }

    private static List<PartitionLag> lag(TestNode node, TopicPartition... partitions) {
        return node.groups()
                .getLag(GetLagRequest.newBuilder()
                        .setGroup(GROUP)
                        .addAllPartitions(List.of(partitions))
                        .build())
                .getPartitionsList();
    }

    private static TopicPartition partition(String topic, int number) {
        return TopicPartition.newBuilder().setTopic(topic).setPartition(number).build();
    }

    private static PartitionLag lagOf(TestNode node, int partition) {
        return lag(node, partition("orders", partition)).get(0);
    }

    @Test
    void lagIsMeasuredFromTheCommittedOffsetOnAnyNode() {
        reset("7", 0);
        replicas.get(0).forecast(OptionalLong.of(90_500), 2.5);

        assertThat(Stream.of(lagOf(leader, 0), lagOf(other, 0))).allSatisfy(lag -> {
            assertThat(lag.getTopic()).isEqualTo("orders");
            assertThat(lag.getTopicId()).isEqualTo(cluster.topicId("orders").toString());
            assertThat(lag.getOffset()).isEqualTo(7);
            assertThat(lag.getHighWatermark()).isEqualTo(10);
            assertThat(lag.getRecords()).isEqualTo(3);
            assertThat(lag.getBytes()).isEqualTo(3L * batchBytes);
            assertThat(lag.getTrimmedRecords()).isZero();
            assertThat(lag.getAge().getSeconds()).isBetween(AGE_MS / 1_000, AGE_MS / 1_000 + 60);
            assertThat(lag.getUntilTrimmed().getSeconds()).isEqualTo(90);
            assertThat(lag.getUntilTrimmed().getNanos()).isEqualTo(500_000_000);
            assertThat(lag.getAppendedPerSecond()).isEqualTo(2.5);
            assertThat(lag.hasCommittedPerSecond()).isFalse();
            assertThat(lag.hasUntilCaughtUp()).isFalse();
            assertThat(lag.hasError()).isFalse();
        });
    }

    @Test
    void groupThatHasReadAllHasNothingBeforeIt() {
        reset("latest", 0);

        var lag = lagOf(other, 0);

        assertThat(lag.getRecords()).isZero();
        assertThat(lag.getBytes()).isZero();
        assertThat(lag.hasAge()).isFalse();
        assertThat(lag.hasUntilTrimmed()).isFalse();
        assertThat(lag.getUntilCaughtUp().getSeconds()).isZero();
        assertThat(lag.hasUntilCaughtUp()).isTrue();
    }

    @Test
    void recordsThatWereTrimmedUnprocessedAreCounted() {
        reset("2", 0);
        replicas.get(0).trimTo(6);

        var lag = lagOf(other, 0);

        assertThat(lag.getOffset()).isEqualTo(2);
        assertThat(lag.getLogStartOffset()).isEqualTo(6);
        assertThat(lag.getTrimmedRecords()).isEqualTo(4);
        assertThat(lag.getRecords()).isEqualTo(4);
        assertThat(lag.getBytes()).isEqualTo(4L * batchBytes);
    }

    @Test
    void withoutPartitionsAllAreMeasuredThatTheGroupHasToDoWith() {
        cluster.createTopic("audit", 1, 3);
        reset("4", 2);
        var member = joined(leader, "a");

        assertThat(lag(other)).extracting(PartitionLag::getPartition).containsExactly(0, 1, 2);
        assertThat(lag(other)).extracting(PartitionLag::getRecords).containsExactly(10L, 10L, 6L);
        assertThat(lag(other)).extracting(PartitionLag::hasOffset).containsExactly(false, false, true);
        member.leave();
        member.awaitGoodEnd();
        assertThat(lag(other)).extracting(PartitionLag::getPartition).containsExactly(2);
    }

    @Test
    void whereNothingIsCommittedTheGroupIsWhereItsMembersWouldBegin() {
        replicas.get(0).trimTo(3);
        assertThat(began(TrimmedOffsets.TRIMMED_OFFSETS_EARLIEST).getRecords()).isEqualTo(7);
        assertThat(began(TrimmedOffsets.TRIMMED_OFFSETS_FAIL).getRecords()).isEqualTo(7);
        var latest = began(TrimmedOffsets.TRIMMED_OFFSETS_LATEST);

        assertThat(latest.getRecords()).isZero();
        assertThat(latest.getBytes()).isZero();
        assertThat(latest.getTrimmedRecords()).isZero();
        assertThat(latest.hasOffset()).isFalse();
    }

    private PartitionLag began(TrimmedOffsets trimmed) {
        var member = TestMember.hello(
                leader.channel,
                hello("a " + trimmed, "orders")
                        .setSettings(GroupSettings.newBuilder().setTrimmedOffsets(trimmed)));
        member.awaitAssignment();
        var lag = lagOf(other, 0);
        member.leave();
        member.awaitGoodEnd();
        return lag;
    }

    @Test
    void eachPartitionHasItsOwnError() {
        reset("7", 0);
        replicas.get(2).failReads(new IOException("the disk is gone"));

        var lags = lag(
                other, partition("orders", 2), partition("nothing", 0), partition("orders", 0), partition("orders", 3));

        assertReason(Refused.of(lags.get(0).getError()), Reason.INTERNAL, "topic", "orders");
        assertThat(lags.get(0).getRecords()).isEqualTo(10);
        assertThat(lags.get(0).hasUntilCaughtUp()).isFalse();
        assertReason(Refused.of(lags.get(1).getError()), Reason.UNKNOWN_TOPIC);
        assertThat(lags.get(2).getRecords()).isEqualTo(3);
        assertThat(lags.get(2).hasError()).isFalse();
        assertReason(Refused.of(lags.get(3).getError()), Reason.PARTITION_OUT_OF_RANGE, "value", "3");
    }

    @Test
    void partitionWithoutALeaderIsNotMeasured() {
        reset("7", 0);
        replicas.get(0).leaderless();

        var lag = lagOf(other, 0);

        assertReason(Refused.of(lag.getError()), Reason.NOT_LEADER);
        assertThat(lag.getOffset()).isEqualTo(7);
        assertThat(lag.hasAppendedPerSecond()).isFalse();
    }

    @Test
    void endIsReadAfterAMajorityConfirmedTheLeader() throws Exception {
        reset("7", 0);
        var confirmation = new CompletableFuture<Confirmation>();
        replicas.get(0).confirmNext(confirmation);
        int before = replicas.get(0).confirmationCount();
        var request = GetLagRequest.newBuilder().setGroup(GROUP).build();
        var asked = GroupServiceGrpc.newFutureStub(other.channel).getLag(request);
        await().until(() -> replicas.get(0).confirmationCount() > before);

        append(replicas.get(0), 5);
        confirmation.complete(Confirmation.CONFIRMED);

        assertThat(asked.get(20, TimeUnit.SECONDS).getPartitions(0).getRecords())
                .isEqualTo(8);
    }

    @Test
    void whatIsCommittedAndAppendedPerSecondTellsWhenTheGroupHasCaughtUp() {
        var member = joined(leader, "a");
        member.commit(member.epoch(), offset(0, 1), offset(1, 1));
        member.commit(member.epoch(), offset(0, 5), offset(1, 5));
        replicas.get(1).forecast(OptionalLong.empty(), 1e6);

        // Four offsets over a second or more, and the rate falls while nothing more is committed.
        var lags = lag(other);

        assertThat(lags.get(0).getCommittedPerSecond()).isPositive().isLessThanOrEqualTo(4);
        assertThat(lags.get(0).getUntilCaughtUp().getSeconds()).isPositive();
        assertThat(lags.get(1).hasCommittedPerSecond()).isTrue();
        assertThat(lags.get(1).hasUntilCaughtUp()).isFalse();
        assertThat(lags.get(2).hasCommittedPerSecond()).isFalse();
    }

    @Test
    void newMetadataLeaderHasSeenNoCommits() {
        var member = joined(leader, "a");
        member.commit(member.epoch(), offset(0, 1));
        member.commit(member.epoch(), offset(0, 5));
        assertThat(lagOf(other, 0).hasCommittedPerSecond()).isTrue();

        cluster.metadataLedBy(2);

        await().untilAsserted(() ->
                assertThat(lagOf(other, 0).hasCommittedPerSecond()).isFalse());
        assertThat(lagOf(leader, 0).getRecords()).isEqualTo(5);
    }

    /** Who asks may have an older picture of the metadata than the leader. */
    @Test
    void topicThatTookTheNameOfAnotherIsNotMeasured() throws Exception {
        var measure = MeasureLagRequest.newBuilder()
                .setTopic("orders")
                .setTopicId("00000000-0000-0000-0000-000000000001")
                .setOffset(7)
                .build();
        var forwarded = ForwardRequest.newBuilder()
                .setMethod("cordwood.internal.v1/MeasureLag")
                .setRequest(measure.toByteString())
                .setTimeoutMs(20_000)
                .build();

        var bytes = peers.on(2)
                .call(1, Forwarding.METHOD, forwarded.toByteArray(), Duration.ofSeconds(20))
                .get(20, TimeUnit.SECONDS);

        assertReason(
                Refused.of(ForwardResponse.parseFrom(bytes).getError()), Reason.UNKNOWN_TOPIC, "field", "topic_id");
    }

    @Test
    void unknownGroupAndTooManyPartitionsAreRefused() {
        assertReason(Refused.by(() -> lag(other)), Reason.UNKNOWN_GROUP, "value", GROUP);
        var many = new TopicPartition[RepeatedFields.ELEMENTS_MAX + 1];
        Arrays.fill(many, partition("orders", 0));
        assertReason(Refused.by(() -> lag(other, many)), Reason.INVALID_ARGUMENT, "field", "partitions");
    }

    @Test
    void groupThatHasTooManyPartitionsIsMeasuredWhereTheyAreNamed() throws Exception {
        var large = FakeCluster.of(6, MetadataCommand.GROUPS);
        int half = RepeatedFields.ELEMENTS_MAX / 2 + 1;
        large.createTopic("first", half, 1);
        large.createTopic("second", half, 1);
        var node = TestNode.open(1, large, new FakePeers());
        try {
            TestMember.hello(node.channel, hello("a", "first", "second")).awaitAssignment();

            assertReason(
                    Refused.by(() -> lag(node)), Reason.INVALID_ARGUMENT, "value", "all " + 2 * half + " of the group");
            assertReason(
                    Refused.by(() -> node.cluster()
                            .explain(ExplainRequest.newBuilder()
                                    .setGroup(ExplainedGroup.newBuilder().setGroup(GROUP))
                                    .build())),
                    Reason.INVALID_ARGUMENT,
                    "field",
                    "topic");
            assertThat(lag(node, partition("first", 1), partition("second", half - 1)))
                    .hasSize(2);
        } finally {
            node.close();
        }
    }

    @Test
    void noMoreThanSoManyPartitionsOfACallAreMeasuredAtOnce() throws Exception {
        int count = GroupLagCall.AT_ONCE + 20;
        cluster.createTopic("many", count, 3);
        var held = new CompletableFuture<Confirmation>();
        var many = new ArrayList<FakeReplica>();
        for (int partition = 0; partition < count; partition++) {
            cluster.leads(1, "many", partition, 5);
            many.add(leader.replicas.add("many", partition));
            many.get(partition).confirmNext(held);
        }
        TestMember.hello(leader.channel, hello("a", "many")).awaitAssignment();

        var request = GetLagRequest.newBuilder().setGroup(GROUP).build();
        var asked = GroupServiceGrpc.newFutureStub(other.channel).getLag(request);
        await().until(() -> confirmations(many) >= GroupLagCall.AT_ONCE);

        // Another call does not wait for it, and what this one does not begin meanwhile it does not begin.
        assertThat(lagOf(other, 0).hasError()).isFalse();
        assertThat(confirmations(many)).isEqualTo(GroupLagCall.AT_ONCE);
        held.complete(Confirmation.CONFIRMED);
        assertThat(asked.get(20, TimeUnit.SECONDS).getPartitionsList())
                .hasSize(count)
                .noneMatch(PartitionLag::hasError)
                .extracting(PartitionLag::getPartition)
                .isSorted();
        assertThat(confirmations(many)).isEqualTo(count);
    }

    private static int confirmations(List<FakeReplica> replicas) {
        return replicas.stream().mapToInt(FakeReplica::confirmationCount).sum();
    }

    /** They wait together, not one after the other: with an election each the call would take half a minute. */
    @Test
    void partitionsWithoutALeaderDoNotKeepTheOthersWaitingForLong() throws Exception {
        int count = 5 * GroupLagCall.AT_ONCE;
        cluster.createTopic("many", count + 1, 3);
        cluster.leads(1, "many", count, 5);
        leader.replicas.add("many", count);
        TestMember.hello(leader.channel, hello("a", "many")).awaitAssignment();

        var request = GetLagRequest.newBuilder().setGroup(GROUP).build();
        var lags = GroupServiceGrpc.newFutureStub(other.channel)
                .getLag(request)
                .get(20, TimeUnit.SECONDS)
                .getPartitionsList();

        assertThat(lags).hasSize(count + 1);
        assertThat(lags.subList(0, count)).allMatch(PartitionLag::hasError);
        assertThat(lags.get(count).hasError()).isFalse();
    }

    @Test
    void leaderThatHangsDoesNotKeepPartitionsOfOthersWaiting() throws Exception {
        int count = 5 * GroupLagCall.AT_ONCE;
        cluster.createTopic("many", count + 1, 3);
        for (int partition = 0; partition < count; partition++) {
            cluster.leads(3, "many", partition, 5);
        }
        cluster.leads(1, "many", count, 5);
        var sound = leader.replicas.add("many", count);
        var hung = new CompletableFuture<byte[]>();
        peers.on(3).handle(Forwarding.METHOD, request -> hung);
        TestMember.hello(leader.channel, hello("a", "many")).awaitAssignment();

        var request = GetLagRequest.newBuilder().setGroup(GROUP).build();
        var asked = GroupServiceGrpc.newFutureStub(other.channel).getLag(request);
        await().until(() -> sound.confirmationCount() > 0);

        var fault = Errors.status(Refusal.of(Reason.INTERNAL, "a fault"));
        hung.complete(ForwardResponse.newBuilder().setError(fault).build().toByteArray());
        var lags = asked.get(20, TimeUnit.SECONDS).getPartitionsList();
        assertThat(lags).extracting(PartitionLag::getPartition).isSorted().hasSize(count + 1);
        assertThat(lags.subList(0, count)).allMatch(PartitionLag::hasError);
        assertThat(lags.get(count).hasError()).isFalse();
    }
}
