package io.cordwood.server.rpc;

import static io.cordwood.server.rpc.Refused.assertReason;
import static io.cordwood.server.rpc.TestMember.GROUP;
import static io.cordwood.server.rpc.TestMember.hello;
import static io.cordwood.server.rpc.TestMember.joined;
import static io.cordwood.server.rpc.TestMember.offset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Duration;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.proto.v1.GroupAssignor;
import io.cordwood.proto.v1.GroupSettings;
import io.cordwood.proto.v1.JoinGroupRequest;
import io.cordwood.proto.v1.MemberHello;
import io.cordwood.proto.v1.TrimmedOffsets;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.cluster.Refusal;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How members come, share and go, over real connections to two nodes whose metadata is in memory. */
final class GroupMembersTest {
    private final FakeCluster cluster = FakeCluster.of(3, MetadataCommand.GROUPS);
    private TestNode leader;
    private TestNode other;

    @BeforeEach
    void openNodes() throws IOException {
        cluster.createTopic("orders", 4, 3);
        cluster.advertises(1, Map.of("client", "n1:9090", "external", "host:9090"));
        var peers = new FakePeers();
        leader = TestNode.open(1, cluster, peers);
        other = TestNode.open(2, cluster, peers);
        for (int partition = 0; partition < 4; partition++) {
            leader.replicas.add("orders", partition);
        }
    }

    @AfterEach
    void closeNodes() throws InterruptedException {
        leader.close();
        other.close();
        assertThat(leader.failures).isEmpty();
        assertThat(other.failures).isEmpty();
    }

    private static GroupSettings.Builder session(long millis) {
        return GroupSettings.newBuilder()
                .setSessionTimeout(
                        Duration.newBuilder().setSeconds(millis / 1000).setNanos((int) (millis % 1000) * 1_000_000));
    }

    private boolean isMember(String memberId) {
        return cluster.image()
                .groups()
                .group(GROUP)
                .flatMap(group -> group.membership().member(memberId))
                .isPresent();
    }

    @Test
    void firstMemberHasAllPartitions() {
        var member = hello(
                leader.channel,
                hello("a", "orders")
                        .setSettings(session(8_000).setTrimmedOffsets(TrimmedOffsets.TRIMMED_OFFSETS_LATEST)));
        member.awaitAssignment();

        assertThat(member.joins()).singleElement().satisfies(joined -> {
            assertThat(joined.getMemberId()).isEqualTo("a");
            assertThat(joined.getMemberEpoch()).isEqualTo(member.epoch());
            assertThat(joined.getLease().getSessionTimeout().getSeconds()).isEqualTo(8);
            assertThat(joined.getLease().getPingInterval().getSeconds()).isEqualTo(2);
            assertThat(joined.getTrimmedOffsets()).isEqualTo(TrimmedOffsets.TRIMMED_OFFSETS_LATEST);
        });
        assertThat(member.assigned()).containsExactly(0, 1, 2, 3);
        assertThat(member.assignment().getAssignedList()).allSatisfy(partition -> {
            assertThat(partition.getTopic()).isEqualTo("orders");
            assertThat(partition.getTopicId())
                    .isEqualTo(cluster.topicId("orders").toString());
            assertThat(partition.getSinceEpoch()).isEqualTo(member.epoch());
            assertThat(partition.hasOffset()).isFalse();
        });
        assertThat(cluster.image()
                        .groups()
                        .group(GROUP)
                        .orElseThrow()
                        .membership()
                        .members())
                .extractingByKey("a")
                .satisfies(known -> assertThat(known.clientHost()).isEqualTo("127.0.0.1"));
    }

    @Test
    void secondMemberHasItsShareOnceTheFirstHasGivenItUp() {
        var first = joined(leader, "a");
        var second = joined(leader, "b");
        await().until(() -> first.revokedCount() == 2);
        assertThat(second.assigned()).isEmpty();

        first.release();

        await().until(() -> second.assigned().size() == 2);
        assertThat(first.assigned()).hasSize(2);
        assertThat(second.assigned()).doesNotContainAnyElementsOf(first.assigned());
    }

