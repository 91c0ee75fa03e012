package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Seen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A group processes everything, and in time.
 *
 * <p>Broken by a record of the final log, below the offset that the group has committed in the end, which
 * no member has handled to its end; by such an offset that is not the end of the final log, because the
 * members were given the time to come there before they left; and by a partition in which records were
 * waiting at the last heal, acknowledged and not handled yet, and none of them was handled within a time
 * from then on. How long all of them take is a matter of how many there are. What lies below the final log
 * start is not asked for.
 */
public final class Unprocessed implements Checker {
    private final Duration limit;

    /** @param limit within which a group goes on where no fault is at work */
    public Unprocessed(Duration limit) {
        this.limit = limit;
    }

    @Override
    public String name() {
        return "unprocessed";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var handled = new HashMap<String, GroupShare>();
        GroupShare.of(history).forEach(share -> handled.put(share.name(), share));
        var writes = new Writes(history);
        for (var call : history.calls(Operation.GroupOffset.class)) {
            var ended = call.what();
            var log = history.finalLogs().get(ended.partition());
            if (log != null) {
                // It has at least this call.
                var share = Objects.requireNonNull(handled.get(GroupShare.name(ended.group(), ended.partition())));
                long committed = Objects.requireNonNullElse(ended.offset(), 0L);
                var done = done(share);
                checkEnd(share, committed, log, findings);
                checkRecords(share, committed, log, done, findings);
                history.lastHealNanos()
                        .ifPresent(heal ->
                                checkProgress(share, log, new Times(writes, done, heal, history.endNanos()), findings));
            }
        }
        return findings.all();
    }

    /** When each record was handled to its end for the first time. */
    private static Map<Seen, Long> done(GroupShare share) {
        var done = new HashMap<Seen, Long>();
        for (var call : share.handled()) {
            if (call.isOk()) {
                done.merge(call.what().record(), call.endNanos(), Math::min);
            }
        }
        return done;
    }

    private static void checkEnd(GroupShare share, long committed, FinalLog log, Findings findings) {
        if (committed != log.endOffset()) {
            findings.add(share.name() + " has the committed offset " + committed + " in the end, and the log ends at "
                    + log.endOffset());
        }
    }

    private static void checkRecords(
            GroupShare share, long committed, FinalLog log, Map<Seen, Long> done, Findings findings) {
        var missing = new ArrayList<Seen>();
        for (var seen : log.records()) {
            if (seen.offset() < committed && !done.containsKey(seen)) {
                missing.add(seen);
            }
        }
        if (!missing.isEmpty()) {
            findings.add(
                    share.name() + " has the committed offset " + committed + " in the end, and nobody has handled "
                            + missing.size() + " records below it, the first of them " + missing.get(0) + ", the last "
                            + missing.get(missing.size() - 1));
        }
    }

    /** Where there was something to do at the heal, something was done within the time. */
    private void checkProgress(GroupShare share, FinalLog log, Times times, Findings findings) {
        long deadline = times.heal + limit.toNanos();
        var waiting = new ArrayList<Seen>();
        for (var seen : log.records()) {
            var write = times.writes.of(share.partition(), seen.value());
            if (write != null && write.endNanos() < times.heal && times.done(seen) > times.heal) {
                waiting.add(seen);
            }
        }
        if (times.end >= deadline
                && !waiting.isEmpty()
                && waiting.stream().noneMatch(seen -> times.done(seen) <= deadline)) {
            findings.add(share.name() + ": none of " + waiting.size()
                    + " records that were there when the faults ended at "
                    + Event.time(times.heal) + " was handled by " + Event.time(deadline) + ", the first of them "
                    + waiting.get(0));
        }
    }

    /**
     * When what was.
     *
     * @param end of the history
     */
    private record Times(Writes writes, Map<Seen, Long> done, long heal, long end) {
        long done(Seen seen) {
            return done.getOrDefault(seen, Long.MAX_VALUE);
        }
    }
}
