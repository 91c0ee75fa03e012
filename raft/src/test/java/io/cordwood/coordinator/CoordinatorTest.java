package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.coordinator.CoordinatorOutput.AnswerCommit;
import io.cordwood.coordinator.CoordinatorOutput.AnswerPing;
import io.cordwood.coordinator.CoordinatorOutput.Assign;
import io.cordwood.coordinator.CoordinatorOutput.Close;
import io.cordwood.coordinator.CoordinatorOutput.Propose;
import io.cordwood.metadata.Assignor;
import io.cordwood.metadata.GroupAssignment;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupCommand.CommitOffsets;
import io.cordwood.metadata.GroupCommand.ExpireGroups;
import io.cordwood.metadata.GroupCommand.JoinGroups;
import io.cordwood.metadata.GroupCommand.MemberRef;
import io.cordwood.metadata.GroupCommand.PartitionOffset;
import io.cordwood.metadata.GroupCommand.RefreshGroups;
import io.cordwood.metadata.GroupCommand.ReleasePartitions;
import io.cordwood.metadata.GroupCommand.RemoveMembers;
import io.cordwood.metadata.GroupLimits;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.GroupSubscription;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataState;
import io.cordwood.metadata.PartitionId;
import io.cordwood.metadata.TrimmedOffsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the coordinator makes of what it hears; the log here takes every proposal when it is told to. */
class CoordinatorTest {
    private static final String GROUP = "payments";
    private static final CoordinatorConfig CONFIG = new CoordinatorConfig(
            GroupLimits.DEFAULT,
            10,
            20,
            50,
            10,
            5,
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofDays(7),
            Duration.ofSeconds(6));

    private final CoordinatorWorld world = new CoordinatorWorld(CONFIG);
    private final MetadataState state = world.state;
    private Coordinator coordinator = world.coordinator();

    private void write(MetadataCommand command) {
        world.write(command);
    }

    private List<CoordinatorOutput> drive() {
        return world.drive();
    }

    private List<CoordinatorOutput> after(long millis) {
        return world.after(millis);
    }

    private static MemberHello hello(String memberId, long epoch, String instanceId, GroupSubscription subscription) {
        return new MemberHello(
                GROUP, memberId, epoch, "name", instanceId, "", "host", subscription, GroupSettings.DEFAULT);
    }

    private List<CoordinatorOutput> connect(long stream, String memberId) {
        return connect(stream, memberId, "");
    }

    private List<CoordinatorOutput> connect(long stream, String memberId, String instanceId) {
        coordinator.connect(stream, hello(memberId, 0, instanceId, GroupSubscription.of("orders")));
        return after(100);
    }

    private static <T> List<T> only(List<CoordinatorOutput> outputs, Class<T> type) {
        return outputs.stream().filter(type::isInstance).map(type::cast).toList();
    }

