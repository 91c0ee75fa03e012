package io.cordwood.chaos.faults;

import io.cordwood.chaos.net.Direction;
import io.cordwood.chaos.net.LinkFault;
import io.cordwood.client.NodeDescription;
import io.cordwood.it.LoopDisk;
import io.cordwood.it.ReplicaDamage;
import io.cordwood.store.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
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

    private static final Duration FLOOR_MAX = Duration.ofSeconds(8);
    private static final Duration REBUILD_MAX = Duration.ofSeconds(60);
    private static final Duration REPLACE_MAX = Duration.ofSeconds(90);
    private static final String TAKEN = "another fault has a node";

    private final ChaosCluster cluster;
    private final Claims claims;
    private final Wholeness wholeness;
    private final String busyTopic;
    private final Set<Integer> unpowered = new ConcurrentSkipListSet<>();
    private final Set<Integer> emptied = new ConcurrentSkipListSet<>();

    DiskFaults(ChaosCluster cluster, Claims claims, Wholeness wholeness, String busyTopic) {
        this.cluster = cluster;
        this.claims = claims;
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
        fault.nodes().forEach(this::restorePower);
        fault.nodes().forEach(cluster::begin);
        stage.ended((stuck.isEmpty() ? "" : "nodes " + stuck + " had not ended by themselves, ")
                + ProcessFaults.ready(cluster, fault.nodes()));
    }

    private void restorePower(int node) {
        cluster.kill(node);
        disk(node).unmount();
        disk(node).mount();
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
            stage.hold(fault.lengthMillis());
        } finally {
            disk(node).free();
            ended = !cluster.isRunning(node);
            cluster.begin(node);
            cluster.mayEnd(node, false);
        }
        stage.ended(ended ? "it had ended, and is " + ProcessFaults.ready(cluster, List.of(node)) : "freed");
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
        String harmed;
        try {
            harmed = killInTheCalm(node, stage)
                    ? harm(node, fault)
                    : "nothing but SIGKILL: its floor did not reach the end of its logs";
            stage.begun("node " + node, harmed);
            stage.hold(fault.lengthMillis());
        } finally {
            cluster.begin(node);
        }
        stage.ended(ProcessFaults.ready(cluster, List.of(node)) + rebuilt(stage));
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

    /** Returns what was done to which replica. */
    private String harm(int node, Fault fault) {
        var topic = cluster.admin().topic(busyTopic);
        var held = topic.partitions().stream()
                .filter(partition -> partition.replicas().contains(node))
                .toList();
        var partition = held.get(fault.pick(held.size())).partition();
        var replica = cluster.files(node).replica(topic.topicId() + "-" + partition);
        var damages = ReplicaDamage.values();
        for (int i = 0; i < damages.length; i++) {
            var damage = damages[(fault.luck() / damages.length + i) % damages.length];
            try {
                damage.doTo(replica);
                return damage + " of " + busyTopic + "-" + partition;
            } catch (RuntimeException e) {
                // It has no such file, which depends on how much was written: the next kind.
            }
        }
        return "nothing but SIGKILL: " + busyTopic + "-" + partition + " has no files";
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
                        ? "replaced, " + ProcessFaults.ready(cluster, List.of(node)) + rebuilt(stage)
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
