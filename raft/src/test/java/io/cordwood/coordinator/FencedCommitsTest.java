package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupMembership;
import io.cordwood.metadata.GroupPartition;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.PartitionId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FencedCommitsTest {
    private static final UUID TOPIC = UUID.randomUUID();
    private static final MemberRef A = new MemberRef("payments", "a");
    private static final MemberRef B = new MemberRef("payments", "b");

    private final Set<PartitionId> ownedByA = new HashSet<>();
    private final FencedCommits fenced =
            new FencedCommits((member, partition) -> member.equals(A) && ownedByA.contains(partition));

    /** Both had the first partitions, and have them no more. */
    FencedCommitsTest() {
        for (int partition = 0; partition < 2; partition++) {
            lose(A, partition);
            lose(B, partition);
        }
    }

    private void lose(MemberRef member, int partition) {
        var owned = new GroupPartition(member.memberId(), 5, 0, member.memberId());
        var membership = new GroupMembership(
                5,
                GroupSettings.DEFAULT,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(Map.of(new PartitionId(TOPIC, partition), owned)));
        fenced.moved(new ConsumerGroup(member.group(), 0, membership, new TreeMap<>()), Map.of(), 0);
    }

    private void refuse(MemberRef member, int partition, GroupReason reason, long atMillis) {
        var refusal = new GroupRefusal(reason, "field", "value", "another");
        fenced.judged(member, partitions(partition), new TreeMap<>(Map.of(0, refusal)), atMillis);
    }

    private void accept(MemberRef member, int partition) {
        fenced.judged(member, partitions(partition), new TreeMap<>(), 1);
    }

    private static List<PartitionId> partitions(int number) {
        return List.of(new PartitionId(TOPIC, number));
    }

    @Test
    void newestRefusalOfAPartitionCounts() {
        refuse(A, 0, GroupReason.FENCED_MEMBER, 10);
        refuse(B, 0, GroupReason.NOT_OWNED, 20);

        assertThat(fenced.of("payments", 25))
                .containsExactly(
                        new GroupStanding.Fenced(new PartitionId(TOPIC, 0), "b", GroupReason.NOT_OWNED, false, 5));
        assertThat(fenced.of("audit", 25)).isEmpty();
    }

    /** Otherwise whoever makes an id up would take the place of one that something happened to. */
    @Test
    void whoNeverHadAPartitionIsNotFencedThere() {
        fenced.expired(A, partitions(2), 10);

        refuse(B, 2, GroupReason.NOT_OWNED, 20);
        refuse(new MemberRef("payments", "made up"), 2, GroupReason.UNKNOWN_MEMBER, 20);
        refuse(new MemberRef("audit", "a"), 0, GroupReason.UNKNOWN_MEMBER, 20);

        assertThat(fenced.of("payments", 20))
                .extracting(GroupStanding.Fenced::memberId, GroupStanding.Fenced::expired)
                .containsExactly(tuple("a", true));
        assertThat(fenced.of("audit", 20)).isEmpty();
    }

    /** Such as a process that was suspended. */
    @Test
    void commitOfAMemberThatLostThePartitionLongAgoIsOne() {
        refuse(A, 0, GroupReason.UNKNOWN_MEMBER, 3_600_000);
        refuse(A, 1, GroupReason.UNKNOWN_MEMBER, 3_600_001);

        assertThat(fenced.of("payments", 3_600_001))
                .extracting(each -> each.partition().partition())
                .containsExactly(0);
    }

    @Test
    void partitionThatStaysWithItsOwnerIsNotLost() {
        var stays = new TreeMap<>(Map.of(new PartitionId(TOPIC, 2), new GroupPartition("a", 5, 7, "b")));
        var membership =
                new GroupMembership(5, GroupSettings.DEFAULT, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), stays);
        fenced.moved(new ConsumerGroup("payments", 0, membership, new TreeMap<>()), stays, 0);

        refuse(A, 2, GroupReason.UNKNOWN_MEMBER, 10);

        assertThat(fenced.of("payments", 10)).isEmpty();
    }

    @Test
    void otherRefusalsAreNoFences() {
        refuse(A, 0, GroupReason.OFFSET_BEHIND, 10);
        refuse(A, 1, GroupReason.OVERLOADED, 10);

        assertThat(fenced.of("payments", 10)).isEmpty();
    }

    @Test
    void commitOfTheSameMemberEndsItAndThatOfAnotherDoesNot() {
        refuse(A, 0, GroupReason.FENCED_MEMBER, 10);

        accept(B, 0);
        assertThat(fenced.of("payments", 10)).hasSize(1);
        accept(A, 0);
        assertThat(fenced.of("payments", 10)).isEmpty();
    }

    @Test
    void commitFromBeforeAResetIsNoneWhereThePartitionIsTheMembersStill() {
        ownedByA.add(new PartitionId(TOPIC, 0));

        refuse(A, 0, GroupReason.FENCED_MEMBER, 10);
        assertThat(fenced.of("payments", 10)).isEmpty();
        refuse(B, 0, GroupReason.FENCED_MEMBER, 10);
        refuse(A, 1, GroupReason.FENCED_MEMBER, 10);
        assertThat(fenced.of("payments", 10))
                .extracting(GroupStanding.Fenced::memberId)
                .containsExactly("b", "a");
    }

    /** As its removal is not written yet. */
    @Test
    void memberThatIsBeingRemovedIsFencedInWhatIsItsOwn() {
        ownedByA.add(new PartitionId(TOPIC, 0));

        refuse(A, 0, GroupReason.UNKNOWN_MEMBER, 10);

        assertThat(fenced.of("payments", 10)).hasSize(1);
    }

    @Test
    void sessionThatEndedIsKnownUnlessACommitWasRefusedMeanwhile() {
        refuse(A, 0, GroupReason.UNKNOWN_MEMBER, 10);
        refuse(A, 1, GroupReason.NOT_OWNED, 10);

        fenced.expired(A, List.of(new PartitionId(TOPIC, 0), new PartitionId(TOPIC, 1)), 20);

        assertThat(fenced.of("payments", 20))
                .extracting(GroupStanding.Fenced::expired, GroupStanding.Fenced::reason)
                .containsExactly(tuple(false, GroupReason.UNKNOWN_MEMBER), tuple(true, GroupReason.UNKNOWN_MEMBER));
        refuse(A, 1, GroupReason.UNKNOWN_MEMBER, 30);
        assertThat(fenced.of("payments", 30)).noneMatch(GroupStanding.Fenced::expired);
    }

    @Test
    void sessionsThatEndedAreBoundedToo() {
        for (int partition = 0; partition <= FencedCommits.MAX; partition++) {
            fenced.expired(A, partitions(partition), partition);
        }

        assertThat(fenced.of("payments", 0)).hasSize(FencedCommits.MAX);
    }

    @Test
    void oldestGoesWhereThereAreTooMany() {
        for (int partition = 0; partition <= FencedCommits.MAX; partition++) {
            lose(A, partition);
            refuse(A, partition, GroupReason.NOT_OWNED, partition);
        }

        assertThat(fenced.of("payments", 0))
                .hasSize(FencedCommits.MAX)
                .noneMatch(each -> each.partition().partition() == 0);
    }
}
