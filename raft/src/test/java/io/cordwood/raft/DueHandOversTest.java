package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.DueHandOvers.Wanted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DueHandOversTest {
    private static final long STEADY = Duration.ofSeconds(10).toNanos();
    private static final long FIRST_PAUSE = DueHandOvers.FIRST_PAUSE.toNanos();
    private static final long PAUSE = Duration.ofSeconds(30).toNanos();

    private final DueHandOvers due = new DueHandOvers(Duration.ofSeconds(10), Duration.ofSeconds(30));

    @Test
    void newGroupsGoAtOnceAndSeveralTogether() {
        var many = LongStream.range(0, 20).mapToObj(DueHandOversTest::unused).toList();

        assertThat(due.next(many, true, 0)).isEqualTo(many.subList(0, DueHandOvers.MAX_NEW));
        assertThat(due.next(many, true, 1)).isEqualTo(many.subList(DueHandOvers.MAX_NEW, 2 * DueHandOvers.MAX_NEW));
    }

    @Test
    void newGroupWaitsForAllItsMembers() {
        var behind = new Wanted(id(1), 2, true, true, 0, 1);

        assertThat(due.next(List.of(behind), false, 0)).isEmpty();
    }

    @Test
    void groupInUseWaitsForANodeThatIsCloseBehindForAWhile() {
        var group = inUse(1, 2);

        assertThat(due.next(List.of(group), false, 0)).isEmpty();
        assertThat(due.next(List.of(group), false, STEADY - 1)).isEmpty();
        assertThat(due.next(List.of(group), false, STEADY)).containsExactly(group);
    }

    @Test
    void whoFallsBehindInOneGroupBeginsToWaitAnewInAll() {
        var groups = List.of(inUse(1, 2), inUse(2, 2));
        var oneBehind = List.of(groups.get(0), behind(2, 2, DueHandOvers.MAX_LAG_ENTRIES + 1));
        assertThat(due.next(groups, false, 0)).isEmpty();
        assertThat(due.next(oneBehind, false, STEADY)).isEmpty();

        assertThat(due.next(groups, false, STEADY + 1)).isEmpty();
        assertThat(due.next(groups, false, 2 * STEADY)).isEmpty();
        assertThat(due.next(groups, false, 2 * STEADY + 1)).hasSize(1);
    }

    @Test
    void silentNodeIsNotSteady() {
        var silent = new Wanted(id(1), 2, false, false, 0, 0);
        assertThat(due.next(List.of(silent), false, 0)).isEmpty();

        assertThat(due.next(List.of(silent), false, 10 * STEADY)).isEmpty();
    }

    @Test
    void anotherNodeThatIsAwayHoldsUpItsOwnGroupsOnly() {
        var withDeadMember = new Wanted(id(1), 2, false, true, 0, DueHandOvers.MAX_LAG_ENTRIES + 1);
        var other = inUse(2, 2);
        assertThat(due.next(List.of(withDeadMember, other), false, 0)).isEmpty();

        assertThat(due.next(List.of(withDeadMember, other), false, STEADY)).containsExactly(other);
    }

    @Test
    void groupsInUseGoOneAfterTheOther() {
        var groups = new ArrayList<>(List.of(inUse(1, 2), inUse(2, 2), inUse(3, 3)));
        assertThat(due.next(groups, false, 0)).isEmpty();

        assertThat(due.next(groups, false, STEADY)).containsExactly(groups.get(0));
        assertThat(due.next(groups, true, STEADY + 1)).isEmpty();
        groups.remove(0);
        assertThat(due.next(groups, false, STEADY + 2)).containsExactly(groups.get(0));
    }

    @Test
    void nodeThatDidNotTakeOneIsLeftAloneAndThenAskedForAnother() {
        var groups = List.of(inUse(1, 2), inUse(2, 2), inUse(3, 3));
        assertThat(due.next(groups, false, 0)).isEmpty();
        assertThat(due.next(groups, false, STEADY)).containsExactly(groups.get(0));

        due.refused(2, STEADY + 1);

        assertThat(due.next(groups, false, STEADY + 2)).containsExactly(groups.get(2));
        var both = groups.subList(0, 2);
        assertThat(due.next(both, false, STEADY + FIRST_PAUSE)).isEmpty();
        assertThat(due.next(both, false, STEADY + 1 + FIRST_PAUSE)).containsExactly(groups.get(1));
    }

    @Test
    void eachRefusalInARowTakesTwiceAsLongToBeForgotten() {
        var groups = List.of(inUse(1, 2));
        assertThat(due.next(groups, false, 0)).isEmpty();
        long now = STEADY;
        for (long pause : new long[] {FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, PAUSE, PAUSE}) {
            assertThat(due.next(groups, false, now)).hasSize(1);
            due.refused(2, now);
            assertThat(due.next(groups, false, now + pause - 1)).isEmpty();
            now += pause;
        }

        assertThat(due.next(groups, false, now)).hasSize(1);
        due.taken(2);
        due.refused(2, now);

        assertThat(due.next(groups, false, now + FIRST_PAUSE)).hasSize(1);
    }

    @Test
    void thatWhichWasTriedLongestAgoIsTriedNext() {
        var groups = List.of(inUse(1, 2), inUse(2, 2));
        assertThat(due.next(groups, false, 0)).isEmpty();
        assertThat(due.next(groups, false, STEADY)).containsExactly(groups.get(0));
        assertThat(due.next(groups, false, STEADY + 1)).containsExactly(groups.get(1));

        assertThat(due.next(groups, false, STEADY + 2)).containsExactly(groups.get(0));
    }

    @Test
    void groupThatNobodyLeadsForAMomentIsStillOneThatWasTried() {
        var groups = List.of(inUse(1, 2), inUse(2, 2));
        assertThat(due.next(groups, false, 0)).isEmpty();
        assertThat(due.next(groups, false, STEADY)).containsExactly(groups.get(0));
        assertThat(due.next(groups.subList(1, 2), true, STEADY + 1)).isEmpty();

        assertThat(due.next(groups, false, STEADY + 2)).containsExactly(groups.get(1));
    }

    @Test
    void refusalOfLongAgoIsForgotten() {
        var groups = List.of(inUse(1, 2));
        assertThat(due.next(groups, false, 0)).isEmpty();
        due.refused(2, STEADY);
        due.refused(2, STEADY + 2 * PAUSE);

        assertThat(due.next(groups, false, STEADY + 2 * PAUSE + FIRST_PAUSE)).hasSize(1);
    }

    private static Wanted unused(long number) {
        return new Wanted(id(number), 2, true, true, 0, 0);
    }

    private static Wanted inUse(long number, int to) {
        return behind(number, to, 1);
    }

    private static Wanted behind(long number, int to, long entries) {
        return new Wanted(id(number), to, false, true, entries, entries);
    }

    private static UUID id(long number) {
        return new UUID(0, number);
    }
}
