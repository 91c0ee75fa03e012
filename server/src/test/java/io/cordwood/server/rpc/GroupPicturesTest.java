package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import com.google.rpc.Status;
import io.cordwood.coordinator.MemberProgress.Stop;
import io.cordwood.metadata.CommittedOffset;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupMember;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.PartitionId;
import io.cordwood.proto.internal.v1.FencedCommit;
import io.cordwood.proto.internal.v1.GroupStandingResponse;
import io.cordwood.proto.internal.v1.LeftStop;
import io.cordwood.proto.internal.v1.MemberStanding;
import io.cordwood.proto.v1.MemberProgress;
import io.cordwood.server.cluster.Reason;
import io.cordwood.server.explain.GroupPicture;
import io.cordwood.server.explain.GroupPicture.Committed;
import io.cordwood.server.explain.GroupPicture.Fenced;
import io.cordwood.server.explain.GroupPicture.Heard;
import io.cordwood.server.explain.GroupPicture.Left;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A group with the members "a" and "b", of which "a" has both partitions of a topic. */
class GroupPicturesTest {
    private static final PartitionId FIRST = new PartitionId(new UUID(0, 1), 0);
    private static final PartitionId SECOND = new PartitionId(new UUID(0, 1), 1);

    private static GroupMember member(String memberId, Duration session) {
        return new GroupMember(memberId, "name", "", "", "host", GroupSubscription.of("orders"), session, 1, 0, 5);
    }

    private static GroupPicture picture(GroupStandingResponse.Builder standing) {
        var members = new TreeMap<String, GroupMember>();
        members.put("a", member("a", Duration.ofSeconds(20)));
        members.put("b", member("b", Duration.ofSeconds(60)));
        var owned = new GroupPartition("a", 5, 0, "a");
        var membership = new GroupMembership(
                5,
                GroupSettings.DEFAULT,
                members,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(Map.of(FIRST, owned, SECOND, owned)));
        var offsets = new TreeMap<>(Map.of(FIRST, new CommittedOffset(42, 5, "", 100_000)));
        var names =
                new TreeMap<>(Map.of(FIRST, new TopicPartition("orders", 0), SECOND, new TopicPartition("orders", 1)));
        return new GroupPictures(new ConsumerGroup("payments", 0, membership, offsets), standing.build())
                .of(names, Map.of(), 175_000);
    }

    private static GroupPicture.Member member(GroupPicture picture, String memberId) {
        return Objects.requireNonNull(picture.members().get(memberId));
    }

    @Test
    void eachMemberHasItsOwnSession() {
        var picture = picture(GroupStandingResponse.newBuilder());

        assertThat(member(picture, "a").session()).isEqualTo(Duration.ofSeconds(20));
        assertThat(member(picture, "b").session()).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void memberOfWhichTheLeaderDoesNotTellIsNotHeard() {
        var heard =
                MemberStanding.newBuilder().setMemberId("a").setPresentMs(9_000).setSilentMs(2_000);

        var picture = picture(GroupStandingResponse.newBuilder().addMembers(heard));

        assertThat(member(picture, "a").heard()).contains(new Heard(Duration.ofSeconds(9), Duration.ofSeconds(2)));
        assertThat(member(picture, "b").heard()).isEmpty();
    }

    @Test
    void ageOfACommitIsThatByTheClockOfThisNode() {
        var work = picture(GroupStandingResponse.newBuilder()).work();

        assertThat(work.get(0).committed()).contains(new Committed(42, Duration.ofSeconds(75)));
        assertThat(work.get(1).committed()).isEmpty();
    }

    @Test
    void sessionThatEndedIsNoCommitThatWasRefused() {
        var fenced = FencedCommit.newBuilder()
                .setPartition(MemberReports.wire(SECOND))
                .setMemberId("gone")
                .setReason("UNKNOWN_MEMBER")
                .setAgoMs(1_000)
                .setExpired(true);

        var work = picture(GroupStandingResponse.newBuilder().addFenced(fenced)).work();

        assertThat(work.get(0).told().fenced()).isEqualTo(Optional.<Fenced>empty());
        assertThat(work.get(1).told().fenced())
                .contains(new Fenced("gone", Reason.UNKNOWN_MEMBER, true, Duration.ofSeconds(1)));
    }

    @Test
    void stopOfAMemberThatLeftIsNotThatOfTheOwner() {
        var stopped = MemberProgress.newBuilder()
                .setPartition(MemberReports.wire(SECOND))
                .setOffset(7)
                .setStopped(Status.newBuilder().setCode(Code.UNKNOWN_VALUE).setMessage("why"));
        var left = LeftStop.newBuilder()
                .setMemberId("gone")
                .setMemberName("name")
                .setHost("host")
                .setProgress(stopped)
                .setAgoMs(1_000);

        var work = picture(GroupStandingResponse.newBuilder().addLeft(left)).work();

        assertThat(work.get(0).told()).isEqualTo(GroupPicture.Told.NOTHING);
        assertThat(work.get(1).told().progress()).isEmpty();
        assertThat(work.get(1).told().left())
                .contains(new Left("gone", "name", "host", 7, new Stop(false, "why"), Duration.ofSeconds(1)));
    }
}
