package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Operation.Owned;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A member commits what it has processed.
 *
 * <p>Broken by a commit that is accepted though a record of the final log, below its offset and not below
 * the one at which its ownership began, was not handled to its end by its member, in this ownership and
 * before the commit was sent. What an ownership is {@link ZombieCommit} says. Where nothing was committed
 * when it began, it began at the log start.
 */
public final class EarlyCommit implements Checker {
    @Override
    public String name() {
        return "early-commit";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        for (var share : GroupShare.of(history)) {
            var log = history.finalLogs().get(share.partition());
            if (log != null) {
                new Progress(share, log, findings).follow();
            }
        }
        return findings.all();
    }

    /** Of all members of a group in one partition. */
    private static final class Progress {
        private final GroupShare share;
        private final FinalLog log;
        private final Findings findings;
        /** By ownership: when a record was handled to its end for the first time, by offset. */
        private final Map<Call<Owned>, Map<Long, Long>> done = new HashMap<>();
        /** By ownership: all below was looked at. */
        private final Map<Call<Owned>, Long> judged = new HashMap<>();

        Progress(GroupShare share, FinalLog log, Findings findings) {
            this.share = share;
            this.log = log;
            this.findings = findings;
        }

        void follow() {
            for (var handled : share.handled()) {
                var own = share.ownedBy(handled.process(), handled.beginNanos());
                if (own != null && handled.isOk()) {
                    done.computeIfAbsent(own, first -> new HashMap<>())
                            .merge(handled.what().record().offset(), handled.endNanos(), Math::min);
                }
            }
            for (var commit : share.commits()) {
                if (commit.isOk()) {
                    check(commit);
                }
            }
        }

        private void check(Call<Operation.Commit> commit) {
            var own = share.ownedBy(
                    commit.process(), commit.beginNanos(), commit.what().epoch());
            if (own == null) {
                return;
            }
            long begin = Math.max(
                    log.logStart(), Objects.requireNonNullElse(own.what().offset(), 0L));
            long end = Math.min(log.readTo(), commit.what().offset());
            var ofOwn = done.getOrDefault(own, Map.of());
            for (long offset = judged.getOrDefault(own, begin); offset < end; offset++) {
                var seen = log.at(offset);
                if (seen != null && ofOwn.getOrDefault(offset, Long.MAX_VALUE) > commit.beginNanos()) {
                    findings.add(share.name() + ": " + seen + " at " + offset + " was not handled to its end, and "
                            + commit.what().offset() + " was committed by " + commit.where());
                }
            }
            judged.merge(own, Math.max(begin, end), Math::max);
        }
    }
}
