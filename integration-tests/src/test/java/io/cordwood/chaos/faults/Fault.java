package io.cordwood.chaos.faults;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One fault of a schedule.
 *
 * @param nodes whom it befalls; none where that shows when it begins, such as who leads
 * @param startMillis since the schedule's begin
 * @param lengthMillis until it ends; what it leaves to do, such as a start, may take longer
 * @param amount how much, in a unit of its kind: milliseconds, bytes, seconds, or which variant
 * @param luck for choices that can be made only when it begins
 */
public record Fault(FaultKind kind, List<Integer> nodes, long startMillis, long lengthMillis, long amount, int luck) {
    public Fault {
        nodes = List.copyOf(nodes);
        if (startMillis < 0 || lengthMillis < 0 || luck < 0) {
            throw new IllegalArgumentException(
                    kind + " at " + startMillis + " ms for " + lengthMillis + " ms, luck " + luck + ": not negative");
        }
    }

    public long endMillis() {
        return startMillis + lengthMillis;
    }

    /** The only node, or the first one. */
    int node() {
        return nodes.get(0);
    }

    /** One of so many, by luck. */
    int pick(int count) {
        return luck % count;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%8.1f s  %5.1f s  %s%s, amount %d, luck %d",
                startMillis / 1_000.0,
                lengthMillis / 1_000.0,
                kind.label(),
                nodes.isEmpty()
                        ? ""
                        : nodes.stream().map(Object::toString).collect(Collectors.joining("+", " of node ", "")),
                amount,
                luck);
    }
}