    @Test
    void memberThatLeavesFreesItsPartitionsAtOnce() {
        var first = joined(leader, "a");
        var second = joined(leader, "b");

        first.leave();

        first.awaitGoodEnd();
        await().until(() -> second.assigned().size() == 4);
        assertThat(isMember("a")).isFalse();
    }

    @Test
    void whatIsCommittedBeforeTheLeaveIsKept() {
        cluster.createTopic("remote", 1, 1);
        var member = hello(leader.channel, hello("a", "remote"));
        member.awaitAssignment();

        // Nobody here knows the partition's end, and its leader does not say: that is waited for, and then
        // passed over.
        member.say(JoinGroupRequest.newBuilder()
                .setCommit(io.cordwood.proto.v1.MemberCommit.newBuilder()
                        .setMemberEpoch(member.epoch())
                        .addOffsets(offset(0, 7).toBuilder().setTopic("remote"))));
        member.leave();

        member.awaitGoodEnd();
        assertThat(cluster.image().groups().group(GROUP).orElseThrow().offsets().values())
                .singleElement()
                .satisfies(committed -> assertThat(committed.offset()).isEqualTo(7));
    }

    @Test
    void silentMemberIsRemovedAndToldSo() {
        var silent = hello(leader.channel, hello("a", "orders").setSettings(session(500)));
        silent.awaitAssignment();

        assertReason(silent.end(), Reason.UNKNOWN_MEMBER, "field", "member_id", "value", "a");
        assertThat(isMember("a")).isFalse();
    }

    @Test
    void pingsKeepAMemberAndAreAnsweredWithItsLease() {
        var member = hello(leader.channel, hello("a", "orders").setSettings(session(1_500)));
        member.awaitAssignment();

        for (int i = 1; i <= 20; i++) {
            int sent = i;
            member.ping(sent, member.epoch());
            await().atMost(java.time.Duration.ofSeconds(10))
                    .pollDelay(java.time.Duration.ofMillis(100))
                    .until(() -> member.pongs().size() == sent);
        }

        assertThat(isMember("a")).isTrue();
        assertThat(member.pongs().get(19).getPingId()).isEqualTo(20);
        assertThat(member.pongs().get(19).getLease().getSessionTimeout())
                .isEqualTo(session(1_500).getSessionTimeout());
        assertThat(member.pongs().get(19).getTrimmedOffsets()).isEqualTo(TrimmedOffsets.TRIMMED_OFFSETS_EARLIEST);
    }

    @Test
    void assignmentIsToldAgainToWhoDidNotGetIt() {
        var member = joined(leader, "a");

        member.ping(1, member.epoch() - 1);

        await().until(() -> member.assignments().size() == 2);
        assertThat(member.assignments().get(1)).isEqualTo(member.assignments().get(0));
    }

    @Test
    void memberWhoseStreamBreaksComesBackAsWhoItIs() {
        var before = joined(leader, "a");
        before.endOfRequests();
        before.awaitGoodEnd();

        var after = hello(leader.channel, hello("a", "orders").setMemberEpoch(before.epoch()));
        after.awaitAssignment();

        assertThat(after.assignment()).isEqualTo(before.assignment());
    }

    @Test
    void newerStreamOfAMemberEndsTheOlder() {
        var older = joined(leader, "a");

        var newer = hello(leader.channel, hello("a", "orders").setMemberEpoch(older.epoch()));

        newer.awaitAssignment();
        assertReason(older.end(), Reason.MEMBER_FENCED, "value", "a");
        assertThat(newer.ended()).isFalse();
    }

    @Test
    void staticMemberTakesThePartitionsOfTheOneBeforeUp() {
        var before = hello(leader.channel, hello("a", "orders").setInstanceId("one"));
        before.awaitAssignment();
        before.endOfRequests();
        before.awaitGoodEnd();

        var after = hello(leader.channel, hello("b", "orders").setInstanceId("one"));
        after.awaitAssignment();

        assertThat(after.assigned()).containsExactly(0, 1, 2, 3);
        assertThat(isMember("a")).isFalse();
    }

