package io.cordwood.server.rpc;

import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_DISK;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_FAILING_RECORD;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_FENCED;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_MOVING;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NODE_AWAY;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NODE_DEAD;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NODE_NOT_READY;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NOT_SUBSCRIBED;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NO_CREDITS;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NO_LEADER;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NO_MAJORITY;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NO_MEMBER;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_NO_METADATA_LEADER;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_OUT_OF_RANGE;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_PAUSED;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_RETENTION_NEAR;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_SILENT_MEMBER;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_SLOW_HANDLER;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_STOPPED;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_TOO_SLOW;
import static io.cordwood.proto.v1.CauseCode.CAUSE_CODE_UNDER_REPLICATED;
import static io.cordwood.server.rpc.Refused.assertReason;
import static io.cordwood.server.rpc.TestMember.GROUP;
import static io.cordwood.server.rpc.TestMember.hello;
import static io.cordwood.server.rpc.TestMember.joined;
import static io.cordwood.server.rpc.TestMember.offset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.cordwood.batch.RecordBatch;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.NodeState;
import io.cordwood.proto.internal.v1.ForwardResponse;
import io.cordwood.proto.v1.Cause;
import io.cordwood.proto.v1.CauseCode;
import io.cordwood.proto.v1.CommitOffsetsRequest;
import io.cordwood.proto.v1.ExplainRequest;
import io.cordwood.proto.v1.ExplainedGroup;
import io.cordwood.proto.v1.ExplainedTopic;
import io.cordwood.proto.v1.GroupPartition;
import io.cordwood.proto.v1.GroupSettings;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.raft.AppendRequest;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import io.cordwood.server.health.Hindrance;
import io.cordwood.server.partition.Batches;
import io.cordwood.server.partition.FakeReplica;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What Explain says of a group, a topic and a node to which a test does something, over real connections to
 * three nodes whose metadata is in memory. Node 1 leads everything; mostly node 2 is asked.
 */
final class ExplainTest {
    private final FakeCluster cluster = FakeCluster.of(3, MetadataCommand.GROUPS);
    private final FakePeers peers = new FakePeers();
    private final List<TestNode> nodes = new ArrayList<>();
    /** Those of the leader. */
    private final List<FakeReplica> replicas = new ArrayList<>();

    /** Three partitions of ten records. */
    @BeforeEach
    void openNodes() throws IOException {
        cluster.createTopic("orders", 3, 3);
        for (int id = 1; id <= 3; id++) {
            var node = TestNode.open(id, cluster, peers);
            node.server.announce(List.of());
            nodes.add(node);
        }
        for (int partition = 0; partition < 3; partition++) {
            cluster.leads(1, "orders", partition, 5);
            replicas.add(node(1).replicas.add("orders", partition));
            node(2).replicas.add("orders", partition).ledBy(1, 2);
            node(3).replicas.add("orders", partition).ledBy(1, 3);
            for (int i = 0; i < 10; i++) {
                assertThat(replicas.get(partition).append(AppendRequest.of(RecordBatch.of(Batches.at(1_000 + i)))))
                        .isDone();
            }
        }
    }

    @AfterEach
    void closeNodes() throws InterruptedException {
        for (var node : nodes) {
            node.close();
            assertThat(node.failures).isEmpty();
        }
    }

    private TestNode node(int id) {
        return nodes.get(id - 1);
    }

    private List<Cause> explain(ExplainRequest.Builder request) {
        return node(2).cluster().explain(request.build()).getCausesList();
    }

    private static ExplainRequest.Builder groupRequest() {
        return ExplainRequest.newBuilder().setGroup(ExplainedGroup.newBuilder().setGroup(GROUP));
    }

    private List<Cause> explainGroup() {
        return explain(groupRequest());
    }

    private List<Cause> explainPartition(int partition) {
        return explain(ExplainRequest.newBuilder()
                .setGroup(ExplainedGroup.newBuilder()
                        .setGroup(GROUP)
                        .setTopic("orders")
                        .setPartition(partition)));
    }

