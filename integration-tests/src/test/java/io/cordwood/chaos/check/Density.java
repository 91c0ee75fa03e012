package io.cordwood.chaos.check;

import io.cordwood.chaos.history.FinalLog;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.client.TopicPartition;
import java.util.ArrayList;
import java.util.List;

/**
 * Offsets are dense.
 *
 * <p>Broken by an offset between the log start and the end of the final log that has no record, unless a
 * {@link Operation.Repair} of the partition names it. Each one that names none allows one further offset,
 * which was not taken yet when the repair was noted: it lies behind all that anybody had written or read by
 * then. Also by offsets that do not rise, by records outside of the log's own bounds, and by a final read
 * that leaves something out or does not reach the end.
 */
public final class Density implements Checker {
    @Override
    public String name() {
        return "density";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        var repairs = new Repairs(history);
        history.finalLogs().forEach((partition, log) -> {
            log.gaps().forEach(gap -> findings.add("the final read of " + partition + " has a gap: " + gap));
            if (log.readTo() < log.endOffset()) {
                findings.add("the final read of " + partition + " ends at " + log.readTo() + ", its log at "
                        + log.endOffset());
            }
            checkOrder(partition, log, findings);
            checkHoles(partition, log, repairs, findings);
        });
        return findings.all();
    }

    private static void checkOrder(TopicPartition partition, FinalLog log, Findings findings) {
        long before = log.logStart() - 1;
        for (var seen : log.records()) {
            if (seen.offset() <= before) {
                findings.add("the final read of " + partition + " has " + seen + " behind offset " + before
                        + (before < log.logStart() ? ", before the log start " + log.logStart() : ""));
            }
            if (seen.offset() >= log.endOffset()) {
                findings.add(
                        "the final read of " + partition + " has " + seen + ", and its log ends at " + log.endOffset());
            }
            before = Math.max(before, seen.offset());
        }
    }

    private static void checkHoles(TopicPartition partition, FinalLog log, Repairs repairs, Findings findings) {
        var holes = new ArrayList<Long>();
        for (long offset = log.logStart(); offset < Math.min(log.readTo(), log.endOffset()); offset++) {
            if (log.at(offset) == null) {
                holes.add(offset);
            }
        }
        var left = repairs.unexplained(partition, holes);
        if (!left.isEmpty()) {
            findings.add(partition + " has no record at " + shortened(left) + ", inside of [" + log.logStart() + ", "
                    + log.endOffset() + "), and repairs may have taken " + repairs.shown(partition));
        }
    }

    private static String shortened(List<Long> holes) {
        int shown = Math.min(holes.size(), Findings.KEPT_MAX);
        return (holes.size() == 1 ? "offset " : holes.size() + " offsets, of them ") + holes.subList(0, shown);
    }
}
