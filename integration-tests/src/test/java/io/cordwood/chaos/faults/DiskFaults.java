package io.cordwood.chaos.faults;

import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.LinkFault;
import io.cordwood.client.NodeDescription;
import io.cordwood.it.LoopDisk;
import io.cordwood.it.ReplicaDamage;
import io.cordwood.store.DirectoryTree;
import io.cordwood.store.PartitionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * What befalls what nodes have written, and their clocks.
 *
 * <p>Invariant: what is not undone by the fault itself, because it failed, is undone by {@link #heal}.
 *
 * <p><b>Thread:</b> any.
 */
final class DiskFaults {
    /** A node whose disk fails ends by itself within ten seconds or so. */
    private static final Duration END_MAX = Duration.ofSeconds(30);

    /** In which a node ends that a full disk has made to, or that there is room again for. */
    private static final Duration SETTLE = Duration.ofSeconds(10);

    private static final int BETWEEN_FILLS_MILLIS = 1_000;
    private static final Duration FLOOR_MAX = Duration.ofSeconds(8);
    private static final Duration REBUILD_MAX = Duration.ofSeconds(60);
    private static final Duration REPLACE_MAX = Duration.ofSeconds(90);
    private static final String TAKEN = "another fault has a node";

    private final ChaosCluster cluster;
    private final Claims claims;
    private final Comeback comeback;
    private final Wholeness wholeness;
    private final String busyTopic;
    private final Set<Integer> unpowered = new ConcurrentSkipListSet<>();
    private final Set<Integer> emptied = new ConcurrentSkipListSet<>();

    DiskFaults(ChaosCluster cluster, Claims claims, Wholeness wholeness, String busyTopic) {
        this.cluster = cluster;
        this.claims = claims;
        this.comeback = Comeback.of(cluster, claims);
        this.wholeness = wholeness;
        this.busyTopic = busyTopic;
    }

    void powerLoss(Fault fault, Stage stage) {
        if (!claims.with(fault.nodes(), () -> losePower(fault, stage))) {
            stage.skipped(TAKEN);
        }
    }

    private void losePower(Fault fault, Stage stage) {
        var how = fault.amount() == 0 ? LoopDisk.PowerLoss.JOURNAL_LOST : LoopDisk.PowerLoss.JOURNAL_WRITTEN;
        unpowered.addAll(fault.nodes());
        fault.nodes().forEach(node -> cluster.mayEnd(node, true));
        cluster.losePower(fault.nodes(), how);
        stage.begun("nodes " + fault.nodes(), how.toString());
        var stuck = fault.nodes().stream()
                .filter(node -> !stage.await(END_MAX, () -> !cluster.isRunning(node)))
                .toList();
        stage.hold(fault.lengthMillis());
        if (!stuck.isEmpty() && !stage.isAborted()) {
            stage.broken("nodes " + stuck + " have no disk and have not ended within " + END_MAX.toSeconds() + " s");
        }
        fault.nodes().forEach(this::restorePower);
        fault.nodes().forEach(cluster::begin);
        stage.ended(comeback.of(fault.nodes(), stage));
    }

    private void restorePower(int node) {
        cluster.restorePower(node);
        unpowered.remove(node);
    }

    void fill(Fault fault, Stage stage) {
        int node = fault.node();
        if (!claims.with(List.of(node), () -> fill(node, fault, stage))) {
            stage.skipped(TAKEN);
        }
    }

    private void fill(int node, Fault fault, Stage stage) {
        cluster.mayEnd(node, true);
        boolean ended;
        try {
            disk(node).fillUntil(fault.amount());
            stage.begun("node " + node, disk(node).usableBytes() + " bytes left");
            keepFull(node, fault, stage);
        } finally {
            disk(node).free();
            // It may be ending just now, or do so because there is room again to begin anew with.
            ended = stage.await(SETTLE, () -> !cluster.isRunning(node));
            cluster.begin(node);
        }
        // A start that is refused is told of by what is said here.
        cluster.mayEnd(node, true);
        stage.ended((ended ? "it had ended, and is " : "it stayed, and is ") + readyOrReplaced(node, stage));
        if (!stage.isAborted()) {
            cluster.mayEnd(node, false);
        }
    }

    /** Whoever fills it also takes what the node gives up meanwhile. */
    private void keepFull(int node, Fault fault, Stage stage) {
        for (long left = fault.lengthMillis(); left > 0; left -= BETWEEN_FILLS_MILLIS) {
            if (!stage.hold(Math.min(left, BETWEEN_FILLS_MILLIS))) {
                return;
            }
            disk(node).fillUntil(fault.amount());
        }
    }

    /**
     * A node that found no room for its vote on the metadata must not go on with its directory: then its start
     * says which command replaces it.
     */
    private String readyOrReplaced(int node, Stage stage) {
        if (comeback.isReady(node, List.of(node)) || !cluster.newLogOf(node).contains("cluster replace-node " + node)) {
            return comeback.of(List.of(node), stage);
        }
        emptied.add(node);
        empty(node);
        boolean replaced = stage.await(REPLACE_MAX, () -> replace(node));
        return replaced
                ? "replaced, for its vote was lost, and " + comeback.of(List.of(node), stage)
                : "its vote was lost, and it could not be replaced";
    }

    private LoopDisk disk(int node) {
        return cluster.disk(node)
                .orElseThrow(() -> new IllegalStateException("node " + node + " has no disk of its own"));
    }

    void damage(Fault fault, Stage stage) {
        int node = fault.node();
        if (!claims.alone(node, () -> damage(node, fault, stage))) {
            stage.skipped(TAKEN);
        }
    }

    private void damage(int node, Fault fault, Stage stage) {
        var topic = cluster.admin().topic(busyTopic);
        var held = topic.partitions().stream()
                .filter(partition -> partition.replicas().contains(node))
                .toList();
        if (held.isEmpty()) {
            stage.skipped("node " + node + " has no replica of " + busyTopic);
            return;
        }
        int partition = held.get(fault.pick(held.size())).partition();
        Optional<String> harmed = Optional.empty();
        try {
            boolean covered = killInTheCalm(node, stage);
            harmed = covered ? harm(node, new PartitionId(topic.topicId(), partition), fault) : Optional.empty();
            if (harmed.isPresent()) {
                stage.begun("node " + node, harmed.get() + " of " + busyTopic + "-" + partition);
                stage.hold(fault.lengthMillis());
            } else {
                stage.skipped("nothing but SIGKILL of node " + node + ": "
                        + (covered
                                ? busyTopic + "-" + partition + " has no files to harm"
                                : "its floor did not reach the end of its logs"));
            }
        } finally {
            cluster.begin(node);
        }
        if (harmed.isPresent()) {
            stage.ended(comeback.of(List.of(node), stage) + rebuilt(stage));
        }
    }

    /**
     * Clients are held up until the floor covers all that the node has acknowledged: damage above it is not
     * noticed, which is not promised.
     */
    private boolean killInTheCalm(int node, Stage stage) {
        var stall = new LinkFault.Stall();
        var fromClients = cluster.nodeIds().stream()
                .map(each -> new Direction(Direction.CLIENTS, each))
                .toList();
        try {
            fromClients.forEach(direction -> cluster.network().begin(direction, stall));
            boolean covered = stage.await(FLOOR_MAX, () -> cluster.files(node).floorCoversRaftLogs());
            cluster.kill(node);
            return covered && cluster.files(node).floorCoversRaftLogs();
        } finally {
            fromClients.forEach(direction -> cluster.network().end(direction, stall));
        }
    }

    /** What was done to its replica; empty where there was nothing to do it to. */
    private Optional<String> harm(int node, PartitionId partition, Fault fault) {
        var replica = cluster.files(node).replica(partition.directoryName());
        var damages = ReplicaDamage.values();
        for (int i = 0; i < damages.length; i++) {
            var damage = damages[(fault.luck() / damages.length + i) % damages.length];
            try {
                damage.doTo(replica);
                return Optional.of(damage.toString());
            } catch (RuntimeException e) {
                // It has no such file, which depends on how much was written: the next kind.
            }
        }
        return Optional.empty();
    }

    private String rebuilt(Stage stage) {
        return stage.await(REBUILD_MAX, () -> wholeness.problems().isEmpty())
                ? ", the cluster is whole"
                : ", not whole: " + wholeness.problems();
    }

    void replace(Fault fault, Stage stage) {
        int node = fault.node();
        if (!claims.alone(node, () -> lose(node, fault, stage))) {
            stage.skipped(TAKEN);
        }
    }

    private void lose(int node, Fault fault, Stage stage) {
        cluster.kill(node);
        emptied.add(node);
        empty(node);
        stage.begun("node " + node, "its directory is empty");
        stage.hold(fault.lengthMillis());
        boolean replaced = stage.await(REPLACE_MAX, () -> replace(node));
        stage.ended(
                replaced
                        ? "replaced, " + comeback.of(List.of(node), stage) + rebuilt(stage)
                        : "it could not be replaced");
    }

    /** Not the directory itself, which may be a disk of its own. */
    private void empty(int node) {
        try (var files = Files.newDirectoryStream(cluster.files(node).dataDirectory())) {
            files.forEach(DirectoryTree::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True when the others have given the old directory up, and the node is started. */
    private boolean replace(int node) {
        boolean replaced = cluster.admin().cluster().nodes().stream()
                .anyMatch(known -> known.nodeId() == node && known.state() == NodeDescription.State.REPLACED);
        if (!replaced) {
            cluster.admin().replaceNode(node);
        }
        emptied.remove(node);
        cluster.begin(node);
        return true;
    }

    void stepClock(Fault fault, Stage stage) {
        try {
            cluster.stepClock(fault.node(), fault.amount());
            stage.begun("node " + fault.node(), fault.amount() + " s");
            stage.hold(fault.lengthMillis());
        } finally {
            cluster.stepClock(fault.node(), 0);
        }
    }

    /** Gives every disk its power and its room, and every clock the right time. */
    void heal() {
        List.copyOf(unpowered).forEach(this::restorePower);
        for (int node : cluster.nodeIds()) {
            cluster.disk(node).ifPresent(LoopDisk::free);
            cluster.stepClock(node, 0);
        }
    }

    /** Nodes that lost their directory and are not replaced yet. */
    Set<Integer> emptied() {
        return Set.copyOf(emptied);
    }

    /** Replaces them, while all others are up. */
    void replaceEmptied(Stage stage) {
        for (int node : emptied()) {
            cluster.kill(node);
            var unused = stage.await(REPLACE_MAX, () -> replace(node));
        }
    }
}