    private static ExplainRequest.Builder topicRequest(String topic) {
        return ExplainRequest.newBuilder().setTopic(ExplainedTopic.newBuilder().setTopic(topic));
    }

    private List<Cause> explainTopic() {
        return explain(topicRequest("orders"));
    }

    private List<Cause> explainNode(int nodeId) {
        return explain(ExplainRequest.newBuilder().setNodeId(nodeId));
    }

    private static List<CauseCode> codes(List<Cause> causes) {
        return causes.stream().map(Cause::getCode).toList();
    }

    private MemberProgress.Builder at(int partition, long offset) {
        return MemberProgress.newBuilder()
                .setPartition(GroupPartition.newBuilder()
                        .setTopicId(cluster.topicId("orders").toString())
                        .setPartition(partition))
                .setOffset(offset);
    }

    private static Duration seconds(long seconds) {
        return Duration.newBuilder().setSeconds(seconds).build();
    }

    @Test
    void soundGroupTopicAndNodeHaveNoCauses() {
        joined(node(1), "a");

        assertThat(explainGroup()).isEmpty();
        assertThat(explainPartition(1)).isEmpty();
        assertThat(explainTopic()).isEmpty();
        assertThat(explainNode(3)).isEmpty();
        assertThat(node(1).cluster().explain(groupRequest().build()).getCausesList())
                .isEmpty();
    }

    @Test
    void whatAMemberSaysOfItsPartitionsIsExplainedUntilItsNextPing() {
        var member = joined(node(1), "a");
        member.report(
                at(0, 3).setPaused(true).build(),
                at(1, 4).setFull(true).setProcessing(seconds(192)).build(),
                at(2, 5).setFailedAttempts(3).build());

        var causes = explainGroup();

        assertThat(causes)
                .extracting(Cause::getCode, Cause::getTopic, Cause::getPartition, Cause::getMemberId)
                .containsExactly(
                        tuple(CAUSE_CODE_FAILING_RECORD, "orders", 2, "a"),
                        tuple(CAUSE_CODE_PAUSED, "orders", 0, "a"),
                        tuple(CAUSE_CODE_SLOW_HANDLER, "orders", 1, "a"),
                        tuple(CAUSE_CODE_NO_CREDITS, "orders", 1, "a"));
        assertThat(causes.get(2).getSentence())
                .isEqualTo(
                        "partition orders-1: member \"name of a\" (host 127.0.0.1) has handled the record at offset 4"
                                + " for 3 min 12 s");
        assertThat(causes).allMatch(cause -> !cause.getHint().isEmpty());
        assertThat(codes(explainPartition(0))).containsExactly(CAUSE_CODE_PAUSED);
        member.report();
        assertThat(explainGroup()).isEmpty();
    }

    @Test
    void memberThatStoppedSaysWhy() {
        var member = joined(node(1), "a");
        var gaveUp = Status.newBuilder().setCode(Code.ABORTED_VALUE).setMessage("handler " + "x".repeat(400));
        var trimmed = Errors.status(Refusal.of(Reason.OFFSET_OUT_OF_RANGE, "offset 5 was trimmed"));
        member.report(
                at(0, 3).setStopped(gaveUp).build(),
                at(1, 5).setStopped(trimmed).build());

        var causes = explainGroup();

        assertThat(codes(causes)).containsExactly(CAUSE_CODE_OUT_OF_RANGE, CAUSE_CODE_STOPPED);
        assertThat(causes.get(0).getSentence()).endsWith("finds no record to go on with: offset 5 was trimmed");
        assertThat(causes.get(1).getSentence()).endsWith("x...").hasSizeLessThan(450);
    }

    private void leaveStopped(long committed) {
        var member = joined(node(1), "a");
        if (committed > 0) {
            member.commit(member.epoch(), offset(0, committed));
        }
        var gaveUp = Status.newBuilder().setCode(Code.ABORTED_VALUE).setMessage("a record failed");
        member.report(at(0, committed).setStopped(gaveUp).build());
        member.leave();
        member.awaitGoodEnd();
    }