    private static <T extends GroupCommand> List<T> proposed(List<CoordinatorOutput> outputs, Class<T> type) {
        return only(outputs, Propose.class).stream()
                .map(Propose::command)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    private static GroupReason closed(List<CoordinatorOutput> outputs) {
        return only(outputs, Close.class).get(0).reason().reason();
    }

    private static GroupRefusal refusal(AnswerCommit answer, int place) {
        return Objects.requireNonNull(answer.refused().get(place));
    }

    private boolean isMember(String memberId) {
        return state.image()
                .groups()
                .group(GROUP)
                .flatMap(group -> group.membership().member(memberId))
                .isPresent();
    }

    private GroupAssignment assignment(String memberId) {
        return state.image().groups().group(GROUP).orElseThrow().membership().assignment(memberId);
    }

    private long epoch(String memberId) {
        return assignment(memberId).epoch();
    }

    private PartitionId partition(int number) {
        return new PartitionId(state.image().topic("orders").orElseThrow().topicId(), number);
    }

    private CommitRequest commit(long requestId, long offset, long epoch) {
        return new CommitRequest(
                requestId, epoch, List.of(new PartitionOffset(partition(0), offset, 0, "")), new TreeMap<>());
    }

    @Test
    void memberIsToldItsAssignmentOnceItJoined() {
        var outputs = connect(1, "a");

        assertThat(proposed(outputs, JoinGroups.class)).hasSize(1);
        assertThat(only(outputs, Assign.class)).singleElement().satisfies(assign -> {
            assertThat(assign.stream()).isEqualTo(1);
            assertThat(assign.assignment().assigned()).hasSize(4);
            assertThat(assign.assignment().epoch()).isEqualTo(epoch("a"));
        });
    }

    @Test
    void silentMemberIsRemovedAfterItsSessionAndNotBefore() {
        connect(1, "a");

        after(9_999);
        assertThat(isMember("a")).isTrue();
        var outputs = after(1);

        assertThat(proposed(outputs, RemoveMembers.class)).hasSize(1);
        assertThat(isMember("a")).isFalse();
        assertThat(closed(outputs)).isEqualTo(GroupReason.UNKNOWN_MEMBER);
        assertThat(coordinator.sessionCount()).isZero();
    }

    @Test
    void memberWhoseHandlerTakesFiveMinutesKeepsItsPartitionsAndCommitsAfterwards() {
        connect(1, "a");
        connect(2, "b");
        var wanted = assignment("a").revoked().keySet();

        for (int i = 0; i < 120; i++) {
            coordinator.heard(1, epoch("a"), i);
            coordinator.heard(2, epoch("b"), i);
            assertThat(only(after(2_500), Close.class)).isEmpty();
        }

        assertThat(wanted).hasSize(2);
        assertThat(assignment("a").assigned()).hasSize(2);
        assertThat(assignment("a").revoked().keySet()).isEqualTo(wanted);
        assertThat(assignment("b").assigned()).isEmpty();
        coordinator.commit(1, commit(1, 7, epoch("a")));
        assertThat(drive()).contains(new AnswerCommit(1, 1, new TreeMap<>()));
        coordinator.released(1, epoch("a"), List.copyOf(wanted));
        after(100);
        assertThat(assignment("b").assigned().keySet()).isEqualTo(wanted);
    }

    @Test
    void pingIsAnsweredWithTheLease() {
        connect(1, "a");

        coordinator.heard(1, epoch("a"), 17);

        assertThat(drive()).containsExactly(new AnswerPing(1, 17, GroupSettings.DEFAULT));
    }

    @Test
    void pingOfAMemberThatIsBeingRemovedIsNotAnswered() {
        connect(1, "a");
        world.millis += 10_000;
        coordinator.tick();

        coordinator.heard(1, epoch("a"), 17);

        assertThat(only(coordinator.take(), AnswerPing.class)).isEmpty();
    }

    @Test
    void newLeaderGivesEverybodyAFullSession() {
        connect(1, "a");
        world.millis += 9_000;
        coordinator = world.succeed();

        after(15_900); // the leader of before may have answered a ping for six seconds more
        assertThat(isMember("a")).isTrue();
        coordinator.connect(7, hello("a", epoch("a"), "", GroupSubscription.of("orders")));

        assertThat(only(drive(), Assign.class)).hasSize(1);
        after(9_900);
        assertThat(isMember("a")).isTrue();
    }

    @Test
    void newLeaderRemovesWhoDoesNotCome() {
        connect(1, "a");
        coordinator = world.succeed();

        after(16_000);

        assertThat(isMember("a")).isFalse();
    }

    @Test
    void sessionIsEachMembersOwn() {
        coordinator.connect(1, lasting("a", 0, 60));
        after(100);
        coordinator.connect(2, lasting("b", 0, 10));
        after(100);
        for (int seconds = 0; seconds < 59; seconds++) {
            world.millis += 1_000;
            coordinator.heard(2, epoch("b"), seconds);
            coordinator.tick();
            assertThat(proposed(drive(), RemoveMembers.class)).isEmpty();
        }
        assertThat(isMember("a")).isTrue();

        after(1_000);

        assertThat(isMember("a")).isFalse();
        assertThat(isMember("b")).isTrue();
    }

    @Test
    void memberThatComesAgainChangesItsOwnSessionAndNothingOfItsGroup() {
        coordinator.connect(1, lasting("a", 0, 60));
        after(100);
        coordinator.connect(2, lasting("b", 0, 10));
        after(100);
        coordinator.closed(1);
        coordinator.connect(3, lasting("a", epoch("a"), 60));

        var outputs = after(100);

        assertThat(only(outputs, Propose.class)).isEmpty();
        assertThat(only(outputs, Assign.class).get(0).settings().sessionTimeout())
                .isEqualTo(Duration.ofMinutes(1));
        coordinator.connect(4, lasting("a", epoch("a"), 30));
        after(100);
        coordinator.heard(4, epoch("a"), 1);
        assertThat(only(drive(), AnswerPing.class).get(0).settings().sessionTimeout())
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(state.image()
                        .groups()
                        .group(GROUP)
                        .orElseThrow()
                        .membership()
                        .settings())
                .isEqualTo(GroupSettings.DEFAULT);
    }

    private static MemberHello lasting(String memberId, long epoch, long seconds) {
        var policy = seconds == 10 ? TrimmedOffsets.EARLIEST : TrimmedOffsets.LATEST;
        var settings = new GroupSettings(Assignor.STICKY, Duration.ofSeconds(seconds), policy);
        return new MemberHello(
                GROUP, memberId, epoch, "name", "", "", "host", GroupSubscription.of("orders"), settings);
    }

    @Test
    void streamOfBeforeTheLeaderIsToldToComeAgain() {
        coordinator.heard(3, 1, 0);

        assertThat(closed(drive())).isEqualTo(GroupReason.UNAVAILABLE);
    }

    @Test
    void memberThatWasRemovedIsToldSoWhenItComesBack() {
        coordinator.connect(1, hello("a", 5, "", GroupSubscription.of("orders")));

        assertThat(closed(drive())).isEqualTo(GroupReason.UNKNOWN_MEMBER);
    }

    @Test
    void newerStreamOfAMemberEndsTheOlder() {
        connect(1, "a");

        coordinator.connect(2, hello("a", epoch("a"), "", GroupSubscription.of("orders")));
        var outputs = drive();

        assertThat(only(outputs, Propose.class)).isEmpty();
        assertThat(only(outputs, Close.class)).extracting(Close::stream).containsExactly(1L);
        assertThat(only(outputs, Assign.class)).extracting(Assign::stream).containsExactly(2L);
        coordinator.closed(1);
        coordinator.heard(2, epoch("a"), 0);
        assertThat(only(drive(), Close.class)).isEmpty();
    }

    @Test
    void newerStreamEndsTheOlderAlsoBeforeTheMemberIsIn() {
        coordinator.connect(1, hello("a", 0, "", GroupSubscription.of("orders")));
        coordinator.connect(2, hello("a", 0, "", GroupSubscription.of("orders")));

        var outputs = after(100);

        assertThat(only(outputs, Close.class)).extracting(Close::stream).containsExactly(1L);
        assertThat(only(outputs, Assign.class)).extracting(Assign::stream).containsOnly(2L);
    }

    @Test
    void memberThatLeavesGoesAtOnce() {
        connect(1, "a");

        coordinator.leave(1);
        after(50);

        assertThat(isMember("a")).isFalse();
    }

    @Test
    void memberThatLeavesIsNotBroughtBackByAJoinThatWaits() {
        connect(1, "a");
        coordinator.connect(2, lasting("a", epoch("a"), 20));

        coordinator.leave(2);
        var outputs = after(100);

        assertThat(proposed(outputs, JoinGroups.class)).isEmpty();
        assertThat(isMember("a")).isFalse();
    }

    @Test
    void whoGoesBeforeItsJoinIsWrittenDoesNotJoin() {
        coordinator.connect(1, hello("a", 0, "", GroupSubscription.of("orders")));
        coordinator.closed(1);

        assertThat(proposed(after(100), JoinGroups.class)).isEmpty();
    }

    @Test
    void staticMemberTakesThePlaceOfOneWhoseStreamIsGone() {
        connect(1, "a", "one");
        coordinator.closed(1);

        connect(2, "b", "one");

        assertThat(isMember("a")).isFalse();
        assertThat(isMember("b")).isTrue();
        assertThat(coordinator.sessionCount()).isOne();
    }

    @Test
    void instanceIdOfAConnectedMemberIsNotTaken() {
        connect(1, "a", "one");

        assertThat(closed(connect(2, "b", "one"))).isEqualTo(GroupReason.DUPLICATE_INSTANCE_ID);
        assertThat(isMember("a")).isTrue();
    }

    @Test
    void assignmentIsToldAgainToWhoDidNotGetIt() {
        connect(1, "a");

        coordinator.heard(1, epoch("a") - 1, 0);
        assertThat(only(drive(), Assign.class)).hasSize(1);
        coordinator.heard(1, epoch("a"), 0);
        assertThat(only(drive(), Assign.class)).isEmpty();
    }

    @Test
    void whoOwesPartitionsIsAskedAgainAndTheyPassOnWhenItGivesThemUp() {
        connect(1, "a");
        connect(2, "b");
        coordinator.heard(1, epoch("a"), 0);
        var asked = only(drive(), Assign.class).get(0).assignment();
        assertThat(asked.revoked()).hasSize(2);

        coordinator.released(1, asked.epoch(), List.copyOf(asked.revoked().keySet()));
        var outputs = after(50);

        assertThat(proposed(outputs, ReleasePartitions.class)).hasSize(1);
        assertThat(only(outputs, Assign.class)).singleElement().satisfies(assign -> {
            assertThat(assign.stream()).isEqualTo(2);
            assertThat(assign.assignment().assigned()).hasSize(2);
        });
        coordinator.heard(1, epoch("a"), 0);
        assertThat(only(drive(), Assign.class)).isEmpty();
    }

    @Test
    void whatIsGivenUpInSeveralTurnsIsGivenUp() {
        connect(1, "a");
        connect(2, "b");
        coordinator.heard(1, epoch("a"), 0);
        var asked = only(drive(), Assign.class).get(0).assignment();
        asked.revoked().keySet().forEach(id -> coordinator.released(1, asked.epoch(), List.of(id)));

        after(50);

        assertThat(state.image()
                        .groups()
                        .group(GROUP)
                        .orElseThrow()
                        .membership()
                        .isStable())
                .isTrue();
    }

    @Test
    void commitsThatGatherAreOneEntry() {
        connect(1, "a");
        coordinator.commit(1, commit(1, 5, epoch("a")));
        var first = coordinator.take();
        for (int i = 2; i < 8; i++) {
            coordinator.commit(1, commit(i, 4 + i, epoch("a")));
        }
        assertThat(coordinator.take()).isEmpty();

        var propose = only(first, Propose.class).get(0);
        var result = world.write(propose.command());
        coordinator.applied(state.image());
        coordinator.answered(propose.proposalId(), result);
        var outputs = drive();

        assertThat(proposed(outputs, CommitOffsets.class)).hasSize(1);
        assertThat(only(outputs, AnswerCommit.class))
                .extracting(AnswerCommit::requestId)
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
        assertThat(only(outputs, AnswerCommit.class))
                .allMatch(answer -> answer.refused().isEmpty());
    }

    @Test
    void entryTakesNoMoreOffsetsThanItMay() {
        connect(1, "a");
        coordinator.commit(1, commit(0, 1, epoch("a")));
        var first = coordinator.take();
        IntStream.range(1, 26).forEach(i -> coordinator.commit(1, commit(i, i, epoch("a"))));
        coordinator.failed(only(first, Propose.class).get(0).proposalId());

        var outputs = drive();

        assertThat(proposed(outputs, CommitOffsets.class))
                .extracting(command -> command.commits().size())
                .containsExactly(10, 10, 5);
    }

    @Test
    void refusalsAreNamedByTheirPlacesInTheRequest() {
        connect(1, "a");
        long epoch = epoch("a");
        var offsets = List.of(
                new PartitionOffset(partition(0), 9, 0, ""),
                new PartitionOffset(partition(1), 5, 0, ""),
                new PartitionOffset(partition(2), -1, 0, ""),
                new PartitionOffset(partition(3), 5, 0, ""));
        coordinator.commit(1, commit(1, 3, epoch));
        coordinator.commit(1, new CommitRequest(2, epoch, offsets, new TreeMap<>(Map.of(partition(0), 8L))));

        var answers = only(drive(), AnswerCommit.class);

        assertThat(answers.get(1).refused()).containsOnlyKeys(0, 2);
        assertThat(refusal(answers.get(1), 0).message()).contains("offset is '9', must be at most 8");
        assertThat(refusal(answers.get(1), 2).reason()).isEqualTo(GroupReason.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void memberCommitsOutsideOfItsStreamUntilItsRemovalIsDecided() {
        connect(1, "a");
        var member = new MemberRef(GROUP, "a");

        coordinator.commit(9, member, commit(1, 5, epoch("a")));
        assertThat(drive()).contains(new AnswerCommit(9, 1, new TreeMap<>()));
        world.millis += 10_000;
        coordinator.tick();
        coordinator.commit(10, member, commit(2, 6, epoch("a")));

        var answer = only(coordinator.take(), AnswerCommit.class).get(0);
        assertThat(refusal(answer, 0).reason()).isEqualTo(GroupReason.UNKNOWN_MEMBER);
    }

    @Test
    void commitOfAStrangerOutsideOfStreamsIsNotWritten() {
        coordinator.commit(9, new MemberRef(GROUP, "nobody"), commit(1, 5, 1));

        var outputs = drive();

        assertThat(only(outputs, Propose.class)).isEmpty();
        assertThat(refusal(only(outputs, AnswerCommit.class).get(0), 0).reason())
                .isEqualTo(GroupReason.UNKNOWN_GROUP);
    }

    @Test
    void lastCommitsOfAMemberAreWrittenBeforeItGoes() {
        connect(1, "a");
        coordinator.commit(1, commit(1, 5, epoch("a")));
        var first = only(coordinator.take(), Propose.class).get(0);
        coordinator.commit(1, commit(2, 6, epoch("a")));

        coordinator.leave(1);

        assertThat(coordinator.take()).isEmpty();
        coordinator.answered(first.proposalId(), world.write(first.command()));
        assertThat(only(after(100), AnswerCommit.class))
                .allMatch(answer -> answer.refused().isEmpty());
        assertThat(isMember("a")).isFalse();
        assertThat(state.image()
                        .groups()
                        .group(GROUP)
                        .orElseThrow()
                        .offset(partition(0))
                        .orElseThrow()
                        .offset())
                .isEqualTo(6);
    }

    @Test
    void commitsThatAreTooManyAreRefused() {
        connect(1, "a");
        coordinator.commit(1, commit(0, 1, epoch("a")));
        coordinator.take();
        IntStream.range(1, 51).forEach(i -> coordinator.commit(1, commit(i, i, epoch("a"))));
        assertThat(coordinator.take()).isEmpty();

        coordinator.commit(1, commit(51, 51, epoch("a")));

        var answer = only(coordinator.take(), AnswerCommit.class).get(0);
        assertThat(answer.requestId()).isEqualTo(51);
        assertThat(refusal(answer, 0).reason()).isEqualTo(GroupReason.OVERLOADED);
    }

    @Test
    void commitThatIsTooLargeForAnEntryIsRefused() {
        connect(1, "a");
        var offsets = IntStream.range(0, 11)
                .mapToObj(i -> new PartitionOffset(partition(0), i, 0, ""))
                .toList();
        var text = List.of(new PartitionOffset(partition(0), 1, 0, "m".repeat(300_000)));

        coordinator.commit(1, new CommitRequest(1, epoch("a"), offsets, new TreeMap<>()));
        coordinator.commit(1, new CommitRequest(2, epoch("a"), text, new TreeMap<>()));

        assertThat(only(drive(), AnswerCommit.class))
                .allMatch(answer -> refusal(answer, 0).reason() == GroupReason.LIMIT_REACHED);
    }

    @Test
    void longTextIsTakenOnlyWhereItIsThereAlready() {
        var kept = new PartitionOffset(partition(0), 5, 0, "k".repeat(5_000));
        var generous = new GroupLimits(9, 9, 10_000, 1 << 20, 1 << 20);
        write(new GroupCommand.ResetOffsets(0, generous, GROUP, List.of(kept), false, true));
        coordinator.applied(state.image());
        connect(1, "a");
        var same = new PartitionOffset(partition(0), 6, 0, "k".repeat(5_000));
        var other = new PartitionOffset(partition(1), 6, 0, "k".repeat(5_000));

        coordinator.commit(1, new CommitRequest(1, epoch("a"), List.of(same, other), new TreeMap<>()));

        var outputs = drive();
        assertThat(proposed(outputs, CommitOffsets.class)
                        .get(0)
                        .commits()
                        .get(0)
                        .offsets())
                .containsExactly(same);
        var answer = only(outputs, AnswerCommit.class).get(0);
        assertThat(answer.refused()).containsOnlyKeys(1);
        assertThat(refusal(answer, 1).reason()).isEqualTo(GroupReason.LIMIT_REACHED);
    }

    @Test
    void joinsAreWrittenAtTheirPaceAndInFewEntries() {
        for (int i = 1; i <= 20; i++) {
            coordinator.connect(i, hello("m" + i, 0, "", GroupSubscription.of("orders")));
        }

        var outputs = new ArrayList<>(after(0));
        for (int i = 0; i < 9; i++) {
            outputs.addAll(after(50));
        }
        int inTheFirstHalfSecond = proposed(outputs, JoinGroups.class).stream()
                .mapToInt(join -> join.joins().size())
                .sum();
        for (int i = 0; i < 12; i++) {
            outputs.addAll(after(50));
        }

        assertThat(inTheFirstHalfSecond).isBetween(10, 15);
        assertThat(proposed(outputs, JoinGroups.class)).hasSizeLessThan(16);
        assertThat(coordinator.sessionCount()).isEqualTo(20);
    }

    @Test
    void joinsBeyondTheQueueAreRefused() {
        for (int i = 1; i <= 20; i++) {
            coordinator.connect(i, hello("m" + i, 0, "", GroupSubscription.of("orders")));
        }

        coordinator.connect(21, hello("m21", 0, "", GroupSubscription.of("orders")));

        assertThat(closed(coordinator.take())).isEqualTo(GroupReason.OVERLOADED);
    }

    @Test
    void joinThatIsRefusedForTooManyLeavesNobodyConnected() {
        connect(50, "a", "one");
        for (int i = 1; i <= 20; i++) {
            coordinator.connect(i, hello("m" + i, 0, "", GroupSubscription.of("orders")));
        }
        coordinator.connect(51, hello("a", epoch("a"), "one", GroupSubscription.of("orders", "offers")));
        assertThat(only(coordinator.take(), Close.class))
                .extracting(close -> close.reason().reason())
                .contains(GroupReason.OVERLOADED);

        for (int i = 0; i < 30; i++) {
            after(100);
        }
        connect(52, "successor", "one");

        assertThat(isMember("successor")).isTrue();
    }

    @Test
    void topicsThatComeAndGrowAreGivenOut() {
        coordinator.connect(1, hello("a", 0, "", new GroupSubscription(new TreeSet<>(), "o.*")));
        after(100);
        write(MetadataCommands.topic("offers", 2, 1));
        write(new MetadataCommand.AddPartitions(partition(0).topicId(), 5, List.of(new UUID(9, 9))));
        coordinator.applied(state.image());
        coordinator.heard(1, epoch("a"), 0);

        var outputs = after(1000);

        assertThat(proposed(outputs, RefreshGroups.class)).hasSize(1);
        assertThat(only(outputs, Assign.class).get(0).assignment().assigned()).hasSize(7);
        assertThat(proposed(after(1000), RefreshGroups.class)).isEmpty();
    }

    @Test
    void badPatternsAreRefused() {
        var patterns = List.of("(", "(?=o).*", "x".repeat(257), "a{2000000000}", "(?:(?:a){1,1000}){1000,}", "é.*");
        for (String pattern : patterns) {
            coordinator.connect(1, hello("a", 0, "", new GroupSubscription(new TreeSet<>(), pattern)));
            assertThat(closed(drive())).as(pattern).isEqualTo(GroupReason.INVALID_SUBSCRIPTION);
        }
        assertThat(isMember("a")).isFalse();
    }

    @Test
    void offsetsOfALongEmptyGroupExpire() {
        connect(1, "a");
        coordinator.commit(1, commit(1, 5, epoch("a")));
        coordinator.leave(1);
        after(100);
        assertThat(state.image().groups().group(GROUP)).isPresent();

        assertThat(proposed(after(Duration.ofDays(7).toMillis() - 200), ExpireGroups.class))
                .isEmpty();
        after(60_000);

        assertThat(state.image().groups().group(GROUP)).isEmpty();
    }

    @Test
    void whatWasNotConfirmedIsAskedAgain() {
        connect(1, "a");
        coordinator.commit(1, commit(1, 5, epoch("a")));
        coordinator.connect(2, hello("b", 0, "", GroupSubscription.of("orders")));
        world.millis += 100;
        var outputs = coordinator.take();
        only(outputs, Propose.class).forEach(propose -> coordinator.failed(propose.proposalId()));
        var afterwards = coordinator.take();

        assertThat(refusal(only(afterwards, AnswerCommit.class).get(0), 0).reason())
                .isEqualTo(GroupReason.UNAVAILABLE);
        assertThat(only(afterwards, Close.class))
                .singleElement()
                .satisfies(close -> assertThat(close.stream()).isEqualTo(2));
        coordinator.leave(1);
        world.millis += 100;
        var removal = only(coordinator.take(), Propose.class).get(0);
        coordinator.failed(removal.proposalId());
        assertThat(proposed(after(100), RemoveMembers.class)).hasSize(1);
        assertThat(isMember("a")).isFalse();
    }
}
