package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
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
            refuse(A, partition, GroupReason.NOT_OWNED, partition);
        }

        assertThat(fenced.of("payments", 0))
                .hasSize(FencedCommits.MAX)
                .noneMatch(each -> each.partition().partition() == 0);
    }
}