    @Test
    void whyAMemberStoppedIsSaidAfterItLeftToo() {
        leaveStopped(3);

        var causes = explainGroup();

        assertThat(causes)
                .extracting(Cause::getCode, Cause::getTopic, Cause::getMemberId)
                .containsExactly(tuple(CAUSE_CODE_NO_MEMBER, "", ""), tuple(CAUSE_CODE_STOPPED, "orders", "a"));
        assertThat(causes.get(1).getSentence())
                .startsWith("partition orders-0: member \"name of a\" (host 127.0.0.1) stopped at offset 3 and left")
                .endsWith("ago: a record failed");
        assertThat(codes(explainPartition(1))).containsExactly(CAUSE_CODE_NO_MEMBER);

        var next = joined(node(1), "b");
        assertThat(codes(explainGroup())).containsExactly(CAUSE_CODE_STOPPED);
        next.commit(next.epoch(), offset(0, 4));
        assertThat(explainGroup()).isEmpty();
    }

    /** Nothing is left of the group then. */
    @Test
    void whyTheFirstRecordStoppedAMemberIsSaidAfterItLeft() {
        leaveStopped(0);

        assertThat(explainGroup())
                .extracting(Cause::getCode, Cause::getMemberId)
                .containsExactly(tuple(CAUSE_CODE_NO_MEMBER, ""), tuple(CAUSE_CODE_STOPPED, "a"));
        assertThat(codes(explainPartition(0))).containsExactly(CAUSE_CODE_NO_MEMBER, CAUSE_CODE_STOPPED);
    }

    @Test
    void reportsThatMakeNoSenseAreLeftOut() {
        var member = joined(node(1), "a");
        var noTopic = GroupPartition.newBuilder().setTopicId("no id");
        var forever = Duration.newBuilder().setSeconds(Long.MAX_VALUE).setNanos(Integer.MAX_VALUE);
        var before = Duration.newBuilder().setSeconds(-5).setNanos(-5);

        member.report(
                at(0, 3).setPartition(noTopic).setPaused(true).build(),
                at(-1, 3).setPaused(true).build(),
                at(17, 3).setPaused(true).build(),
                at(0, -3).setProcessing(forever).build(),
                at(1, 3).setProcessing(before).setFailedAttempts(-1).build());

        assertThat(explainGroup())
                .extracting(Cause::getCode, Cause::getPartition)
                .containsExactly(tuple(CAUSE_CODE_SLOW_HANDLER, 0));
        assertThat(member.ended()).isFalse();
    }

    @Test
    void partitionThatMovesAndCommitsOfWhoeverLostItAreExplained() {
        var first = joined(node(1), "a");
        long before = first.epoch();
        var second = joined(node(1), "b");
        await().until(() -> first.revokedCount() > 0);
        int moving = first.assignment().getRevoked(0).getPartition();

        var causes = explainPartition(moving);
        assertThat(codes(causes)).containsExactly(CAUSE_CODE_MOVING);
        assertThat(causes.get(0).getMemberId()).isEqualTo("a");

        first.release();
        await().until(() -> second.assigned().contains(moving));
        assertThat(explainPartition(moving)).isEmpty();
        assertReason(first.refused(before, offset(moving, 4)), Reason.PARTITION_NOT_OWNED);
        var refused = explainGroup();
        assertThat(refused)
                .extracting(Cause::getCode, Cause::getPartition, Cause::getMemberId)
                .containsExactly(tuple(CAUSE_CODE_FENCED, moving, "a"));
        assertThat(refused.get(0).getSentence()).contains("\"name of a\"", "PARTITION_NOT_OWNED");
    }

    @Test
    void commitOfAMemberThatLeftIsExplainedAndThatOfOneThatNeverWasIsNot() {
        var gone = joined(node(1), "gone");
        gone.leave();
        gone.awaitGoodEnd();
        joined(node(1), "a");
        for (var memberId : List.of("gone", "made up")) {
            var unused = node(2).groups()
                    .commitOffsets(CommitOffsetsRequest.newBuilder()
                            .setGroup(GROUP)
                            .setMemberId(memberId)
                            .setMemberEpoch(1)
                            .addOffsets(offset(2, 1))
                            .build());
        }

        assertThat(explainGroup())
                .extracting(Cause::getCode, Cause::getPartition, Cause::getMemberId)
                .containsExactly(tuple(CAUSE_CODE_FENCED, 2, "gone"));
    }