    @Test
    void instanceIdOfAConnectedMemberIsRefused() {
        var holder = hello(leader.channel, hello("a", "orders").setInstanceId("one"));
        holder.awaitAssignment();

        var refused =
                hello(leader.channel, hello("b", "orders").setInstanceId("one")).end();

        assertReason(refused, Reason.DUPLICATE_INSTANCE_ID, "field", "instance_id", "value", "one");
        assertThat(holder.ended()).isFalse();
    }

    @Test
    void patternFindsTopicsThatComeLater() {
        var member = hello(leader.channel, hello("a").setPattern("ord.*"));
        member.awaitAssignment();
        assertThat(member.assigned()).hasSize(4);

        cluster.createTopic("ordinary", 2, 3);

        await().until(() -> member.assigned().size() == 6);
    }

    static Stream<Arguments> hellosThatBreakARule() {
        return Stream.of(
                refused(hello("a").setPattern("orders("), Reason.INVALID_SUBSCRIPTION, "pattern"),
                refused(hello("a").setPattern("x".repeat(257)), Reason.INVALID_SUBSCRIPTION, "pattern"),
                refused(hello("a").setPattern("(?=o).*"), Reason.INVALID_SUBSCRIPTION, "pattern"),
                refused(hello("a").setPattern("o{1000}"), Reason.INVALID_SUBSCRIPTION, "pattern"),
                refused(hello("a"), Reason.INVALID_SUBSCRIPTION, "subscription"),
                refused(hello("a", "or ders"), Reason.INVALID_NAME, "topics"),
                refused(hello("a", "orders").setGroup("pay ments"), Reason.INVALID_NAME, "group"),
                refused(hello("a", "orders").setGroup(""), Reason.INVALID_NAME, "group"),
                refused(hello("", "orders"), Reason.INVALID_ARGUMENT, "member_id"),
                refused(hello("a".repeat(257), "orders"), Reason.INVALID_NAME, "member_id"),
                refused(
                        hello("a", "orders").setRack("r".repeat(257)),
                        Reason.INVALID_NAME,
                        "name, instance_id, rack or host"),
                refused(hello("a", "orders").setMemberEpoch(-1), Reason.INVALID_ARGUMENT, "member_epoch"),
                refused(hello("a", "orders").setMemberEpoch(5), Reason.UNKNOWN_MEMBER, "member_id"),
                refused(
                        hello("a", "orders").setSettings(session(99)),
                        Reason.INVALID_ARGUMENT,
                        "settings.session_timeout"),
                refused(
                        hello("a", "orders").setSettings(session(1_800_001)),
                        Reason.INVALID_ARGUMENT,
                        "settings.session_timeout"),
                refused(
                        hello("a", "orders")
                                .setSettings(GroupSettings.newBuilder()
                                        .setSessionTimeout(Duration.newBuilder().setSeconds(Long.MAX_VALUE))),
                        Reason.INVALID_ARGUMENT,
                        "settings.session_timeout"),
                refused(
                        hello("a", "orders")
                                .setSettings(GroupSettings.newBuilder().setAssignorValue(99)),
                        Reason.INVALID_ARGUMENT,
                        "settings.assignor"),
                refused(
                        hello("a", "orders")
                                .setSettings(GroupSettings.newBuilder().setTrimmedOffsetsValue(99)),
                        Reason.INVALID_ARGUMENT,
                        "settings.trimmed_offsets"));
    }

    private static Arguments refused(MemberHello.Builder hello, Reason reason, String field) {
        return Arguments.of(hello, reason, field);
    }

    @ParameterizedTest
    @MethodSource("hellosThatBreakARule")
    void helloThatBreaksARuleIsRefusedWithTheFieldItsValueAndTheLimit(
            MemberHello.Builder hello, Reason reason, String field) {
        var refused = hello(leader.channel, hello).end();

        assertReason(refused, reason, "field", field);
        assertThat(refused.details()).containsKeys("value", "limit");
        assertThat(cluster.image().groups().byName()).isEmpty();
    }

