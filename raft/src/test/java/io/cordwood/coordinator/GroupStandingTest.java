package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.cordwood.coordinator.CoordinatorOutput.AnswerCommit;
import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.ResetOffsets;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.PartitionId;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the coordinator tells of members to whoever asks; the log here takes every proposal at once. */
class GroupStandingTest {
    private static final String GROUP = "payments";
    private static final long SESSION_MS =
            GroupSettings.DEFAULT.sessionTimeout().toMillis();

    private final CoordinatorWorld world = new CoordinatorWorld(CoordinatorConfig.DEFAULT);
    private final MetadataState state = world.state;
    private final Coordinator coordinator = world.coordinator();

    private void write(MetadataCommand command) {
        world.write(command);
    }

    private List<CoordinatorOutput> drive() {
        return world.drive();
    }

    private List<CoordinatorOutput> after(long millis) {
        return world.after(millis);
    }

    private void connect(long stream, String memberId) {
        coordinator.connect(
                stream,
                new MemberHello(
                        GROUP,
                        memberId,
                        0,
                        "name",
                        "",
                        "",
                        "host",
                        GroupSubscription.of("orders"),
                        GroupSettings.DEFAULT));
        after(100);
    }

    private GroupAssignment assignment(String memberId) {
        return state.image()
                .groups()
                .group(GROUP)
                .map(ConsumerGroup::membership)
                .orElseThrow()
                .assignment(memberId);
    }

    private long epoch(String memberId) {
        return assignment(memberId).epoch();
    }

    private PartitionId partition(int number) {
        return new PartitionId(state.image().topic("orders").orElseThrow().topicId(), number);
    }

    /** Of offset 5. */
    private CommitRequest commit(long epoch, int... partitions) {
        var offsets = IntStream.of(partitions)
                .mapToObj(number -> new PartitionOffset(partition(number), 5, 0, ""))
                .toList();
        return new CommitRequest(1, epoch, offsets, new TreeMap<>());
    }

    private MemberProgress paused(int partition) {
        return new MemberProgress(partition(partition), 7, true, false, Optional.empty(), 0, Optional.empty());
    }

    private MemberProgress failing(int partition) {
        return new MemberProgress(partition(partition), 7, false, false, Optional.empty(), 3, Optional.empty());
    }

    @Test
    void standingTellsWhoWasHeardWhenAndWhatItHolds() {
        connect(1, "a");
        connect(2, "b");
        world.millis += 3_000;
        coordinator.heard(2, epoch("b"), 0);
        coordinator.closed(1);

        var standing = coordinator.standing(GROUP);

        assertThat(standing.members())
                .extracting(
                        GroupStanding.Member::memberId,
                        GroupStanding.Member::presentMillis,
                        GroupStanding.Member::silentMillis,
                        GroupStanding.Member::connected)
                .containsExactly(tuple("a", 3_100L, 3_100L, false), tuple("b", 3_000L, 0L, true));
        assertThat(coordinator.standing("another").members()).isEmpty();
    }

    @Test
    void whatIsHeldIsThatOfTheNewestPingInPartitionsOfTheMember() {
        connect(1, "a");
        coordinator.told(1, List.of(paused(0), paused(3), paused(17)));
        assertThat(coordinator.standing(GROUP).members().get(0).held()).containsExactly(paused(0), paused(3));

        coordinator.told(1, List.of(paused(1)));
        assertThat(coordinator.standing(GROUP).members().get(0).held()).containsExactly(paused(1));
        coordinator.told(1, List.of(paused(0), paused(1), paused(2), paused(3)));
        connect(2, "b");
        coordinator.released(1, epoch("a"), List.of(partition(0), partition(1), partition(2), partition(3)));
        after(50);

        assertThat(coordinator.standing(GROUP).members().get(0).held()).hasSize(2);
        coordinator.told(9, List.of(paused(0)));
        assertThat(drive()).isEmpty();
    }

    @Test
    void lastThatAMemberSaysOfAPartitionCounts() {
        connect(1, "a");

        coordinator.told(1, List.of(paused(1), paused(0), paused(2), failing(0), paused(0), failing(1)));

        assertThat(coordinator.standing(GROUP).members().get(0).held())
                .containsExactlyInAnyOrder(failing(1), paused(0), paused(2));
    }

    @Test
    void whatAMemberSaidEndsWithItsSession() {
        connect(1, "a");
        coordinator.told(1, List.of(paused(0)));
        coordinator.leave(1);
        after(50);

        connect(2, "a");

        assertThat(coordinator.standing(GROUP).members())
                .singleElement()
                .satisfies(member -> assertThat(member.held()).isEmpty());
    }