    @Test
    void memberWhoseSessionEndedIsExplained() {
        var settings = GroupSettings.newBuilder()
                .setSessionTimeout(Duration.newBuilder().setNanos(500_000_000));
        hello(node(1).channel, hello("a", "orders").setSettings(settings)).awaitAssignment();
        joined(node(1), "b");

        var causes = await().until(this::explainGroup, all -> codes(all).contains(CAUSE_CODE_FENCED));
        assertThat(causes)
                .extracting(Cause::getCode, Cause::getPartition, Cause::getMemberId)
                .containsExactly(
                        tuple(CAUSE_CODE_FENCED, 0, "a"),
                        tuple(CAUSE_CODE_FENCED, 1, "a"),
                        tuple(CAUSE_CODE_FENCED, 2, "a"));
        assertThat(causes.get(0).getSentence()).contains("was not heard of for its session");
    }

    @Test
    void groupWithoutMembersIsExplainedWhereSomethingWaits() {
        var member = joined(node(1), "a");
        member.commit(member.epoch(), offset(0, 7));
        member.leave();
        member.awaitGoodEnd();

        var causes = explainGroup();

        assertThat(codes(causes)).containsExactly(CAUSE_CODE_NO_MEMBER);
        assertThat(causes.get(0).getSentence()).endsWith("so nobody processes: 3 records in 1 partition wait");
        assertThat(causes.get(0).hasPartition()).isFalse();
        replicas.get(0).trimTo(10); // nothing is left to process
        assertThat(codes(explainGroup())).containsExactly(CAUSE_CODE_OUT_OF_RANGE);
    }

    @Test
    void topicThatNoMemberWantsIsExplained() {
        cluster.createTopic("refunds", 1, 3);
        var member = joined(node(1), "a");
        member.commit(member.epoch(), offset(0, 7));
        member.leave();
        member.awaitGoodEnd();
        hello(node(1).channel, hello("b", "refunds")).awaitAssignment();

        assertThat(explain(ExplainRequest.newBuilder()
                        .setGroup(ExplainedGroup.newBuilder().setGroup(GROUP).setTopic("orders"))))
                .extracting(Cause::getCode, Cause::getTopic)
                .containsExactly(tuple(CAUSE_CODE_NOT_SUBSCRIBED, "orders"));
    }

    @Test
    void memberThatIsNotHeardOfIsExplained() {
        var settings = GroupSettings.newBuilder().setSessionTimeout(seconds(6));
        hello(node(1).channel, hello("a", "orders").setSettings(settings)).awaitAssignment();

        await().until(() -> codes(explainGroup()).contains(CAUSE_CODE_SILENT_MEMBER));
    }

    @Test
    void offsetThatWasTrimmedIsExplained() {
        var member = joined(node(1), "a");
        member.commit(member.epoch(), offset(0, 3));

        replicas.get(0).trimTo(8);

        assertThat(explainGroup())
                .extracting(Cause::getCode, Cause::getPartition)
                .containsExactly(tuple(CAUSE_CODE_OUT_OF_RANGE, 0));
    }

    @Test
    void groupThatFallsBehindIsExplained() {
        var member = joined(node(1), "a");
        member.commit(member.epoch(), offset(0, 3));
        replicas.get(0).forecast(OptionalLong.empty(), 1_000);
        assertThat(explainGroup()).isEmpty();

        member.commit(member.epoch(), offset(0, 4));

        var causes = explainGroup();
        assertThat(causes)
                .extracting(Cause::getCode, Cause::getPartition)
                .containsExactly(tuple(CAUSE_CODE_TOO_SLOW, 0));
        assertThat(causes.get(0).getSentence()).contains("1000.0 are appended, and 6 records wait");
    }

