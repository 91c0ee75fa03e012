package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Owned;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Only the owner of a partition commits in it, and never backwards.
 *
 * <p>The ownerships of a partition are in the order of their epochs, which come from the log that
 * assignments and commits are written to. A commit means the newest ownership of its member that it had
 * been told of when it was sent, and whose epoch is not above the one that the commit names. Broken by a
 * commit that is accepted though
 * <ul>
 *   <li>its member was never told to have the partition;
 *   <li>a later ownership had been told to somebody before it was sent: then the earlier one was over;
 *   <li>a later ownership began at an offset below its own, or with nothing committed: the commit was not
 *       written before that began, and afterwards it was a zombie's;
 *   <li>its offset is below one that was accepted before it was sent.
 * </ul>
 * Whether a commit is right whose answer is unknown is not decided.
 */
public final class ZombieCommit implements Checker {
    @Override
    public String name() {
        return "zombie-commit";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        for (var share : GroupShare.of(history)) {
            var accepted = share.commits().stream().filter(Call::isOk).toList();
            accepted.forEach(commit -> checkOwner(share, commit, findings));
            checkOrder(share, accepted, findings);
        }
        return findings.all();
    }

    private static void checkOwner(GroupShare share, Call<Operation.Commit> commit, Findings findings) {
        var own = share.ownedBy(
                commit.process(), commit.beginNanos(), commit.what().epoch());
        if (own == null) {
            findings.add(sentence(share, commit) + ", and its member was never told to have the partition");
            return;
        }
        for (var other : share.owned()) {
            if (other.what().since() > own.what().since()) {
                long offset = Objects.requireNonNullElse(other.what().offset(), -1L);
                if (other.beginNanos() < commit.beginNanos()) {
                    findings.add(sentence(share, commit) + " since epoch "
                            + own.what().since() + ", and before that " + shown(other));
                    return;
                }
                if (offset < commit.what().offset()) {
                    findings.add(sentence(share, commit) + " since epoch "
                            + own.what().since() + ", and behind that " + shown(other));
                    return;
                }
            }
        }
    }

    private static void checkOrder(GroupShare share, List<Call<Operation.Commit>> accepted, Findings findings) {
        var byEnd = new ArrayList<>(accepted);
        byEnd.sort(Comparator.comparingLong(Call::endNanos));
        int next = 0;
        Call<Operation.Commit> highest = null;
        for (var commit : accepted) {
            while (next < byEnd.size() && byEnd.get(next).endNanos() < commit.beginNanos()) {
                var ended = byEnd.get(next++);
                if (highest == null || ended.what().offset() > highest.what().offset()) {
                    highest = ended;
                }
            }
            if (highest != null && highest.what().offset() > commit.what().offset()) {
                findings.add(sentence(share, commit) + ", and before that " + sentence(share, highest));
            }
        }
    }

    private static String sentence(GroupShare share, Call<Operation.Commit> commit) {
        return share.name() + ": the commit of " + commit.what().offset() + " with epoch "
                + commit.what().epoch() + " by " + commit.where() + " was accepted";
    }

    private static String shown(Call<Owned> owned) {
        return owned.process() + " was told at " + Event.time(owned.beginNanos()) + " to have it since epoch "
                + owned.what().since() + " from offset " + owned.what().offset() + " on";
    }
}
