package io.cordwood.chaos.faults;

import io.cordwood.store.PartitionId;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Processes that are killed and paused.
 *
 * <p><b>Thread:</b> any.
 */
final class ProcessFaults {
    private static final Duration PURGE_MAX = Duration.ofSeconds(15);
    private static final Duration CATCH_UP_MAX = Duration.ofSeconds(20);
    /** Beside other faults nobody may lead, or whoever is asked may be cut off. */
    private static final Duration LEADER_MAX = Duration.ofSeconds(10);

    private static final String TAKEN = "another fault has the node";

    private final ChaosCluster cluster;
    private final Claims claims;
    private final Comeback comeback;
    private final String busyTopic;

    ProcessFaults(ChaosCluster cluster, Claims claims, String busyTopic) {
        this.cluster = cluster;
        this.claims = claims;
        this.comeback = Comeback.of(cluster, claims);
        this.busyTopic = busyTopic;
    }

    void killNode(Fault fault, Stage stage) {
        claimed(
                List.of(fault.node()),
                stage,
                () -> killed(fault, stage, "node " + fault.node(), List.of(fault.node())));
    }

    void killLeader(Fault fault, Stage stage) {
        leader(fault, stage)
                .ifPresentOrElse(
                        leader -> claimed(
                                List.of(leader),
                                stage,
                                () -> killed(fault, stage, "leader, node " + leader, List.of(leader))),
                        () -> stage.skipped("nobody leads"));
    }

    void killAll(Fault fault, Stage stage) {
        claimed(cluster.nodeIds(), stage, () -> killed(fault, stage, "all nodes", cluster.nodeIds()));
    }

    private void killed(Fault fault, Stage stage, String target, List<Integer> nodes) {
        try {
            cluster.kill(nodes);
            stage.begun(target, "SIGKILL");
            stage.hold(fault.lengthMillis());
        } finally {
            nodes.forEach(cluster::begin);
        }
        stage.ended(comeback.of(nodes, stage));
    }

    void killDuringStart(Fault fault, Stage stage) {
        int node = fault.node();
        claimed(List.of(node), stage, () -> {
            boolean late = false;
            try {
                cluster.kill(node);
                stage.begun("node " + node, "SIGKILL, and again " + fault.amount() + " ms into the start");
                stage.hold(fault.lengthMillis());
                cluster.begin(node);
                stage.hold(fault.amount());
                late = cluster.isReady(node);
                cluster.kill(node);
            } finally {
                cluster.begin(node);
            }
            var ready = comeback.of(List.of(node), stage);
            if (late) {
                stage.missed("it had been ready when it was killed, and is " + ready);
            } else {
                stage.ended("killed before it was ready, and is " + ready);
            }
        });
    }

    void killDuringCatchUp(Fault fault, Stage stage) {
        var topic = cluster.admin().topic(busyTopic);
        int partition = fault.pick(topic.partitionCount());
        var leader = cluster.leaderOf(busyTopic, partition);
        if (leader.isEmpty()) {
            stage.skipped("nobody leads");
            return;
        }
        var followers = topic.partitions().get(partition).replicas().stream()
                .filter(node -> node != leader.getAsInt())
                .toList();
        int victim = followers.get(fault.pick(followers.size()));
        var replica = new PartitionId(topic.topicId(), partition);
        Callable<Boolean> purged;
        try {
            purged = purgedBeyondNow(leader.getAsInt(), replica);
        } catch (UncheckedIOException e) {
            // The leader has no disk now, or has given its replica to another node.
            stage.skipped("the raft log of node " + leader.getAsInt() + " cannot be read: " + e.getMessage());
            return;
        }
        claimed(List.of(victim), stage, () -> killBehind(fault, stage, new Lag(victim, replica, purged)));
    }

    /** Asks whether the node has purged all entries that it has now. */
    private Callable<Boolean> purgedBeyondNow(int node, PartitionId replica) {
        var log = cluster.files(node).replica(replica.directoryName()).raftLog();
        long newest = log.newestFileStart();
        return () -> log.firstIndex() > newest;
    }

    /** @param purged whether its leader has no entries any more that it lacks */
    private record Lag(int victim, PartitionId replica, Callable<Boolean> purged) {}

    private void killBehind(Fault fault, Stage stage, Lag lag) {
        int victim = lag.victim();
        boolean fetching = false;
        boolean hit = false;
        try {
            cluster.kill(victim);
            stage.begun(
                    "node " + victim, "SIGKILL, until the leader of " + lag.replica() + " has purged what it lacks");
            boolean purged = stage.await(PURGE_MAX, lag.purged());
            stage.hold(purged ? fault.lengthMillis() : 0);
            cluster.beginWith(victim, CatchUpLines.RATE_KEY, CatchUpLines.SLOW);
            fetching = stage.awaitClosely(
                    CATCH_UP_MAX, () -> CatchUpLines.hasBegun(cluster.newLogOf(victim), lag.replica()));
            stage.hold(fault.amount());
            hit = fetching && CatchUpLines.isUnderWay(cluster.newLogOf(victim), lag.replica());
            cluster.kill(victim);
        } finally {
            cluster.begin(victim);
        }
        var ready = comeback.of(List.of(victim), stage);
        if (hit) {
            stage.ended("killed in its catch-up, " + ready);
        } else {
            stage.missed((fetching ? "the catch-up was done already, " : "there was nothing to catch up, ") + ready);
        }
    }

    void pauseNode(Fault fault, Stage stage) {
        paused(fault, stage, "node " + fault.node(), fault.node());
    }

    void pauseLeader(Fault fault, Stage stage) {
        leader(fault, stage)
                .ifPresentOrElse(
                        leader -> paused(fault, stage, "leader, node " + leader, leader),
                        () -> stage.skipped("nobody leads"));
    }

    private void paused(Fault fault, Stage stage, String target, int node) {
        claimed(List.of(node), stage, () -> {
            if (!cluster.isRunning(node)) {
                stage.skipped("node " + node + " does not run");
                return;
            }
            try {
                cluster.pause(node);
                stage.begun(target, "SIGSTOP for " + fault.lengthMillis() + " ms");
                stage.hold(fault.lengthMillis());
            } finally {
                cluster.resume(node);
            }
            stage.ended("SIGCONT");
        });
    }

    private OptionalInt leader(Fault fault, Stage stage) {
        var leader = new AtomicInteger();
        stage.await(LEADER_MAX, () -> {
            int partition = fault.pick(cluster.admin().topic(busyTopic).partitionCount());
            var found = cluster.leaderOf(busyTopic, partition);
            found.ifPresent(leader::set);
            return found.isPresent();
        });
        return leader.get() == 0 ? OptionalInt.empty() : OptionalInt.of(leader.get());
    }

    private void claimed(List<Integer> nodes, Stage stage, Runnable body) {
        if (!claims.with(nodes, body)) {
            stage.skipped(TAKEN);
        }
    }
}
