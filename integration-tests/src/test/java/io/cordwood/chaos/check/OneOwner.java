package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation.Handled;
import io.cordwood.chaos.history.Operation.Owned;
import io.cordwood.chaos.history.Operation.Parting;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A partition has one owner in a group, who alone processes its records.
 *
 * <p>A record is handled in the newest ownership that its member had been told of. Broken by
 * <ul>
 *   <li>a record that is handled by a member that was never told to have its partition;
 *   <li>one ownership, by its epoch, that two members are told of;
 *   <li>a record that a member begins more than {@link #NOTICE} after another one was told of a later
 *       ownership: by then its own lease is over, of which it needs to hear from nobody. Not where it stood
 *       still within that time;
 *   <li>a record that is begun or ends after its member has said to the group that it does nothing with the
 *       partition any more. Not where the partition was lost in this ownership, or the member was about to
 *       leave;
 *   <li>two members that handle records of the partition at the same time. Not where the one that had begun
 *       lost the partition, was killed or stood still: its lease was over before the other one began. Nor
 *       where the one that had it before stood still, and comes back with records in its hands.
 * </ul>
 * Of losses those count that {@link MemberFaults} explains.
 */
public final class OneOwner implements Checker {
    /**
     * So long may a member need, on a machine with more to do than it can, to notice that its lease is
     * over.
     */
    static final Duration NOTICE = Duration.ofSeconds(10);

    private static final long NOTICE_NANOS = NOTICE.toNanos();

    @Override
    public String name() {
        return "one-owner";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var faults = new MemberFaults(history);
        for (var share : GroupShare.of(history)) {
            new Watch(share, faults, findings).judge();
        }
        return findings.all();
    }

    /** One partition of a group. */
    private record Watch(GroupShare share, MemberFaults faults, Findings findings) {
        void judge() {
            checkEpochs();
            Call<Handled> longest = null;
            for (var handled : share.handled()) {
                var own = share.ownedBy(handled.process(), handled.beginNanos());
                if (own == null) {
                    findings.add(sentence(handled) + " was never told to have it");
                } else {
                    checkSuccessor(handled, own);
                    checkRelease(handled, own);
                    checkOverlap(longest, handled);
                }
                if (handled.isOk() && (longest == null || handled.endNanos() > longest.endNanos())) {
                    longest = handled;
                }
            }
        }

        private void checkEpochs() {
            Call<Owned> before = null;
            for (var owned : share.owned()) {
                if (before != null
                        && before.what().since() == owned.what().since()
                        && !before.process().equals(owned.process())) {
                    findings.add(
                            share.name() + " is since epoch " + owned.what().since() + " that of " + before.process()
                                    + " and that of " + owned.process());
                }
                before = owned;
            }
        }

        private void checkSuccessor(Call<Handled> handled, Call<Owned> own) {
            long begin = handled.beginNanos();
            for (var other : share.owned()) {
                if (other.what().since() > own.what().since()
                        && other.beginNanos() + NOTICE_NANOS < begin
                        && !stoodStillBefore(handled)) {
                    findings.add(sentence(handled) + " had it since epoch "
                            + own.what().since() + ", and "
                            + other.process() + " was told at " + Event.time(other.beginNanos())
                            + " to have it since epoch " + other.what().since());
                    return;
                }
            }
        }

        private boolean stoodStillBefore(Call<Handled> handled) {
            long begin = handled.beginNanos();
            return faults.befell(handled.process(), HarmKind.MEMBER_PAUSE, begin - NOTICE_NANOS, begin);
        }

        private void checkRelease(Call<Handled> handled, Call<Owned> own) {
            var member = handled.process();
            for (var parting : share.partings()) {
                if (parting.what().how() == Parting.RELEASED
                        && parting.process().equals(member)
                        && parting.beginNanos() > own.beginNanos()
                        && own.equals(share.ownedBy(member, parting.beginNanos()))
                        && (handled.beginNanos() > parting.beginNanos()
                                || (handled.isOk() && handled.endNanos() > parting.beginNanos()))
                        && !faults.explainLoss(share, member, own.beginNanos(), Long.MAX_VALUE)
                        && !faults.befell(member, HarmKind.MEMBER_LEAVE, 0, parting.beginNanos())) {
                    findings.add(sentence(handled) + " had given it up at " + Event.time(parting.beginNanos()));
                    return;
                }
            }
        }

        private void checkOverlap(@Nullable Call<Handled> earlier, Call<Handled> handled) {
            if (earlier == null
                    || earlier.process().equals(handled.process())
                    || handled.beginNanos() >= earlier.endNanos()) {
                return;
            }
            var member = earlier.process();
            var own = share.ownedBy(member, earlier.beginNanos());
            long from = own == null ? 0 : own.beginNanos();
            long to = earlier.endNanos() + NOTICE_NANOS;
            if (!faults.explainLoss(share, member, from, to)
                    && !faults.befell(member, HarmKind.MEMBER_KILL, from, to)
                    && !faults.befell(member, HarmKind.MEMBER_PAUSE, from, to)
                    && !(isOlder(share.ownedBy(handled.process(), handled.beginNanos()), own)
                            && stoodStillBefore(handled))) {
                findings.add(sentence(handled) + " did so while "
                        + earlier.what().record() + " was handled by " + earlier.where());
            }
        }

        private static boolean isOlder(@Nullable Call<Owned> one, @Nullable Call<Owned> other) {
            return one != null
                    && other != null
                    && one.what().since() < other.what().since();
        }

        private String sentence(Call<Handled> handled) {
            return share.name() + ": " + handled.what().record() + " was handled by " + handled.where() + ", who";
        }
    }
}
