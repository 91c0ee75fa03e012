package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.FollowedGroups.Followed;
import io.cordwood.raft.GoneQuestions.Answer;
import io.cordwood.raft.Succession.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;

/** Node 1 of three or more looks; node 3 leads. */
class GoneLeadersTest {
    private static final int SELF = 1;
    private static final int OTHER = 2;
    private static final int LEADER = 3;
    private static final TermIndex END = TermIndex.valueOf(5, 70);
    private static final Duration LOOK = Duration.ofMillis(GoneLeaders.LOOK_MS);

    private final Set<Integer> silent = new HashSet<>();
    private final Set<Integer> refusing = new HashSet<>();
    private final Map<RaftGroupId, Followed> followed = new HashMap<>();
    private final Map<Integer, CompletableFuture<Answer>> answers = new HashMap<>();
    private final List<Integer> tried = new ArrayList<>();
    private final List<Integer> asked = new ArrayList<>();
    private final List<RaftGroupId> stood = new ArrayList<>();
    private boolean stands = true;
    private long nanos = Long.MAX_VALUE - LOOK.toNanos(); // as a clock may be
    private final GoneLeaders leaders = new GoneLeaders(
            SELF,
            new GoneLeaders.Ports(
                    () -> Set.copyOf(silent),
                    this::refusing,
                    leader -> followed.values().stream()
                            .filter(group -> group.leader() == leader)
                            .toList(),
                    this::ask,
                    this::stand),
            () -> nanos);

    private Set<Integer> refusing(Set<Integer> nodes) {
        tried.addAll(nodes);
        return nodes.stream().filter(refusing::contains).collect(Collectors.toSet());
    }

    private CompletableFuture<Answer> ask(int node, int gone) {
        assertThat(gone).isEqualTo(LEADER);
        asked.add(node);
        return answers.getOrDefault(
                node,
                CompletableFuture.failedFuture(
                        new NodeCallException(NodeCallException.Kind.TIMED_OUT, "no answer in time")));
    }

    private boolean stand(Followed group) {
        stood.add(group.group());
        return stands;
    }

    private void lookAfter(Duration passed) {
        nanos += passed.toNanos();
        leaders.look();
    }

    private void lookFor(Duration time) {
        for (long passed = 0; passed < time.toMillis(); passed += LOOK.toMillis()) {
            lookAfter(LOOK);
        }
    }

    /** A group of nodes 1 to 3 in which this one has this place when nobody has more. */
    private RaftGroupId groupWithOwnRank(int rank) {
        var id = Stream.generate(RaftGroupId::randomId)
                .filter(group -> Succession.rank(
                                group.getUuid(), SELF, Map.of(SELF, new End(END, true), OTHER, new End(END, true)))
                        .equals(OptionalInt.of(rank)))
                .findFirst()
                .orElseThrow();
        follow(id, END, List.of(Set.of(1, 2, 3)), true);
        return id;
    }

    private void follow(RaftGroupId id, TermIndex last, List<Set<Integer>> electorates, boolean mayLead) {
        followed.put(id, new Followed(id, LEADER, last, electorates, mayLead));
    }

    private void leaderIsGone() {
        silent.add(LEADER);
        refusing.add(LEADER);
    }

    private void says(int node, boolean refuses, TermIndex end) {
        var ends = new HashMap<RaftGroupId, End>();
        followed.keySet().forEach(group -> ends.put(group, new End(end, true)));
        answers.put(node, CompletableFuture.completedFuture(new Answer(refuses, ends)));
    }

    private void says(int node, Map<RaftGroupId, End> ends) {
        answers.put(node, CompletableFuture.completedFuture(new Answer(true, ends)));
    }

    @Test
    void groupsOfALeaderThatRefusesTwoOfThreeElectAtOnce() {
        var group = groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookAfter(LOOK);
        lookAfter(GoneLeaders.REFUSING.minusMillis(1));
        assertThat(stood).isEmpty();

        lookAfter(Duration.ofMillis(1));

        assertThat(stood).containsExactly(group);
    }