    private MemberProgress stopped(int partition, long offset) {
        return new MemberProgress(
                partition(partition),
                offset,
                false,
                false,
                Optional.empty(),
                0,
                Optional.of(new MemberProgress.Stop(false, "a record failed")));
    }

    private List<GroupStanding.Left> left() {
        return coordinator.standing(GROUP).left();
    }

    /** A member that commits up to offset 5 in partition 0, says that it stopped at the given one, and leaves. */
    private void leaveStoppedAt(long offset) {
        connect(1, "a");
        coordinator.told(1, List.of(stopped(0, offset), paused(1)));
        coordinator.commit(1, commit(epoch("a"), 0));
        coordinator.leave(1);
        after(50);
    }

    @Test
    void whereAMemberHadStoppedIsKnownForSomeMinutesAfterItLeft() {
        leaveStoppedAt(5);
        world.millis += 60_000;

        assertThat(left()).containsExactly(new GroupStanding.Left("a", "name", "host", stopped(0, 5), 60_000));
        assertThat(coordinator.standing("another").left()).isEmpty();
        world.millis += FencedCommits.KEPT_MILLIS - 60_000;
        assertThat(left()).hasSize(1);
        world.millis++;
        assertThat(left()).isEmpty();
    }

    @Test
    void commitOfWhoeverComesNextEndsAStopAndItsComingDoesNot() {
        leaveStoppedAt(5);

        connect(2, "b");
        assertThat(left()).hasSize(1);
        coordinator.commit(2, commit(epoch("b"), 1));
        drive();
        assertThat(left()).hasSize(1);
        coordinator.commit(2, commit(epoch("b"), 0));
        world.millis++;
        drive();

        assertThat(left()).isEmpty();
    }

    @Test
    void resetEndsAStop() {
        leaveStoppedAt(5);

        write(new ResetOffsets(
                72, GroupLimits.DEFAULT, GROUP, List.of(new PartitionOffset(partition(0), 6, 0, "")), false, false));
        coordinator.applied(state.image());

        assertThat(left()).isEmpty();
    }

    @Test
    void stopOfAMemberThatCommittedPastItIsOver() {
        leaveStoppedAt(4);

        assertThat(left()).isEmpty();
    }

    @Test
    void stopOfAMemberThatIsNotHeardOfAnyMoreIsKnownAlsoOfAGroupThatIsGoneWithIt() {
        connect(1, "a");
        coordinator.told(1, List.of(stopped(2, 0)));

        after(SESSION_MS);
        after(50);

        assertThat(state.image().groups().group(GROUP)).isEmpty();
        assertThat(left()).extracting(GroupStanding.Left::progress).containsExactly(stopped(2, 0));
    }

    @Test
    void stopInAPartitionThatWentToAnotherBeforeIsNotThatOfTheMember() {
        connect(1, "a");
        coordinator.told(1, List.of(stopped(0, 5), stopped(1, 5), stopped(2, 5), stopped(3, 5)));
        connect(2, "b");
        coordinator.released(
                1, epoch("a"), List.copyOf(assignment("a").revoked().keySet()));
        after(100);
        var kept = assignment("a").assigned().keySet();

        coordinator.leave(1);
        after(50);

        assertThat(left())
                .extracting(each -> each.progress().partition())
                .hasSize(2)
                .containsExactlyInAnyOrderElementsOf(kept);
    }

    @Test
    void fencedCommitIsKnownForSomeMinutes() {
        connect(1, "a");
        long before = epoch("a");
        connect(2, "b");
        coordinator.released(1, epoch("a"), List.of(partition(0), partition(1), partition(2), partition(3)));
        after(50);
        int lost = assignment("b").assigned().firstKey().partition();
        coordinator.commit(1, commit(before, lost));
        coordinator.commit(77, new MemberRef(GROUP, "made up"), commit(1, 0, lost));
        drive();
        world.millis += 60_000;

        assertThat(coordinator.standing(GROUP).fenced())
                .extracting(
                        GroupStanding.Fenced::memberId,
                        fenced -> fenced.partition().partition(),
                        GroupStanding.Fenced::reason,
                        GroupStanding.Fenced::agoMillis)
                .containsExactly(tuple("a", lost, GroupReason.NOT_OWNED, 60_000L));
        world.millis += FencedCommits.KEPT_MILLIS - 59_999;
        assertThat(coordinator.standing(GROUP).fenced()).isEmpty();
    }

