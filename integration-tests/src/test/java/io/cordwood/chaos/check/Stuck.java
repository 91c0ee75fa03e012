package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.EventType;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * When the faults are over everything works again within a time.
 *
 * <p>The deadline is that time after the last {@link Operation.Heal}. Broken by a write, read or end-offset
 * read that
 * <ul>
 *   <li>is not answered at the later of the deadline and the same time after its own begin, if the history
 *       goes on until then;
 *   <li>begins behind the deadline and then fails, or ends without a known outcome, other than a single try or
 *       a {@code FinalRead}, which is asked for again until it is answered. A read that is refused for the log
 *       start is answered.
 * </ul>
 * Also by a partition in which {@value #TRIES_MIN} single tries of a kind or more begin behind the deadline and
 * end, and each of them so. Single tries are an {@code AppendIf}, which nobody repeats because that could
 * append twice, an {@code EndOffset}, and a {@code Read} that does not wait: a change of leader, or a machine
 * with more to do than it can, may cut one of them at any time. An {@code AppendIf} that is refused for the end
 * it found is answered. And by a partition in which some write was under way between the heal and the deadline
 * and none was acknowledged, if the history goes on until the deadline. Without a heal nothing is decided.
 */
public final class Stuck implements Checker {
    private static final int TRIES_MIN = 2;

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
            checkTries(history.callsByPartition(Operation.AppendIf.class), heal, findings);
            checkTries(history.callsByPartition(Operation.EndOffset.class), heal, findings);
            checkTries(history.callsByPartition(Operation.Read.class), heal, findings);
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
                && !isSingleTry(call.what())
                && !(call.what() instanceof Operation.FinalRead)
                && !isAnswered(call)) {
            findings.add(sentence(call, heal) + " ended with " + ended.type() + " (" + ended.detail() + ")");
        }
    }

    /** Of one kind. */
    private <T extends Operation.OfPartition> void checkTries(
            Map<TopicPartition, List<Call<T>>> calls, long heal, Findings findings) {
        calls.forEach((partition, ofOne) -> {
            var late = ofOne.stream()
                    .filter(call -> isSingleTry(call.what()))
                    .filter(call -> call.beginNanos() >= heal + limit.toNanos() && call.ended() != null)
                    .toList();
            if (late.size() >= TRIES_MIN && late.stream().noneMatch(Stuck::isAnswered)) {
                var first = late.get(0);
                findings.add(
                        "none of " + late.size() + " operations " + first.kind().getSimpleName() + " on " + partition
                                + ", " + limit.toSeconds() + " s and more after the faults ended at " + Event.time(heal)
                                + ", was answered, the first of them to " + first.where() + ": "
                                + Objects.requireNonNull(first.ended()).detail());
            }
        });
    }

    private void checkPartitions(History history, long heal, Findings findings) {
        long deadline = heal + limit.toNanos();
        history.callsByPartition(Operation.Write.class).forEach((partition, writes) -> {
            var underWay = writes.stream()
                    .filter(write -> write.beginNanos() < deadline && isUnderWay(write, heal))
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
        if (what instanceof Operation.OfGroup) {
            return false; // an application may take as long as it likes; Unprocessed looks after groups
        }
        return what instanceof Operation.Write || what instanceof Operation.View || what instanceof Operation.EndOffset;
    }

    private static boolean isSingleTry(Operation what) {
        return what instanceof Operation.AppendIf
                || what instanceof Operation.EndOffset
                || (what instanceof Operation.Read read && !read.waits());
    }

    /** Also one that ends without a known outcome is over then: nobody waits for it any more. */
    private static boolean isUnderWay(Call<?> call, long nanos) {
        var ended = call.ended();
        return ended == null || ended.nanos() >= nanos;
    }

    private static boolean isAnswered(Call<? extends Operation> call) {
        return call.outcome() == EventType.OK || isRefusal(call.what());
    }

    private static boolean isRefusal(Operation what) {
        return (what instanceof Operation.AppendIf append && append.foundEnd() != null)
                || (what instanceof Operation.Read read && read.logStart() != null);
    }
}
