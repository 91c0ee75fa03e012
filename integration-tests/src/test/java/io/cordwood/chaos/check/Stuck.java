package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * When the faults are over everything works again within a time.
 *
 * <p>The deadline is that time after the last {@link Operation.Heal}. Broken by a write, read or end-offset
 * read that
 * <ul>
 *   <li>is not answered at the later of the deadline and the same time after its own begin, if the history
 *       goes on until then;
 *   <li>begins behind the deadline and then fails, or ends without a known outcome, other than an {@code
 *       AppendIf} or a {@code FinalRead}, which is asked for again until it is answered. A read that is
 *       refused for the log start is answered.
 * </ul>
 * Also by a partition in which {@code AppendIf}s that begin behind the deadline end, and each of them so:
 * nobody repeats one, because that could append twice, so a change of leader may cut it at any time. One
 * that is refused for the end it found is answered. And by a partition in which some write was under way
 * between the heal and the deadline and none was acknowledged, if the history goes on until the deadline.
 * Without a heal nothing is decided.
 */
public final class Stuck implements Checker {
    private final Duration limit;

    public Stuck(Duration limit) {
        this.limit = limit;
    }

    @Override
    public String name() {
        return "stuck";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        history.lastHealNanos().ifPresent(heal -> {
            for (var call : history.calls(Operation.OfPartition.class)) {
                if (isAsked(call.what())) {
                    checkOne(call, heal, history.endNanos(), findings);
                }
            }
            checkAppends(history, heal, findings);
            if (history.endNanos() >= heal + limit.toNanos()) {
                checkPartitions(history, heal, findings);
            }
        });
        return findings.all();
    }

    private void checkOne(Call<Operation.OfPartition> call, long heal, long historyEnd, Findings findings) {
        var ended = call.ended();
        long deadline = Math.max(call.beginNanos(), heal) + limit.toNanos();
        long seenUntil = ended == null ? historyEnd : ended.nanos();
        if (seenUntil > deadline) {
            findings.add(sentence(call, heal) + (ended == null ? " was never answered" : " was answered late"));
        } else if (ended != null
                && call.beginNanos() >= heal + limit.toNanos()
                && isAnsweredAtOnce(call.what())
                && !isAnswered(call)) {
            findings.add(sentence(call, heal) + " ended with " + ended.type() + " (" + ended.detail() + ")");
        }
    }

    private void checkAppends(History history, long heal, Findings findings) {
        history.callsByPartition(Operation.AppendIf.class).forEach((partition, appends) -> {
            var late = appends.stream()
                    .filter(append -> append.beginNanos() >= heal + limit.toNanos() && append.ended() != null)
                    .toList();
            if (!late.isEmpty() && late.stream().noneMatch(Stuck::isAnswered)) {
                findings.add(
                        "none of " + late.size() + " conditional appends to " + partition + ", " + limit.toSeconds()
                                + " s and more after the faults ended at " + Event.time(heal)
                                + ", was answered, the first of them to "
                                + late.get(0).where() + ": "
                                + Objects.requireNonNull(late.get(0).ended()).detail());
            }
        });
    }

    private void checkPartitions(History history, long heal, Findings findings) {
        long deadline = heal + limit.toNanos();
        history.callsByPartition(Operation.Write.class).forEach((partition, writes) -> {
            var underWay = writes.stream()
                    .filter(write -> write.beginNanos() < deadline && write.endNanos() >= heal)
                    .filter(write -> !isRefusal(write.what()))
                    .toList();
            if (!underWay.isEmpty()
                    && underWay.stream().noneMatch(write -> write.isOk() && write.endNanos() <= deadline)) {
                findings.add("none of " + underWay.size() + " writes to " + partition + " was acknowledged from "
                        + Event.time(heal) + " to " + Event.time(deadline) + ", the first of them by "
                        + underWay.get(0).where());
            }
        });
    }

    private String sentence(Call<Operation.OfPartition> call, long heal) {
        return call.what().getClass().getSimpleName() + " on " + call.what().partition() + " by " + call.where() + ", "
                + limit.toSeconds() + " s and more after the faults ended at " + Event.time(heal) + ",";
    }

    private static boolean isAsked(Operation.OfPartition what) {
        return what instanceof Operation.Write || what instanceof Operation.View || what instanceof Operation.EndOffset;
    }

    private static boolean isAnsweredAtOnce(Operation what) {
        return !(what instanceof Operation.AppendIf || what instanceof Operation.FinalRead);
    }

    private static boolean isAnswered(Call<? extends Operation> call) {
        return call.outcome() == EventType.OK || isRefusal(call.what());
    }

    private static boolean isRefusal(Operation what) {
        return (what instanceof Operation.AppendIf append && append.foundEnd() != null)
                || (what instanceof Operation.Read read && read.logStart() != null);
    }
}
