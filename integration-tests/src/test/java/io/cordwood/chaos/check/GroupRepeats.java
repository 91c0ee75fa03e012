package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation.Handled;
import io.cordwood.chaos.history.Operation.Parting;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A record is processed again only where something has happened that a group cannot know of.
 *
 * <p>A repetition is a record that a member begins though some member of its group had handled it to its
 * end before. Its cause is what became of the older one of the two ownerships until the repetition began:
 * the first of {@link Cause} that applies. Broken by repetitions without a cause, and by those of records
 * that a member had handled which then gave up its partition as it was asked to: it had the time to finish
 * and to commit.
 */
public final class GroupRepeats implements Checker {
    /** So long members have to finish and to commit when they are asked to leave, and no longer. */
    public static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(10);

    /** After which a member that says nothing is removed, and one that hears nothing has lost what it had. */
    public static final Duration SESSION = Duration.ofSeconds(6);

    private static final long NOTICE_NANOS = OneOwner.NOTICE.toNanos();

    /** Why a record is processed again. */
    public enum Cause {
        /** Its member was killed before it could commit. */
        KILLED("member killed"),
        /** Its member stood still and lost the partition meanwhile, or will notice soon that it has. */
        PAUSED("member paused"),
        /**
         * Its member heard nothing of the group for its session: of a coordinator that was away, or cut
         * off. What it says of that alone is no cause: {@link MemberFaults} has to explain it.
         */
        LEASE_LOST("coordinator away"),
        /** Its member was asked to leave, and had no coordinator to commit to while it waited. */
        LEFT("left in vain"),
        /** Its member was asked to give the partition up, or to leave, and had the time to commit. */
        REVOKED("revoked in time"),
        /** None of these. */
        UNKNOWN("unknown cause");

        private final String words;

        Cause(String words) {
            this.words = words;
        }

        /** As a summary says it. */
        public String words() {
            return words;
        }
    }

    @Override
    public String name() {
        return "unexplained-repeat";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        each(history, (share, repeat) -> {
            if (repeat.cause() == Cause.UNKNOWN || repeat.cause() == Cause.REVOKED) {
                findings.add(share.name() + ": " + repeat.again().what().record() + " was handled by "
                        + repeat.before().where() + ", and again by "
                        + repeat.again().where() + ", " + repeat.cause().words());
            }
        });
        return findings.all();
    }

    /** How many there are of each cause, by group; all causes are there. */
    public static Map<String, Map<Cause, Long>> counts(History history) {
        var counts = new TreeMap<String, Map<Cause, Long>>();
        for (var share : GroupShare.of(history)) {
            counts.computeIfAbsent(share.group(), group -> {
                var none = new EnumMap<Cause, Long>(Cause.class);
                List.of(Cause.values()).forEach(cause -> none.put(cause, 0L));
                return none;
            });
        }
        each(
                history,
                (share, repeat) ->
                        Objects.requireNonNull(counts.get(share.group())).merge(repeat.cause(), 1L, Long::sum));
        return counts;
    }

    private record Repeat(Call<Handled> before, Call<Handled> again, Cause cause) {}

    private interface Taker {
        void take(GroupShare share, Repeat repeat);
    }

    private static void each(History history, Taker taker) {
        var faults = new MemberFaults(history);
        for (var share : GroupShare.of(history)) {
            var newest = new HashMap<Long, Call<Handled>>();
            for (var handled : share.handled()) {
                long offset = handled.what().record().offset();
                var before = newest.get(offset);
                if (before != null && before.endNanos() < handled.beginNanos()) {
                    taker.take(share, new Repeat(before, handled, cause(share, faults, before, handled)));
                }
                if (handled.isOk() && (before == null || handled.endNanos() > before.endNanos())) {
                    newest.put(offset, handled);
                }
            }
        }
    }

    private static Cause cause(GroupShare share, MemberFaults faults, Call<Handled> before, Call<Handled> again) {
        var zombie = share.epoch(again) < share.epoch(before) ? again : before;
        var member = zombie.process();
        var own = share.ownedBy(member, zombie.beginNanos());
        long owned = own == null ? 0 : own.beginNanos();
        // What a member finds out late it writes down late.
        long to = again.beginNanos() + NOTICE_NANOS;
        boolean lost = share.parted(member, Parting.LOST, owned, to);
        if (faults.befell(member, HarmKind.MEMBER_KILL, zombie.beginNanos(), to) && !lost) {
            return Cause.KILLED;
        }
        if (faults.befell(member, HarmKind.MEMBER_PAUSE, before.beginNanos() - NOTICE_NANOS, to)) {
            return Cause.PAUSED;
        }
        if (lost) {
            return faults.explainLoss(share, member, owned, to) ? Cause.LEASE_LOST : Cause.UNKNOWN;
        }
        if (faults.lasted(member, HarmKind.MEMBER_LEAVE, LEAVE_TIMEOUT)) {
            return Cause.LEFT;
        }
        return share.parted(member, Parting.REVOKED, owned, to) ? Cause.REVOKED : Cause.UNKNOWN;
    }
}