    @Test
    void retentionThatComesBeforeTheGroupIsExplained() {
        joined(node(1), "a");

        replicas.get(2).forecast(OptionalLong.of(60_000), 0);

        var causes = explainGroup();
        assertThat(causes)
                .extracting(Cause::getCode, Cause::getPartition)
                .containsExactly(tuple(CAUSE_CODE_RETENTION_NEAR, 2));
        assertThat(causes.get(0).getSentence()).contains("may remove the next record in 1 min");
    }

    @Test
    void partitionWithoutLeaderIsExplained() {
        joined(node(1), "a");
        replicas.get(1).leaderless();

        assertThat(explainGroup())
                .extracting(Cause::getCode, Cause::getPartition)
                .containsExactly(tuple(CAUSE_CODE_NO_LEADER, 1));
        assertThat(codes(explainTopic())).containsExactly(CAUSE_CODE_NO_LEADER);
    }

    @Test
    void deadNodesAreExplainedWithWhatTheyTakeAlong() {
        joined(node(1), "a");
        peers.silence(3);

        assertThat(codes(explainTopic()))
                .containsExactly(CAUSE_CODE_UNDER_REPLICATED, CAUSE_CODE_UNDER_REPLICATED, CAUSE_CODE_UNDER_REPLICATED);
        assertThat(explainGroup()).isEmpty();
        assertThat(codes(explainNode(3))).containsExactly(CAUSE_CODE_NODE_DEAD);
        cluster.apply(new MetadataCommand.SetNodeState(3, "incarnation-3", NodeState.DEAD));
        assertThat(codes(explainTopic())).first().isEqualTo(CAUSE_CODE_NODE_DEAD);
        var dead = explainNode(3);
        assertThat(codes(dead)).containsExactly(CAUSE_CODE_NODE_DEAD);
        assertThat(dead.get(0).getSentence()).contains("3 stay");
        assertThat(dead.get(0).getNodeId()).isEqualTo(3);

        node(2).replicas.setAside("orders", 0);
        var causes = explain(ExplainRequest.newBuilder()
                .setTopic(ExplainedTopic.newBuilder().setTopic("orders").setPartition(0)));
        assertThat(codes(causes)).containsExactly(CAUSE_CODE_NO_MAJORITY, CAUSE_CODE_NODE_DEAD);
        assertThat(codes(explainGroup())).containsExactly(CAUSE_CODE_NO_MAJORITY, CAUSE_CODE_NODE_DEAD);
    }

    @Test
    void diskWithoutRoomIsExplained() {
        joined(node(1), "a");
        cluster.tell(1, new NodeDisk("data", 500, 1_000, Level.LOW));

        for (var causes : List.of(explainGroup(), explainTopic(), explainNode(1))) {
            assertThat(causes).extracting(Cause::getCode, Cause::getNodeId).containsExactly(tuple(CAUSE_CODE_DISK, 1));
        }
    }

    @Test
    void nodeSaysItselfWhatHindersIt() {
        node(3).server
                .announce(List.of(
                        new Hindrance(Hindrance.Code.NOT_JOINED, "it starts"),
                        new Hindrance(Hindrance.Code.DISK_SPACE_LOW, "ready all the same"),
                        new Hindrance(Hindrance.Code.REPLICAS_SET_ASIDE, "1 of 3 replicas are set aside")));
        cluster.apply(new MetadataCommand.AddNode(4, "127.0.0.1:10004"));

        var causes = explainNode(3);
        assertThat(codes(causes)).containsExactly(CAUSE_CODE_NODE_NOT_READY, CAUSE_CODE_UNDER_REPLICATED);
        assertThat(causes.get(0).getSentence()).contains("NOT_JOINED", "it starts");
        assertThat(codes(explainNode(4))).containsExactly(CAUSE_CODE_NODE_AWAY);
    }

    @Test
    void whatANodeKnowsIsExplainedWithoutAMetadataLeader() {
        var member = joined(node(1), "a");
        member.report(at(0, 3).setPaused(true).build());
        replicas.get(1).leaderless();
        cluster.cutOff();

        for (var causes : List.of(explainGroup(), explainTopic())) {
            assertThat(codes(causes)).startsWith(CAUSE_CODE_NO_METADATA_LEADER).contains(CAUSE_CODE_NO_LEADER);
        }
        cluster.metadataLedBy(0);
        assertThat(codes(explainGroup())).containsExactly(CAUSE_CODE_NO_METADATA_LEADER, CAUSE_CODE_NO_LEADER);
        assertThat(codes(explainNode(3))).containsExactly(CAUSE_CODE_NO_METADATA_LEADER);
        assertReason(refused(topicRequest("unknown")), Reason.METADATA_UNAVAILABLE);
    }