    @Test
    void groupTakesNoMoreMembersThanItMay() {
        joined(leader, "a");
        joined(leader, "b");
        joined(leader, "c");

        var refused = hello(leader.channel, hello("d", "orders")).end();

        assertReason(
                refused, Reason.LIMIT_REACHED, "value", "4", "limit", "at most 3", "setting", "groups.max-members");
    }

    @Test
    void clusterTakesNoMoreGroupsThanItMay() {
        for (String group : List.of("one", "two", "three")) {
            hello(leader.channel, hello("a", "orders").setGroup(group)).awaitAssignment();
        }

        var refused =
                hello(leader.channel, hello("a", "orders").setGroup("four")).end();

        assertReason(refused, Reason.LIMIT_REACHED, "value", "4", "limit", "at most 3", "setting", "groups.max-groups");
    }

    @Test
    void firstMessageIsAHelloAndNoOtherIs() {
        var silent = TestMember.on(leader.channel);
        silent.ping(1, 0);
        assertReason(silent.end(), Reason.INVALID_ARGUMENT, "field", "kind", "value", "PING");

        var member = joined(leader, "a");
        member.say(JoinGroupRequest.newBuilder().setHello(hello("a", "orders")));
        assertReason(member.end(), Reason.INVALID_ARGUMENT, "field", "kind", "value", "HELLO");
        assertThat(isMember("a")).isTrue();
    }

    @Test
    void nodeThatDoesNotLeadTheMetadataNamesTheOneThatDoes() {
        var inside = hello(other.channel, hello("a", "orders")).end();
        var outside = hello(other.external, hello("a", "orders")).end();

        assertReason(inside, Reason.NOT_LEADER, Refusal.LEADER_NODE_ID, "1", Refusal.LEADER_ADDRESS, "n1:9090");
        assertReason(outside, Reason.NOT_LEADER, Refusal.LEADER_NODE_ID, "1", Refusal.LEADER_ADDRESS, "host:9090");
    }

    @Test
    void withoutAMetadataLeaderMembersAreToldToComeAgain() {
        cluster.metadataLedBy(0);

        assertReason(hello(leader.channel, hello("a", "orders")).end(), Reason.METADATA_UNAVAILABLE);
    }

    @Test
    void membershipsOutliveTheMoveOfTheCoordinator() {
        var before = joined(leader, "a");

        cluster.metadataLedBy(2);

        assertReason(before.end(), Reason.NOT_LEADER, Refusal.LEADER_NODE_ID, "2");
        var after = hello(other.channel, hello("a", "orders").setMemberEpoch(before.epoch()));
        after.awaitAssignment();
        assertThat(after.assignment()).isEqualTo(before.assignment());
        assertThat(after.commit(after.epoch(), offset(0, 0)).get(0).hasError()).isFalse();
    }

    @Test
    void newTermOfTheSameLeaderBeginsWithFullSessions() {
        var before = joined(leader, "a");

        cluster.metadataLedBy(1);

        assertReason(before.end(), Reason.METADATA_UNAVAILABLE);
        assertThat(isMember("a")).isTrue();
        var after = hello(leader.channel, hello("a", "orders").setMemberEpoch(before.epoch()));
        after.awaitAssignment();
        assertThat(after.assignment()).isEqualTo(before.assignment());
    }

    @Test
    void stoppingNodeEndsTheStreamsOfItsMembers() {
        var member = joined(leader, "a");

        leader.server.beginStop();

        assertReason(member.end(), Reason.SHUTTING_DOWN);
        assertThat(isMember("a")).isTrue();
    }

    @Test
    void assignorIsTheOneThatTheNewestMemberWants() {
        hello(
                        leader.channel,
                        hello("a", "orders")
                                .setSettings(
                                        GroupSettings.newBuilder().setAssignor(GroupAssignor.GROUP_ASSIGNOR_RANGE)))
                .awaitAssignment();

        assertThat(cluster.image()
                        .groups()
                        .group(GROUP)
                        .orElseThrow()
                        .membership()
                        .settings()
                        .assignor())
                .isEqualTo(io.cordwood.metadata.Assignor.RANGE);
    }
}
