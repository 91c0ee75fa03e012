package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static io.cordwood.server.rpc.TestMember.GROUP;
import static io.cordwood.server.rpc.TestMember.hello;
import static io.cordwood.server.rpc.TestMember.joined;
import static io.cordwood.server.rpc.TestMember.offset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.LeaderReport;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.DeleteGroupRequest;
import io.cordwood.proto.v1.DeleteOffsetsRequest;
import io.cordwood.proto.v1.DescribeGroupRequest;
import io.cordwood.proto.v1.FetchOffsetsRequest;
import io.cordwood.proto.v1.GroupOffset;
import io.cordwood.proto.v1.GroupPartitionState;
import io.cordwood.proto.v1.GroupState;
import io.cordwood.proto.v1.GroupSummary;
import io.cordwood.proto.v1.ListGroupsRequest;
import io.cordwood.proto.v1.OffsetCommit;
import io.cordwood.proto.v1.OffsetReset;
import io.cordwood.proto.v1.ResetOffsetsRequest;
import io.cordwood.proto.v1.ResetPartition;
import io.cordwood.proto.v1.TopicPartition;
import io.cordwood.raft.AppendRequest;
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
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of the offsets of a group, over real connections to two nodes whose metadata is in memory.
 */
final class GroupCommitsTest {
    private final FakeCluster cluster = FakeCluster.of(3, MetadataCommand.GROUPS);
    private final List<FakeReplica> replicas = new ArrayList<>();
    private TestNode leader;
    private TestNode other;