    @Test
    void onceInATerm() {
        var group = groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookFor(Duration.ofSeconds(10));
        assertThat(stood).containsExactly(group);

        follow(group, TermIndex.valueOf(6, 71), List.of(Set.of(1, 2, 3)), true);
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).containsExactly(group, group);
    }

    @Test
    void whoCouldNotStandIsNotTriedAgainInTheTerm() {
        var group = groupWithOwnRank(0);
        stands = false;
        says(OTHER, true, END);
        leaderIsGone();
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).containsExactly(group);
    }

    @Test
    void leaderThatIsHeardIsNotTried() {
        groupWithOwnRank(0);
        says(OTHER, true, END);
        refusing.add(LEADER);
        lookFor(Duration.ofSeconds(10));

        assertThat(tried).isEmpty();
        assertThat(asked).isEmpty();
        assertThat(stood).isEmpty();
    }

    @Test
    void leaderThatDoesNotAnswerIsLeftToTheElectionTimeout() {
        groupWithOwnRank(0);
        says(OTHER, true, END);
        silent.add(LEADER);
        lookFor(Duration.ofSeconds(10));

        assertThat(asked).isEmpty();
        assertThat(stood).isEmpty();
    }

    @Test
    void leaderThatIsSilentAndDoesNotRefuseIsTriedNowAndThen() {
        groupWithOwnRank(0);
        silent.add(LEADER);
        lookFor(GoneLeaders.TRY_EVERY.multipliedBy(10));

        assertThat(tried).hasSize(10).containsOnly(LEADER);
    }

    @Test
    void refusalThatEndsIsForgotten() {
        groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookAfter(LOOK);
        refusing.clear(); // it is back
        lookAfter(LOOK);
        refusing.add(LEADER);
        lookAfter(GoneLeaders.TRY_EVERY);
        assertThat(stood).isEmpty();

        lookFor(GoneLeaders.ASK_EVERY.plus(GoneLeaders.REFUSING));

        assertThat(stood).hasSize(1);
    }

    @Test
    void leaderThatRefusesThisNodeOnlyGoesOnAndTheOthersAreAskedNowAndThen() {
        groupWithOwnRank(0);
        says(OTHER, false, END);
        leaderIsGone();
        lookFor(GoneLeaders.ASK_AGAIN.multipliedBy(4));

        assertThat(stood).isEmpty();
        assertThat(asked).hasSize(4).containsOnly(OTHER);
    }

    @Test
    void whereAMajorityHasSaidSoTheyAreAskedEachSecond() {
        groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookFor(GoneLeaders.ASK_EVERY.multipliedBy(4));

        assertThat(asked).hasSize(4).containsOnly(OTHER);
    }

    @Test
    void whoIsAskedIsNotAskedAgainBeforeItAnswers() {
        groupWithOwnRank(0);
        var answer = new CompletableFuture<Answer>();
        answers.put(OTHER, answer);
        leaderIsGone();
        lookFor(GoneLeaders.ASK_AGAIN.multipliedBy(4));
        assertThat(asked).hasSize(1);

        answer.complete(new Answer(false, Map.of()));
        lookFor(GoneLeaders.ASK_AGAIN);

        assertThat(asked).hasSize(2);
    }

    @Test
    void refusalThatIsMissedOnceUnsaysNothing() {
        var group = groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookAfter(LOOK);
        refusing.clear();
        lookAfter(LOOK);
        refusing.add(LEADER);
        lookAfter(GoneLeaders.TRY_EVERY);
        lookAfter(GoneLeaders.REFUSING);

        assertThat(stood).containsExactly(group);
        assertThat(asked).hasSize(1);
    }

    @Test
    void whatWasSaidOfAnEarlierRefusalDoesNotCountLater() {
        groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookAfter(LOOK);
        silent.clear();
        lookFor(GoneLeaders.ASK_EVERY);
        says(OTHER, false, END);
        silent.add(LEADER);
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).isEmpty();
    }

    @Test
    void leaderThatServesThoughItRefusesIsTakenForGoneOnceInAWhile() {
        var group = groupWithOwnRank(0);
        says(OTHER, true, END);
        leaderIsGone();
        lookFor(GoneLeaders.REFUSING.plus(LOOK));
        assertThat(stood).containsExactly(group);

        var heartbeat = Duration.ofMillis(500);
        for (int beat = 1; heartbeat.multipliedBy(beat).compareTo(GoneLeaders.GONE_EVERY) < 0; beat++) {
            follow(group, TermIndex.valueOf(5 + beat, 71), List.of(Set.of(1, 2, 3)), true); // it is elected again
            silent.clear();
            lookAfter(LOOK);
            silent.add(LEADER);
            lookFor(heartbeat.minus(LOOK));
        }
        assertThat(stood).containsExactly(group);

        lookFor(heartbeat.multipliedBy(2));
        assertThat(stood).containsExactly(group, group);
    }

    @Test
    void alsoWhereItRefusesAgainAndAgainTheyAreNotAskedMoreOften() {
        groupWithOwnRank(0);
        says(OTHER, false, END);
        silent.add(LEADER);
        for (int i = 0; i < 16; i++) {
            refusing.add(LEADER);
            lookAfter(GoneLeaders.TRY_EVERY);
            refusing.clear();
            lookAfter(LOOK);
        }

        assertThat(asked).hasSize(8); // each second time: both are shorter than the pause
    }

    @Test
    void whoDoesNotAnswerOrDoesNotKnowTheQuestionConfirmsNothing() {
        groupWithOwnRank(0);
        leaderIsGone();
        lookFor(Duration.ofSeconds(2));
        answers.put(
                OTHER,
                CompletableFuture.failedFuture(
                        new NodeCallException(NodeCallException.Kind.NO_HANDLER, "an older program")));
        lookFor(Duration.ofSeconds(2));

        assertThat(asked).hasSizeGreaterThan(4).containsOnly(OTHER);
        assertThat(stood).isEmpty();
    }

    @Test
    void answerThatComesLateCounts() {
        var group = groupWithOwnRank(0);
        var answer = new CompletableFuture<Answer>();
        answers.put(OTHER, answer);
        leaderIsGone();
        lookFor(Duration.ofMillis(400));
        assertThat(stood).isEmpty();

        answer.complete(new Answer(true, Map.of(group, new End(END, true))));
        lookAfter(LOOK);

        assertThat(stood).containsExactly(group);
    }

    @Test
    void twoOfFiveAreNoMajority() {
        var group = RaftGroupId.randomId();
        follow(group, END, List.of(Set.of(1, 2, 3, 4, 5)), true);
        answers.put(OTHER, CompletableFuture.completedFuture(new Answer(true, Map.of())));
        answers.put(4, CompletableFuture.completedFuture(new Answer(false, Map.of())));
        leaderIsGone();
        lookFor(Duration.ofSeconds(2));
        assertThat(stood).isEmpty();

        answers.put(5, CompletableFuture.completedFuture(new Answer(true, Map.of())));
        lookFor(Duration.ofSeconds(2));

        assertThat(stood).containsExactly(group);
    }

    @Test
    void whileMembersChangeBothSetsNeedTheirMajority() {
        var group = RaftGroupId.randomId();
        follow(group, END, List.of(Set.of(1, 2, 3), Set.of(1, 3, 4)), true);
        answers.put(OTHER, CompletableFuture.completedFuture(new Answer(true, Map.of())));
        leaderIsGone();
        lookFor(Duration.ofSeconds(2));
        assertThat(stood).isEmpty();

        answers.put(4, CompletableFuture.completedFuture(new Answer(true, Map.of())));
        lookFor(Duration.ofSeconds(2));

        assertThat(stood).containsExactly(group);
    }

    @Test
    void whoComesSecondWaitsForTheFirst() {
        var group = groupWithOwnRank(1);
        says(OTHER, true, END);
        leaderIsGone();
        lookAfter(LOOK);
        lookAfter(GoneLeaders.REFUSING);
        lookAfter(GoneLeaders.STEP);
        assertThat(stood).isEmpty();

        lookAfter(GoneLeaders.STEP_PER_GROUP);

        assertThat(stood).containsExactly(group);
    }

    @Test
    void whoComesSecondIsFirstWhereTheFirstMayNotLead() {
        var group = groupWithOwnRank(1);
        says(OTHER, Map.of(group, new End(END, false)));
        leaderIsGone();
        lookFor(GoneLeaders.REFUSING.plus(LOOK));

        assertThat(stood).containsExactly(group);
    }

    @Test
    void groupThatFollowsSomebodyElseByThenIsLeftAlone() {
        var group = groupWithOwnRank(1);
        says(OTHER, true, END);
        leaderIsGone();
        lookFor(GoneLeaders.REFUSING.plus(LOOK));
        followed.put(group, new Followed(group, OTHER, TermIndex.valueOf(6, 71), List.of(Set.of(1, 2, 3)), true));
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).isEmpty();
    }

    @Test
    void whoHasLessThanAnotherMemberDoesNotStand() {
        groupWithOwnRank(0);
        says(OTHER, true, TermIndex.valueOf(5, 71));
        leaderIsGone();
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).isEmpty();
    }

    @Test
    void norDoesWhoHasLessThanAMemberThatMayNotLead() {
        var group = groupWithOwnRank(0);
        says(OTHER, Map.of(group, new End(TermIndex.valueOf(5, 71), false)));
        leaderIsGone();
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).isEmpty();
    }

    @Test
    void whoMayNotLeadDoesNotStand() {
        var group = groupWithOwnRank(0);
        follow(group, END, List.of(Set.of(1, 2, 3)), false);
        says(OTHER, true, TermIndex.valueOf(5, 60));
        leaderIsGone();
        lookFor(Duration.ofSeconds(10));

        assertThat(stood).isEmpty();
    }

    @Test
    void manyGroupsStandSomeAtEachLook() {
        IntStream.range(0, 2 * GoneLeaders.STANDS_PER_LOOK + 1).forEach(i -> groupWithOwnRank(0));
        says(OTHER, true, END);
        leaderIsGone();
        lookFor(GoneLeaders.REFUSING.plus(LOOK));
        assertThat(stood).hasSize(GoneLeaders.STANDS_PER_LOOK);

        lookAfter(LOOK);
        lookAfter(LOOK);

        assertThat(stood).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(followed.keySet());
    }
}