    @Test
    void metadataLeaderThatDoesNotAnswerIsAsGoodAsNone() {
        joined(node(1), "a");
        cluster.metadataLedBy(3);
        peers.silence(3);

        assertThat(codes(explainGroup())).containsExactly(CAUSE_CODE_NO_METADATA_LEADER);
    }

    /** Otherwise a group would look as though nothing held it back. */
    @Test
    void groupOfWhichTheMetadataLeaderDoesNotTellIsNotExplained() {
        joined(node(1), "a");
        cluster.metadataLedBy(3);

        leaderAnswers(Refusal.of(Reason.INTERNAL, "a fault"));
        assertReason(refused(groupRequest()), Reason.INTERNAL);
        leaderAnswers(Refusal.of(Reason.OVERLOADED, "too much to do"));
        assertReason(refused(groupRequest()), Reason.OVERLOADED);
        leaderAnswers(Refusal.of(Reason.INVALID_ARGUMENT, "method is not one of its own"));
        assertReason(refused(groupRequest()), Reason.FEATURE_NOT_ENABLED);
        leaderAnswers(Refusal.of(Reason.REQUEST_TIMED_OUT, "too late"));
        assertThat(codes(explainGroup())).contains(CAUSE_CODE_NO_METADATA_LEADER);
    }

    /** Node 3, to whatever it is asked. */
    private void leaderAnswers(Refusal refusal) {
        var answer =
                ForwardResponse.newBuilder().setError(Errors.status(refusal)).build();
        peers.on(3).handle(Forwarding.METHOD, request -> CompletableFuture.completedFuture(answer.toByteArray()));
    }

    private Refusal refused(ExplainRequest.Builder request) {
        return Refused.by(() -> node(2).cluster().explain(request.build()));
    }

    @Test
    void whatThereIsNotIsRefused() {
        joined(node(1), "a");
        var group = ExplainedGroup.newBuilder().setGroup(GROUP);
        var unknown = ExplainedGroup.newBuilder().setGroup("unknown");

        assertReason(refused(ExplainRequest.newBuilder()), Reason.INVALID_ARGUMENT, "field", "subject");
        assertReason(refused(ExplainRequest.newBuilder().setGroup(unknown)), Reason.UNKNOWN_GROUP, "value", "unknown");
        assertReason(
                refused(ExplainRequest.newBuilder().setGroup(group.clone().setPartition(1))),
                Reason.INVALID_ARGUMENT,
                "field",
                "partition");
        assertReason(
                refused(ExplainRequest.newBuilder().setGroup(group.clone().setTopic("unknown"))), Reason.UNKNOWN_TOPIC);
        assertReason(
                refused(ExplainRequest.newBuilder()
                        .setGroup(group.clone().setTopic("orders").setPartition(3))),
                Reason.PARTITION_OUT_OF_RANGE);
        assertReason(refused(topicRequest("unknown")), Reason.UNKNOWN_TOPIC, "topic", "unknown");
        assertReason(
                refused(ExplainRequest.newBuilder()
                        .setTopic(ExplainedTopic.newBuilder().setTopic("orders").setPartition(-1))),
                Reason.PARTITION_OUT_OF_RANGE);
        assertReason(refused(ExplainRequest.newBuilder().setNodeId(9)), Reason.UNKNOWN_NODE, "value", "9");
    }

    @Test
    void everyCodeOfTheEngineHasOneOnTheWire() {
        assertThat(Stream.of(io.cordwood.server.explain.CauseCode.values()).map(ExplainMessages::code))
                .doesNotHaveDuplicates()
                .hasSize(CauseCode.values().length - 2); // unspecified and unrecognized
    }
}