    @BeforeEach
    void openNodes() throws IOException {
        cluster.createTopic("orders", 3, 3);
        var peers = new FakePeers();
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

    /** So many records, each in a batch of its own, with the offset as its time. */
    private static void append(FakeReplica replica, int records) {
        for (int i = 0; i < records; i++) {
            var batch = RecordBatch.of(Batches.at(1_000 + replica.highWatermark()));
            assertThat(replica.append(AppendRequest.of(batch))).isDone();
        }
    }

    private ConsumerGroup group() {
        return cluster.image().groups().group(GROUP).orElseThrow();
    }

    private List<GroupOffset> fetch(TestNode node, Integer... partitions) {
        var request = FetchOffsetsRequest.newBuilder().setGroup(GROUP);
        for (int partition : partitions) {
            request.addPartitions(partition(partition));
        }
        return node.groups().fetchOffsets(request.build()).getOffsetsList();
    }

    private static TopicPartition partition(int number) {
        return TopicPartition.newBuilder()
                .setTopic("orders")
                .setPartition(number)
                .build();
    }

    private static void accepted(TestMember member, long epoch, OffsetCommit... offsets) {
        assertThat(member.commit(epoch, offsets)).noneMatch(result -> result.hasError());
    }

    @Test
    void committedOffsetsAreFetchedAnywhereAndGivenToTheNextOwner() {
        var member = joined(leader, "a");
        accepted(
                member,
                member.epoch(),
                offset(0, 7).toBuilder().setLeaderEpoch(3).setMetadata("text").build(),
                offset(2, 10));

        assertThat(fetch(other))
                .extracting(GroupOffset::getPartition, GroupOffset::getOffset)
                .containsExactly(tuple(0, 7L), tuple(2, 10L));
        assertThat(fetch(other, 0, 1, 5))
                .satisfiesExactly(
                        first -> {
                            assertThat(first.getLeaderEpoch()).isEqualTo(3);
                            assertThat(first.getMetadata()).isEqualTo("text");
                            assertThat(first.getCommitTime().getSeconds()).isPositive();
                        },
                        second -> assertThat(second.hasOffset()).isFalse(),
                        third -> assertReason(
                                Refused.of(third.getError()), Reason.PARTITION_OUT_OF_RANGE, "value", "5"));
        member.leave();
        member.awaitGoodEnd();
        var next = joined(leader, "b");
        assertThat(next.assignment().getAssigned(0).getOffset()).isEqualTo(7);
        assertThat(next.assignment().getAssigned(0).getLeaderEpoch()).isEqualTo(3);
        assertThat(next.assignment().getAssigned(0).getMetadata()).isEqualTo("text");
        assertThat(next.assignment().getAssigned(1).hasOffset()).isFalse();
        assertThat(next.assignment().getAssigned(2).hasLeaderEpoch()).isFalse();
    }

    @Test
    void offsetsOutsideTheLogAreRefused() {
        var member = joined(leader, "a");

        var beyond = member.refused(member.epoch(), offset(0, 11));
        var negative = member.refused(member.epoch(), offset(0, -1));

        assertReason(
                beyond,
                Reason.OFFSET_OUT_OF_RANGE,
                "field",
                "offset",
                "value",
                "11",
                "limit",
                "at most 10, the high watermark",
                "topic",
                "orders");
        assertReason(negative, Reason.OFFSET_OUT_OF_RANGE, "field", "offset", "value", "-1", "limit", "at least 0");
        accepted(member, member.epoch(), offset(0, 10));
    }

    @Test
    void eachOffsetIsRefusedForItself() {
        var member = joined(leader, "a");

        var results = member.commit(
                member.epoch(),
                offset(0, 5),
                offset(3, 5),
                offset(1, 11),
                offset(1, 5).toBuilder().setTopic("nothing").build(),
                offset(1, 5).toBuilder()
                        .setTopicId("00000000-0000-0000-0000-000000000001")
                        .build(),
                offset(1, 5).toBuilder().setTopicId("no id").build(),
                offset(1, 5).toBuilder().setLeaderEpoch(-2).build(),
                offset(1, 5).toBuilder().setMetadata("eleven byte").build(),
                offset(2, 5).toBuilder()
                        .setTopicId(cluster.topicId("orders").toString())
                        .build());

        assertThat(results)
                .extracting(result ->
                        result.hasError() ? Refused.of(result.getError()).reason() : null)
                .containsExactly(
                        null,
                        Reason.PARTITION_OUT_OF_RANGE,
                        Reason.OFFSET_OUT_OF_RANGE,
                        Reason.UNKNOWN_TOPIC,
                        Reason.UNKNOWN_TOPIC,
                        Reason.INVALID_ARGUMENT,
                        Reason.INVALID_ARGUMENT,
                        Reason.LIMIT_REACHED,
                        null);
        assertReason(
                Refused.of(results.get(7).getError()), Reason.LIMIT_REACHED, "setting", "groups.metadata-max-bytes");
        assertThat(group().offsets()).hasSize(2);
    }

    @Test
    void nobodyCommitsWhatIsNotTheirsOrWasTakenFromThem() {
        var first = joined(leader, "a");
        var second = joined(leader, "b");
        await().until(() -> first.revokedCount() == 1);
        int moved = first.assignment().getRevoked(0).getPartition();
        long before = first.epoch();

        assertReason(second.refused(second.epoch(), offset(moved, 5)), Reason.PARTITION_NOT_OWNED);
        accepted(first, before, offset(moved, 5));
        first.release();
        await().until(() -> second.assigned().contains(moved));

        assertReason(first.refused(before, offset(moved, 6)), Reason.PARTITION_NOT_OWNED, "topic", "orders");
        accepted(first, before, offset(first.assigned().get(0), 6));
        accepted(second, second.epoch(), offset(moved, 6));
    }

    @Test
    void commitOfAnEpochThatTheMemberDoesNotHaveIsFenced() {
        var member = joined(leader, "a");

        assertReason(
                member.refused(member.epoch() - 1, offset(0, 5)),
                Reason.MEMBER_FENCED,
                "field",
                "member_epoch",
                "value",
                Long.toString(member.epoch() - 1));
        assertReason(member.refused(member.epoch() + 1, offset(0, 5)), Reason.MEMBER_FENCED);
        assertThat(group().offsets()).isEmpty();
    }

    @Test
    void commitsDoNotGoBack() {
        var member = joined(leader, "a");
        accepted(member, member.epoch(), offset(0, 5));

        assertReason(member.refused(member.epoch(), offset(0, 4)), Reason.OFFSET_BEHIND, "value", "4");
    }

    @Test
    void commitWithTooManyOffsetsIsRefused() {
        var member = joined(leader, "a");
        var many = new OffsetCommit[1001];
        Arrays.fill(many, offset(0, 5));

        assertThat(member.commit(member.epoch(), many))
                .allSatisfy(result -> assertReason(
                        Refused.of(result.getError()), Reason.LIMIT_REACHED, "value", "1001", "limit", "at most 1000"));
    }

    @Test
    void leaderOnAnotherNodeSaysWhereThePartitionEnds() {
        var member = joined(leader, "a");
        replicas.get(0).ledBy(2, 1);
        cluster.leads(2, "orders", 0, 6);
        var remote = other.replicas.add("orders", 0).ledBy(2, 2);
        append(remote, 12);

        accepted(member, member.epoch(), offset(0, 12));
        assertReason(
                member.refused(member.epoch(), offset(0, 13)),
                Reason.OFFSET_OUT_OF_RANGE,
                "limit",
                "at most 12, the high watermark");
    }

    @Test
    void memberCanFinishWhileAPartitionHasNoLeader() {
        var member = joined(leader, "a");
        replicas.get(0).leaderless();

        accepted(member, member.epoch(), offset(0, 11));
    }

    private CommitOffsetsRequest.Builder unary(String group, String memberId, long epoch) {
        return CommitOffsetsRequest.newBuilder()
                .setGroup(group)
                .setMemberId(memberId)
                .setMemberEpoch(epoch)
                .addOffsets(offset(0, 5));
    }

    private Refusal unaryRefused(CommitOffsetsRequest.Builder request) {
        var answer = other.groups().commitOffsets(request.build());
        return Refused.of(answer.getResults(0).getError());
    }

    @Test
    void memberCommitsWithoutItsStreamOnAnyNode() {
        var member = joined(leader, "a");

        var answer =
                other.groups().commitOffsets(unary(GROUP, "a", member.epoch()).build());

        assertThat(answer.getResults(0).hasError()).isFalse();
        assertThat(fetch(leader, 0).get(0).getOffset()).isEqualTo(5);
    }

    @Test
    void commitsWithoutAStreamKeepToTheRules() {
        var member = joined(leader, "a");

        assertReason(unaryRefused(unary("nobody", "a", member.epoch())), Reason.UNKNOWN_GROUP, "value", "nobody");
        assertReason(unaryRefused(unary(GROUP, "b", member.epoch())), Reason.UNKNOWN_MEMBER, "value", "b");
        assertReason(unaryRefused(unary(GROUP, "a", member.epoch() - 1)), Reason.MEMBER_FENCED);
        assertReason(
                unaryRefused(unary(GROUP, "a", member.epoch()).setOffsets(0, offset(0, 11))),
                Reason.OFFSET_OUT_OF_RANGE);
        assertReason(
                Refused.by(
                        () -> other.groups().commitOffsets(unary(GROUP, "", 1).build())),
                Reason.INVALID_ARGUMENT,
                "field",
                "member_id");
    }

    @Test
    void idThatNoMemberMayHaveCommitsNothing() {
        joined(leader, "a");

        assertReason(
                Refused.by(() -> other.groups()
                        .commitOffsets(unary(GROUP, "a".repeat(257), 1).build())),
                Reason.INVALID_NAME,
                "field",
                "member_id",
                "limit",
                "at most 256");
    }

    private ResetOffsetsRequest.Builder reset(String to, Integer... partitions) {
        return ResetOffsetsRequest.newBuilder()
                .setGroup(GROUP)
                .addResets(OffsetReset.newBuilder()
                        .setTopic("orders")
                        .addAllPartitions(List.of(partitions))
                        .setTo(to));
    }

    private List<ResetPartition> reset(TestNode node, ResetOffsetsRequest.Builder request) {
        return node.groups().resetOffsets(request.build()).getPartitionsList();
    }

    private Refusal resetRefused(ResetOffsetsRequest.Builder request) {
        return Refused.by(() -> other.groups().resetOffsets(request.build()));
    }

    @Test
    void groupIsCreatedByAResetToAnyStartPoint() {
        var answer = reset(
                other,
                reset("earliest", 0)
                        .setCreate(true)
                        .addResets(OffsetReset.newBuilder()
                                .setTopic("orders")
                                .addPartitions(1)
                                .setTo("last:3"))
                        .addResets(OffsetReset.newBuilder()
                                .setTopic("orders")
                                .addPartitions(2)
                                .setTo("@1004")));

        assertThat(answer).extracting(ResetPartition::getOffset).containsExactly(0L, 7L, 4L);
        assertThat(answer).allSatisfy(partition -> {
            assertThat(partition.hasBefore()).isFalse();
            assertThat(partition.getHighWatermark()).isEqualTo(10);
        });
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsExactly(0L, 7L, 4L);
        assertThat(reset(other, reset("latest")))
                .extracting(ResetPartition::getBefore)
                .containsExactly(0L, 7L, 4L);
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsExactly(10L, 10L, 10L);
    }

    @Test
    void dryRunShowsAndChangesNothing() {
        reset(other, reset("5").setCreate(true));

        var shown = reset(other, reset("8", 1).setDryRun(true));

        assertThat(shown).singleElement().satisfies(partition -> {
            assertThat(partition.getPartition()).isEqualTo(1);
            assertThat(partition.getBefore()).isEqualTo(5);
            assertThat(partition.getOffset()).isEqualTo(8);
        });
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsOnly(5L);
    }

    @Test
    void activeGroupIsResetByForceOnlyAndItsMembersBeginAnew() {
        var member = joined(leader, "a");
        accepted(member, member.epoch(), offset(0, 7));
        long before = member.epoch();

        assertReason(resetRefused(reset("2", 0)), Reason.GROUP_ACTIVE, "value", "1", "limit", "none");
        assertReason(resetRefused(reset("2", 0).setDryRun(true)), Reason.GROUP_ACTIVE);
        assertThat(fetch(leader, 0).get(0).getOffset()).isEqualTo(7);
        reset(other, reset("2", 0).setForce(true));

        await().until(() -> member.epoch() > before);
        assertThat(member.assignment().getAssigned(0).getOffset()).isEqualTo(2);
        assertThat(member.assignment().getAssigned(0).getSinceEpoch()).isEqualTo(member.epoch());
        assertThat(member.assignment().getAssigned(1).getSinceEpoch()).isEqualTo(before);
        assertReason(member.refused(before, offset(0, 8)), Reason.MEMBER_FENCED);
        accepted(member, before, offset(1, 8));
        accepted(member, member.epoch(), offset(0, 3));
    }

    @Test
    void resetsKeepToTheRules() {
        reset(other, reset("5").setCreate(true));

        assertReason(
                resetRefused(reset("5").setGroup("nobody")), Reason.UNKNOWN_GROUP, "field", "group", "value", "nobody");
        assertReason(
                resetRefused(reset("5").setGroup("no body").setCreate(true)), Reason.INVALID_NAME, "field", "group");
        assertReason(resetRefused(reset("11", 0)), Reason.OFFSET_OUT_OF_RANGE, "value", "11", "log_end_offset", "10");
        assertReason(resetRefused(reset("5", 3)), Reason.PARTITION_OUT_OF_RANGE, "value", "3");
        assertReason(resetRefused(reset("")), Reason.INVALID_ARGUMENT, "field", "resets.to");
        assertReason(resetRefused(reset("soon")), Reason.INVALID_ARGUMENT, "value", "soon");
        assertReason(resetRefused(reset("5", 0, 0)), Reason.INVALID_ARGUMENT, "field", "resets.partitions");
        assertReason(
                resetRefused(ResetOffsetsRequest.newBuilder().setGroup(GROUP)),
                Reason.INVALID_ARGUMENT,
                "field",
                "resets",
                "value",
                "0");
        var unknown = OffsetReset.newBuilder().setTopic("nothing").setTo("5");
        assertReason(resetRefused(reset("5").addResets(unknown)), Reason.UNKNOWN_TOPIC, "topic", "nothing");
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsOnly(5L);
    }

    @Test
    void resetOfWhichNobodyKnowsTheOutcomeIsWrittenOnceAndSaysSo() {
        reset(other, reset("5").setCreate(true));
        long before = cluster.image().index();
        cluster.loseNextAnswer();

        assertReason(resetRefused(reset("8")), Reason.METADATA_UNAVAILABLE, "outcome", "unknown");

        assertThat(cluster.image().index()).isEqualTo(before + 1);
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsOnly(8L);
    }

    @Test
    void resetWaitsForAMetadataLeader() {
        cluster.metadataLedBy(0);
        var answer = CompletableFuture.supplyAsync(() -> reset(other, reset("5").setCreate(true)));
        assertThat(answer).isNotDone();

        cluster.metadataLedBy(2);

        assertThat(answer).succeedsWithin(Duration.ofSeconds(20));
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsOnly(5L);
    }

    @Test
    void topicWithManyPartitionsIsResetAsAWhole() {
        cluster.createTopic("wide", 1_500, 3);
        var led = new ArrayList<LeaderReport>();
        for (int partition = 0; partition < 1_500; partition++) {
            led.add(new LeaderReport(cluster.topicId("wide"), partition, 5));
            leader.replicas.add("wide", partition);
        }
        cluster.apply(new MetadataCommand.ReportLeaders(1, led));

        var answer = reset(
                other,
                ResetOffsetsRequest.newBuilder()
                        .setGroup(GROUP)
                        .setCreate(true)
                        .addResets(OffsetReset.newBuilder().setTopic("wide").setTo("earliest")));

        assertThat(answer).hasSize(1_500);
        assertThat(cluster.image().groups().group(GROUP).orElseThrow().offsets())
                .hasSize(1_500);
    }

    @Test
    void resetOfAPartitionWithoutALeaderChangesNothing() {
        reset(other, reset("5").setCreate(true));
        cluster.createTopic("unled", 1, 1);

        assertReason(
                resetRefused(reset("6", 0)
                        .addResets(OffsetReset.newBuilder().setTopic("unled").setTo("0"))),
                Reason.LEADER_UNKNOWN);
        assertThat(fetch(leader)).extracting(GroupOffset::getOffset).containsOnly(5L);
    }

    @Test
    void offsetsAreDeletedWhereNoMemberHasThePartition() {
        reset(other, reset("5").setCreate(true));
        cluster.createTopic("returns", 1, 1);
        hello(leader.channel, hello("a", "returns")).awaitAssignment();

        var results = other.groups()
                .deleteOffsets(DeleteOffsetsRequest.newBuilder()
                        .setGroup(GROUP)
                        .addPartitions(partition(1))
                        .addPartitions(TopicPartition.newBuilder().setTopic("returns"))
                        .addPartitions(partition(7))
                        .build())
                .getResultsList();

        assertThat(results.get(0).hasError()).isFalse();
        assertReason(Refused.of(results.get(1).getError()), Reason.GROUP_ACTIVE, "topic", "returns");
        assertReason(Refused.of(results.get(2).getError()), Reason.PARTITION_OUT_OF_RANGE, "value", "7");
        assertThat(fetch(leader)).extracting(GroupOffset::getPartition).containsExactly(0, 2);
        assertReason(
                Refused.by(() -> other.groups()
                        .deleteOffsets(DeleteOffsetsRequest.newBuilder()
                                .setGroup(GROUP)
                                .build())),
                Reason.INVALID_ARGUMENT,
                "field",
                "partitions");
    }

    @Test
    void groupIsDeletedWithoutMembersOnly() {
        var member = joined(leader, "a");
        accepted(member, member.epoch(), offset(0, 7));
        var delete = DeleteGroupRequest.newBuilder().setGroup(GROUP).build();

        assertReason(Refused.by(() -> other.groups().deleteGroup(delete)), Reason.GROUP_ACTIVE, "value", "1");
        member.leave();
        member.awaitGoodEnd();
        other.groups().deleteGroup(delete);

        assertReason(Refused.by(() -> other.groups().deleteGroup(delete)), Reason.UNKNOWN_GROUP, "value", GROUP);
        assertReason(Refused.by(() -> fetch(other)), Reason.UNKNOWN_GROUP);
    }

    @Test
    void groupIsDescribedWithMembersPartitionsAndOffsets() {
        var first = joined(leader, "a");
        accepted(first, first.epoch(), offset(1, 7));
        joined(leader, "b");
        await().until(() -> first.revokedCount() == 1);

        var group = other.groups()
                .describeGroup(DescribeGroupRequest.newBuilder().setGroup(GROUP).build())
                .getGroup();

        assertThat(group.getState()).isEqualTo(GroupState.GROUP_STATE_SETTLING);
        assertThat(group.getMembersList())
                .extracting(member -> member.getMemberId() + " " + member.getName() + " " + member.getTopicsList() + " "
                        + member.getPartitionCount())
                .containsExactly("a name of a [orders] 3", "b name of b [orders] 0");
        assertThat(group.getPartitionsList())
                .extracting(GroupPartitionState::getOwner)
                .containsOnly("a");
        assertThat(group.getPartitionsList())
                .filteredOn(GroupPartitionState::getRevoked)
                .singleElement()
                .satisfies(partition -> assertThat(partition.getTarget()).isEqualTo("b"));
        assertThat(group.getPartitions(1).getOffset()).isEqualTo(7);
        assertThat(group.getPartitions(0).hasOffset()).isFalse();
        assertThat(group.hasEmptySince()).isFalse();
        assertThat(group.getSettings().getSessionTimeout().getSeconds()).isEqualTo(10);
        assertThat(group.getMembers(0).getSessionTimeout().getSeconds()).isEqualTo(10);
    }

    @Test
    void groupsAreListedInPages() {
        for (String name : List.of("c", "a", "b")) {
            reset(other, reset("5").setGroup(name).setCreate(true));
        }

        var first = other.groups()
                .listGroups(ListGroupsRequest.newBuilder().setPageSize(2).build());
        var second = other.groups()
                .listGroups(ListGroupsRequest.newBuilder()
                        .setPageSize(2)
                        .setPageToken(first.getNextPageToken())
                        .build());

        assertThat(first.getGroupsList()).extracting(GroupSummary::getName).containsExactly("a", "b");
        assertThat(first.getGroupsList()).allSatisfy(group -> {
            assertThat(group.getState()).isEqualTo(GroupState.GROUP_STATE_EMPTY);
            assertThat(group.getOffsetCount()).isEqualTo(3);
        });
        assertThat(second.getGroupsList()).extracting(GroupSummary::getName).containsExactly("c");
        assertThat(second.getNextPageToken()).isEmpty();
        assertReason(
                Refused.by(() -> other.groups()
                        .listGroups(
                                ListGroupsRequest.newBuilder().setPageSize(1001).build())),
                Reason.INVALID_ARGUMENT,
                "field",
                "page_size");
    }

    @Test
    void whatIsCommittedAndRefusedIsCounted() {
        var member = joined(leader, "a");
        accepted(member, member.epoch(), offset(0, 5), offset(1, 5));
        member.refused(member.epoch(), offset(0, 11));

        var registry = leader.registry;
        assertThat(registry.get("cordwood.group.offsets.committed").counter().count())
                .isEqualTo(2);
        assertThat(registry.get("cordwood.refusals")
                        .tags("of", "offset", "reason", "offset_out_of_range")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("cordwood.group.commit.latency").timer().count())
                .isEqualTo(2);
        assertThat(registry.get("cordwood.groups")
                        .tag("state", "active")
                        .gauge()
                        .value())
                .isEqualTo(1);
        await().until(() -> registry.get("cordwood.group.members").gauge().value() == 1);
        assertThat(other.registry.get("cordwood.group.members").gauge().value()).isZero();
    }

    @Test
    void nothingOfThisIsThereBeforeItsFeatureLevel() throws Exception {
        var early = FakeCluster.of(1, MetadataCommand.GROUPS - 1);
        early.createTopic("orders", 1, 1);
        var node = TestNode.open(1, early, new FakePeers());
        try {
            early.leads(1, "orders", 0, 5);
            node.replicas.add("orders", 0);

            var join = hello(node.channel, hello("a", "orders")).end();
            var reset = Refused.by(
                    () -> node.groups().resetOffsets(reset("0").setCreate(true).build()));

            assertReason(join, Reason.FEATURE_NOT_ENABLED, "value", "3");
            assertReason(reset, Reason.FEATURE_NOT_ENABLED);
        } finally {
            node.close();
        }
    }
}
