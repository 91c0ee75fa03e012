package io.cordwood.bench.groups;

import io.cordwood.bench.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The costs of a run as Markdown and as CSV.
 *
 * <p><b>Thread:</b> immutable.
 */
record GroupTable(List<GroupCost> costs) {
    GroupTable {
        costs = List.copyOf(costs);
    }

    String markdown() {
        var lines = new ArrayList<String>();
        lines.add("| partitions per node | threads | RSS MiB | direct MiB | heap after GC MiB | idle CPU, % of a core |"
                + " create s | leaders back after kill -9 s | leaders lost | rejoin s | restart: ready s |"
                + " restart: all answer s |");
        lines.add("|" + "---:|".repeat(12));
        costs.stream().map(GroupTable::row).forEach(lines::add);
        lines.add("");
        lines.add("Per node: medians of the nodes (lowest - highest); idle. Kills: each node in turn, medians (lowest -"
                + " highest). A partition answers when it has acknowledged a record.");
        return String.join("\n", lines) + "\n";
    }

    String csv() {
        return costs.stream()
                .map(GroupTable::csvRow)
                .collect(Collectors.joining(
                        "",
                        "partitions,threads,residentMib,directMib,heapMib,idleCpuPercent,createSeconds,takeoverSeconds,"
                                + "leadersLost,rejoinSeconds,restartReadySeconds,restartSeconds\n",
                        ""));
    }

    /** One column. */
    private record Column(int decimals, Function<GroupCost, Stream<Double>> values) {
        Optional<Spread> of(GroupCost cost) {
            return Spread.of(values.apply(cost).toList());
        }
    }

    private static final List<Column> COLUMNS = List.of(
            ofNodes(0, node -> (double) node.threads()),
            ofNodes(0, NodeCost::residentMib),
            ofNodes(0, NodeCost::directMib),
            ofNodes(0, NodeCost::heapMib),
            ofNodes(1, NodeCost::idleCpuPercent),
            ofTimes(GroupCost.Times::createSeconds),
            ofTakeovers(1, GroupCost.Takeover::seconds),
            ofTakeovers(0, lost -> (double) lost.leadersLost()),
            ofTakeovers(1, GroupCost.Takeover::rejoinSeconds),
            ofTimes(GroupCost.Times::restartReadySeconds),
            ofTimes(GroupCost.Times::restartSeconds));

    private static Column ofNodes(int decimals, Function<NodeCost, Double> value) {
        return new Column(decimals, cost -> cost.nodes().stream().map(value));
    }

    private static Column ofTimes(Function<GroupCost.Times, Double> value) {
        return new Column(1, cost -> cost.times().stream().map(value));
    }

    private static Column ofTakeovers(int decimals, Function<GroupCost.Takeover, Double> value) {
        return new Column(decimals, cost -> cost.takeovers().stream().map(value));
    }

    private static String row(GroupCost cost) {
        return COLUMNS.stream()
                .map(column -> column.of(cost)
                        .map(spread -> spread.text(column.decimals()))
                        .orElse(""))
                .collect(Collectors.joining(" | ", "| " + cost.partitions() + " | ", " |"));
    }

    private static String csvRow(GroupCost cost) {
        return COLUMNS.stream()
                .map(column -> column.of(cost)
                        .map(spread -> String.format(Locale.ROOT, "%.2f", spread.median()))
                        .orElse(""))
                .collect(Collectors.joining(",", cost.partitions() + ",", "\n"));
    }
}
