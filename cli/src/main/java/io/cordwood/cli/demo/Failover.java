package io.cordwood.cli.demo;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.local.LocalCluster;
import io.cordwood.client.Admin;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.PartitionDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Kills the node that leads most partitions once half of the records have been sent, waits for new leaders, and starts the
 * node again.
 *
 * <p>Thread: one of its own, beside the publisher.
 */
final class Failover {
    /**
     * What was done.
     *
     * @param partitions those that the node led
     * @param inFlight records for these partitions that were sent and not acknowledged at the kill
     * @param restartMs from the start of the killed node's new process until it was ready
     */
    record Outcome(
            int nodeId, List<Integer> partitions, int inFlight, long killNanos, long electedNanos, long restartMs) {}

    private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration RESTART_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration IN_FLIGHT_TIMEOUT = Duration.ofSeconds(5);
    private static final long POLL_NANOS = 20_000_000;

    private final LocalCluster cluster;
    private final Admin admin;
    private final String topic;
    private final PublishLog log;
    private final Consumer<String> notice;

    Failover(LocalCluster cluster, Admin admin, String topic, PublishLog log, Consumer<String> notice) {
        this.cluster = cluster;
        this.admin = admin;
        this.topic = topic;
        this.log = log;
        this.notice = notice;
    }

    Outcome run(int killAfter) {
        log.awaitSent(killAfter);
        var busiest = busiestLeader();
        var inFlight = awaitInFlight(busiest.getValue());
        cluster.kill(busiest.getKey());
        var killed = System.nanoTime();
        notice.accept("killed node " + busiest.getKey() + " (kill -9), which led partitions " + busiest.getValue()
                + ", with " + inFlight + " records in flight to them");
        awaitOtherLeaders(busiest.getKey(), killed);
        var elected = System.nanoTime();
        notice.accept(
                "other nodes lead after " + Duration.ofNanos(elected - killed).toMillis() + " ms; node "
                        + busiest.getKey() + " is started again");
        var started = System.nanoTime();
        cluster.startNode(busiest.getKey());
        cluster.awaitReady(busiest.getKey(), RESTART_TIMEOUT);
        var restartMs = Duration.ofNanos(System.nanoTime() - started).toMillis();
        notice.accept("node " + busiest.getKey() + " is back after " + restartMs + " ms");
        return new Outcome(busiest.getKey(), busiest.getValue(), inFlight, killed, elected, restartMs);
    }

    private Map.Entry<Integer, List<Integer>> busiestLeader() {
        var led = new TreeMap<Integer, List<Integer>>();
        for (var partition : admin.partitions(topic)) {
            partition
                    .leader()
                    .ifPresent(leader -> led.computeIfAbsent(leader, id -> new ArrayList<>())
                            .add(partition.partition().partition()));
        }
        return led.entrySet().stream()
                .max((one, other) ->
                        Integer.compare(one.getValue().size(), other.getValue().size()))
                .orElseThrow(() -> new CliException(
                        ExitCode.UNAVAILABLE,
                        "NO_LEADERS",
                        "no partition of " + topic + " has a leader half way",
                        "the servers' logs say why"));
    }

    /** The number in flight right before the kill: at least one, unless nothing is sent to these partitions for a while. */
    private int awaitInFlight(List<Integer> partitions) {
        var deadline = System.nanoTime() + IN_FLIGHT_TIMEOUT.toNanos();
        var inFlight = log.inFlight(partitions);
        while (inFlight == 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            inFlight = log.inFlight(partitions);
        }
        return inFlight;
    }

    private void awaitOtherLeaders(int killed, long since) {
        while (!othersLead(killed)) {
            if (System.nanoTime() - since > ELECTION_TIMEOUT.toNanos()) {
                throw new CliException(
                        ExitCode.FAILED,
                        "NO_FAILOVER",
                        "no new leaders within " + ELECTION_TIMEOUT.toSeconds() + " s of the end of node " + killed,
                        "the servers' logs say why");
            }
            pause();
        }
    }

    /** An interrupt says that the demo has ended without this. */
    private static void pause() {
        LockSupport.parkNanos(POLL_NANOS);
        if (Thread.currentThread().isInterrupted()) {
            throw new CliException(ExitCode.INTERRUPTED, "INTERRUPTED", "the failover was interrupted", "start again");
        }
    }

    private boolean othersLead(int killed) {
        try {
            return admin.partitions(topic).stream()
                    .map(PartitionDescription::leader)
                    .allMatch(leader -> leader.isPresent() && !leader.equals(OptionalInt.of(killed)));
        } catch (CordwoodException e) {
            if (e.retryable()) {
                return false;
            }
            throw e;
        }
    }
}
