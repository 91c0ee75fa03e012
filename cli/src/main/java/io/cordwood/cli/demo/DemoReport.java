package io.cordwood.cli.demo;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.console.Json;
import io.cordwood.cli.console.TextTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The demo's result as a short table for people, or as JSON for scripts. */
public final class DemoReport {
    /** Later gaps have nothing to do with the failover. */
    private static final Duration GAP_WINDOW = Duration.ofSeconds(10);

    private static final double NANOS_PER_MS = 1e6;

    private final DemoResult result;
    private final AckStatistics before;
    private final AckStatistics after;
    private final AckStatistics all;

    DemoReport(DemoResult result) {
        this.result = result;
        var killNanos = result.failover().killNanos();
        this.before = AckStatistics.of(result.acks().stream()
                .filter(ack -> ack.ackNanos() <= killNanos)
                .toList());
        this.after = AckStatistics.of(
                result.acks().stream().filter(ack -> ack.ackNanos() > killNanos).toList());
        this.all = AckStatistics.of(result.acks());
    }

    public boolean passed() {
        return result.passed();
    }

    /** What to say where it has not passed. */
    public CliException failure() {
        var what = result.findings().clean()
                ? count(result.sent() - result.acks().size()) + " records were not acknowledged"
                : String.join("; ", result.findings().lines());
        return new CliException(
                ExitCode.FAILED, "DEMO_FAILED", what, "the kept directory holds the servers' logs and data");
    }

    public List<String> table() {
        var lines = new ArrayList<String>();
        lines.addAll(TextTable.of("", "before the kill", "after the kill", "in all")
                .row("records acknowledged", count(before.records()), count(after.records()), count(all.records()))
                .row("MB/s", rate(before), rate(after), rate(all))
                .row("ack latency p50", ms(before.p50Ms()), ms(after.p50Ms()), ms(all.p50Ms()))
                .row("ack latency p99", ms(before.p99Ms()), ms(after.p99Ms()), ms(all.p99Ms()))
                .lines());
        lines.add("");
        lines.addAll(facts());
        return lines;
    }

    public String json() {
        var values = new LinkedHashMap<String, Object>();
        values.put("passed", result.passed());
        values.put("clusterUpMs", result.upMs());
        values.put("sent", result.sent());
        values.put("before", statistics(before));
        values.put("after", statistics(after));
        values.put("all", statistics(all));
        values.put("killedNode", result.failover().nodeId());
        values.put("killedLeaderOf", result.failover().partitions());
        values.put("inFlightAtKill", result.failover().inFlight());
        values.put("longestGapMs", rounded(longestGapMs()));
        values.put("newLeadersMs", rounded(newLeadersMs()));
        values.put("restartMs", result.failover().restartMs());
        values.put("readers", new LinkedHashMap<String, Object>(result.reading().countsByReader()));
        values.put("handedOver", result.reading().handedOver());
        values.put("givenAgain", result.reading().givenAgain());
        values.put("lost", result.findings().count(Violation.LOST));
        values.put("duplicated", result.findings().count(Violation.DUPLICATED));
        values.put("replicasIdentical", replicasIdentical());
        values.put("replicaBytes", result.replicaBytes());
        values.put("violations", result.findings().lines());
        return Json.of(values);
    }

    private List<String> facts() {
        var failover = result.failover();
        var facts = new LinkedHashMap<String, String>();
        facts.put("cluster up after", String.format(Locale.ROOT, "%.1f s", result.upMs() / 1e3));
        facts.put(
                "killed",
                "node " + failover.nodeId() + ", leader of "
                        + failover.partitions().size() + " partitions, " + failover.inFlight()
                        + " records in flight to them");
        facts.put("longest gap between acks", ms(longestGapMs()) + " in one partition, around the failover");
        facts.put("new leaders known after", ms(newLeadersMs()));
        facts.put("killed node ready again", count(failover.restartMs()) + " ms" + " after its start");
        if (result.acks().size() < result.sent()) {
            facts.put(
                    "not acknowledged",
                    count(result.sent() - result.acks().size()) + ", first: " + result.firstFailure());
        }
        facts.put("read by a group", result.reading().toString());
        if (result.reading().givenAgain() > 0) {
            facts.put("read again", count(result.reading().givenAgain()) + ", of a member that was taken for dead");
        }
        facts.put("lost", count(result.findings().count(Violation.LOST)));
        facts.put("duplicated", count(result.findings().count(Violation.DUPLICATED)));
        facts.put("order per key", result.findings().count(Violation.OUT_OF_ORDER) == 0 ? "held" : "broken");
        facts.put(
                "replicas identical",
                (replicasIdentical() ? "yes, " : "no, ") + count(result.replicaBytes())
                        + " bytes of segments on each of three nodes");
        var width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
        return facts.entrySet().stream()
                .map(fact ->
                        fact.getKey() + " ".repeat(width + 2 - fact.getKey().length()) + fact.getValue())
                .toList();
    }

    private boolean replicasIdentical() {
        return result.findings().count(Violation.REPLICAS_DIFFER) == 0
                && result.findings().count(Violation.UNREADABLE_REPLICA) == 0;
    }

    private double longestGapMs() {
        var killNanos = result.failover().killNanos();
        return AckStatistics.longestGapMs(result.acks(), killNanos, killNanos + GAP_WINDOW.toNanos());
    }

    private double newLeadersMs() {
        return (result.failover().electedNanos() - result.failover().killNanos()) / NANOS_PER_MS;
    }

    private static Map<String, Object> statistics(AckStatistics part) {
        var values = new LinkedHashMap<String, Object>();
        values.put("records", part.records());
        values.put("megabytesPerSecond", rounded(part.megabytesPerSecond()));
        values.put("p50Ms", rounded(part.p50Ms()));
        values.put("p99Ms", rounded(part.p99Ms()));
        return values;
    }

    private static double rounded(double value) {
        return Math.round(value * 1e3) / 1e3;
    }

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String rate(AckStatistics part) {
        return String.format(Locale.ROOT, "%.2f", part.megabytesPerSecond());
    }

    private static String ms(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f ms" : "%,.0f ms", value);
    }
}
