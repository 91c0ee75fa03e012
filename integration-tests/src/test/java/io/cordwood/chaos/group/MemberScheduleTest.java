package io.cordwood.chaos.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.group.MemberSchedule.Kind;
import io.cordwood.chaos.group.MemberSchedule.Step;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemberScheduleTest {
    private static final List<GroupPlan> PLANS = GroupPlan.standard(List.of("orders"));
    private static final GroupPlan PLAN = PLANS.get(0);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void sameSeedMakesTheSameSchedule() {
        assertThat(MemberSchedule.of(7, MINUTE, PLAN)).isEqualTo(MemberSchedule.of(7, MINUTE, PLAN));
        assertThat(MemberSchedule.of(7, MINUTE, PLAN).text())
                .isNotEqualTo(MemberSchedule.of(8, MINUTE, PLAN).text())
                .startsWith("group handlers\n       0.0 s  start of member 0\n");
        assertThat(MemberSchedule.of(7, MINUTE, PLANS.get(1)).steps())
                .isNotEqualTo(MemberSchedule.of(7, MINUTE, PLAN).steps());
    }

    @Test
    void stepsOfAMemberFit() {
        for (long seed = 0; seed < 200; seed++) {
            var schedule = MemberSchedule.of(seed, MINUTE, PLAN);
            for (int member = 0; member < PLAN.members(); member++) {
                boolean runs = false;
                long free = 0;
                for (Step step : schedule.of(member)) {
                    assertThat(step.kind() == Kind.START)
                            .as("%d: %s", seed, step)
                            .isNotEqualTo(runs);
                    assertThat(step.atMillis()).isBetween(free, MINUTE.toMillis() - 1);
                    runs = step.kind() == Kind.START || step.kind() == Kind.PAUSE;
                    free = step.atMillis() + step.lengthMillis();
                }
            }
        }
    }

    /** Else a minute would show little. */
    @Test
    void minuteHasSomethingOfAllInAFewSeeds() {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        boolean outlives = false;
        boolean isOutlived = false;
        for (long seed = 1; seed <= 3; seed++) {
            for (Step step : MemberSchedule.of(seed, MINUTE, PLAN).steps()) {
                kinds.add(step.kind());
                boolean pause = step.kind() == Kind.PAUSE;
                outlives |= pause && step.lengthMillis() > MemberSchedule.SESSION.toMillis();
                isOutlived |= pause && step.lengthMillis() < MemberSchedule.SESSION.toMillis();
            }
        }

        assertThat(kinds).containsExactlyInAnyOrder(Kind.values());
        assertThat(outlives).isTrue();
        assertThat(isOutlived).isTrue();
    }
}