    /** Its group went with it, and came again with the next one. */
    @Test
    void lateCommitOfAMemberThatLeftIsFenced() {
        connect(1, "a");
        long before = epoch("a");
        coordinator.leave(1);
        after(50);
        assertThat(state.image().groups().group(GROUP)).isEmpty();
        connect(2, "b");

        coordinator.commit(77, new MemberRef(GROUP, "a"), commit(before, 3));

        assertThat(coordinator.standing(GROUP).fenced())
                .extracting(GroupStanding.Fenced::memberId, GroupStanding.Fenced::reason)
                .containsExactly(tuple("a", GroupReason.UNKNOWN_MEMBER));
    }

    private List<Integer> expired(String memberId) {
        return coordinator.standing(GROUP).fenced().stream()
                .filter(fenced -> fenced.expired() && fenced.memberId().equals(memberId))
                .map(fenced -> fenced.partition().partition())
                .toList();
    }

    @Test
    void memberThatStoodStillForItsSessionIsFencedInWhatItHad() {
        connect(1, "a");
        connect(2, "b");
        coordinator.released(
                1, epoch("a"), List.copyOf(assignment("a").revoked().keySet()));
        after(100);
        var had = assignment("a").assigned().keySet().stream()
                .map(PartitionId::partition)
                .toList();
        world.millis += SESSION_MS - 1_000;
        coordinator.heard(2, epoch("b"), 0);

        after(1_000);
        after(100);

        assertThat(had).hasSize(2);
        assertThat(expired("a")).containsExactlyInAnyOrderElementsOf(had);
        assertThat(coordinator.standing(GROUP).fenced())
                .hasSize(2)
                .allMatch(fenced -> fenced.reason() == GroupReason.UNKNOWN_MEMBER);
        coordinator.commit(1, commit(7, had.get(0))); // its stream is gone, and nobody knows whose it was
        drive();
        assertThat(expired("a")).hasSize(2);
        coordinator.commit(78, new MemberRef(GROUP, "a"), commit(7, had.get(0)));
        assertThat(expired("a")).containsExactly(had.get(1));
    }

    @Test
    void whoLeavesOrGivesUpIsNotFenced() {
        connect(1, "a");
        connect(2, "b");
        coordinator.released(
                1, epoch("a"), List.copyOf(assignment("a").revoked().keySet()));
        after(100);

        coordinator.leave(1);
        after(100);

        assertThat(assignment("b").assigned()).hasSize(4);
        assertThat(coordinator.standing(GROUP).fenced()).isEmpty();
    }

    @Test
    void commitOnAStreamWhoseSessionEndsIsNotWrittenAndKnown() {
        connect(1, "a");
        connect(2, "b");
        world.millis += SESSION_MS - 1_000;
        coordinator.heard(2, epoch("b"), 0);
        world.millis += 1_000;
        coordinator.tick();

        coordinator.commit(1, commit(epoch("a"), 0, 3));

        assertThat(coordinator.standing(GROUP).fenced())
                .extracting(
                        GroupStanding.Fenced::memberId,
                        fenced -> fenced.partition().partition(),
                        GroupStanding.Fenced::reason,
                        GroupStanding.Fenced::expired)
                .containsExactly(
                        tuple("a", 0, GroupReason.UNKNOWN_MEMBER, false),
                        tuple("a", 3, GroupReason.UNKNOWN_MEMBER, false));
        after(100);
        assertThat(state.image().groups().group(GROUP).orElseThrow().offsets()).isEmpty();
        assertThat(expired("a")).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void commitFromBeforeAForcedResetIsRefusedAndFencesNobody() {
        connect(1, "a");
        long before = epoch("a");
        write(new ResetOffsets(
                72, GroupLimits.DEFAULT, GROUP, List.of(new PartitionOffset(partition(0), 2, 0, "")), true, false));
        coordinator.applied(state.image());

        coordinator.commit(1, commit(before, 0));

        assertThat(drive())
                .filteredOn(AnswerCommit.class::isInstance)
                .singleElement()
                .satisfies(answer -> {
                    var refusal = ((AnswerCommit) answer).refused().get(0);
                    assertThat(refusal)
                            .isNotNull()
                            .extracting(GroupRefusal::reason)
                            .isEqualTo(GroupReason.FENCED_MEMBER);
                });
        assertThat(coordinator.standing(GROUP).fenced()).isEmpty();
    }
}
