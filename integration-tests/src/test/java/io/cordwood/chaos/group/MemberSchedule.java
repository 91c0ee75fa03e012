package io.cordwood.chaos.group;

import io.cordwood.chaos.check.GroupRepeats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * When members of a group start, leave, are killed and stand still. The same seed, time and group make the
 * same schedule.
 *
 * <p>Invariant: of each member the steps fit: none begins before the one before it is over, it starts
 * first, and again behind each end.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param steps in the order of time
 */
public record MemberSchedule(String group, List<Step> steps) {
    /** After which a member that says nothing is removed. */
    static final Duration SESSION = GroupRepeats.SESSION;

    private static final int FIRST_START_MAX_MILLIS = 5_000;
    private static final int UP_MIN_MILLIS = 6_000;
    private static final int UP_MAX_MILLIS = 30_000;
    private static final int AWAY_MIN_MILLIS = 300;
    private static final int AWAY_MAX_MILLIS = 6_000;
    private static final int SHORT_PAUSE_MIN_MILLIS = 1_000;
    private static final int SHORT_PAUSE_MAX_MILLIS = 4_000;
    /** Longer than the session: others have everything when it is over. */
    private static final int LONG_PAUSE_MIN_MILLIS = (int) SESSION.toMillis() + 2_000;

    private static final int LONG_PAUSE_MAX_MILLIS = (int) SESSION.toMillis() + 7_000;
    private static final int PERCENT = 100;
    private static final int KILLS_PERCENT = 35;
    private static final int LEAVES_PERCENT = 25;
    private static final int LONG_PAUSES_PERCENT = 30;

    /** What befalls a member. */
    public enum Kind {
        START,
        KILL,
        LEAVE,
        /** SIGSTOP, and SIGCONT when its time is over. */
        PAUSE
    }

    /**
     * One of them.
     *
     * @param atMillis since the begin of the run
     * @param member its number in the group, from 0
     * @param lengthMillis of a pause
     */
    public record Step(long atMillis, int member, Kind kind, long lengthMillis) {
        private String text() {
            return String.format(
                    Locale.ROOT,
                    "%8.1f s  %s of member %d%s",
                    atMillis / 1_000.0,
                    kind.name().toLowerCase(Locale.ROOT),
                    member,
                    kind == Kind.PAUSE ? String.format(Locale.ROOT, " for %.1f s", lengthMillis / 1_000.0) : "");
        }
    }

    public MemberSchedule {
        steps = List.copyOf(steps);
    }

    /** Of the groups of every run. */
    public static Map<GroupPlan, MemberSchedule> standard(long seed, Duration length, List<String> topics) {
        var schedules = new LinkedHashMap<GroupPlan, MemberSchedule>();
        GroupPlan.standard(topics).forEach(plan -> schedules.put(plan, of(seed, length, plan)));
        return schedules;
    }

    /** @param length nothing begins behind it */
    public static MemberSchedule of(long seed, Duration length, GroupPlan plan) {
        var random = new SplittableRandom(31 * seed + plan.name().hashCode());
        var steps = new ArrayList<Step>();
        for (int member = 0; member < plan.members(); member++) {
            long at = member == 0 ? 0 : random.nextInt(FIRST_START_MAX_MILLIS);
            steps.add(new Step(at, member, Kind.START, 0));
            while (at < length.toMillis()) {
                at += random.nextInt(UP_MIN_MILLIS, UP_MAX_MILLIS);
                at = draw(random, at, member, steps);
            }
        }
        steps.removeIf(step -> step.atMillis() >= length.toMillis());
        steps.sort(Comparator.comparingLong(Step::atMillis));
        return new MemberSchedule(plan.name(), steps);
    }

    /** @return when it is over */
    private static long draw(SplittableRandom random, long at, int member, List<Step> steps) {
        int drawn = random.nextInt(PERCENT);
        if (drawn < KILLS_PERCENT + LEAVES_PERCENT) {
            long again = at + random.nextInt(AWAY_MIN_MILLIS, AWAY_MAX_MILLIS);
            steps.add(new Step(at, member, drawn < KILLS_PERCENT ? Kind.KILL : Kind.LEAVE, 0));
            steps.add(new Step(again, member, Kind.START, 0));
            return again;
        }
        boolean isLong = drawn < KILLS_PERCENT + LEAVES_PERCENT + LONG_PAUSES_PERCENT;
        int length = isLong
                ? random.nextInt(LONG_PAUSE_MIN_MILLIS, LONG_PAUSE_MAX_MILLIS)
                : random.nextInt(SHORT_PAUSE_MIN_MILLIS, SHORT_PAUSE_MAX_MILLIS);
        steps.add(new Step(at, member, Kind.PAUSE, length));
        return at + length;
    }

    /** Those of one member. */
    List<Step> of(int member) {
        return steps.stream().filter(step -> step.member() == member).toList();
    }

    /** For people, and to compare: a line for each step. */
    public String text() {
        var text = new StringBuilder("group " + group + "\n");
        steps.forEach(step -> text.append("  ").append(step.text()).append('\n'));
        return text.toString();
    }
}
