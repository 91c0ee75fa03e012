package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does what follows from how much room there is, here and on the other nodes: has leaders refuse batches,
 * tells the others, hands leaderships over, and asks for trims that cannot come.
 *
 * <p>A leader refuses where its own node has no room, and where so few of the others have that no majority
 * is left, also because others are dead: its entries would wait for them. One node without room holds up
 * nobody.
 *
 * <p>Thread: one, which looks at disks: one that hangs holds it up, and nothing else.
 */
final class SpaceKeeper {
    /** Between two looks while a disk is close to its floor. */
    static final long LOOK_MS = 100;

    private static final int LOOKS_PER_REPORT = 10;
    private static final int LOOKS_PER_QUESTION = 100;
    /** Of a node that has room: for whoever wants to know how much. */
    private static final int REPORTS_PER_TELLING = 5;

    /** A node that lives shortly need not write it. */
    private static final long BALLAST_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Nobody writes more in the second between two looks. */
    private static final long CLOSE_BYTES = 1L << 30;

    private final SpaceWatch watch;
    private final Replicas replicas;
    private final SpaceReports reports;
    private final LogStarts logStarts;
    private final RoomTransfers transfers;
    private long looks;
    private long reported;
    private boolean told;
    private long roomSinceNanos = System.nanoTime();

    /**
     * What the node has, and who is in the cluster.
     *
     * @param responding a follower that has been silent for longer may be dead
     */
    record Replicas(Supplier<Collection<PartitionReplica>> open, Supplier<MetadataImage> image, Duration responding) {}

    SpaceKeeper(
            SpaceWatch watch, Replicas replicas, SpaceReports reports, LogStarts logStarts, RoomTransfers transfers) {
        this.watch = watch;
        this.replicas = replicas;
        this.reports = reports;
        this.logStarts = logStarts;
        this.transfers = transfers;
    }

    /** Before the first tick: hears other nodes from now on. */
    void begin(NodeMeters meters) {
        reports.serve();
        logStarts.serve();
        meters.gauge(
                Metric.DISK_REFUSING,
                () -> replicas.open().get().stream()
                        .filter(PartitionReplica::refusesBatches)
                        .count());
    }

    /** Called every {@link #LOOK_MS}. */
    void tick() {
        boolean due = looks++ % LOOKS_PER_REPORT == 0;
        if (!due && !isClose()) {
            return;
        }
        var before = watch.level();
        watch.look();
        boolean changed = watch.level() != before;
        if (due || changed) {
            tell();
            refuse();
        }
        if (watch.noRoom() != null) {
            transfers.from(replicas.open().get());
        }
        if (watch.isFull() && looks % LOOKS_PER_QUESTION == 1) {
            replicas.open().get().forEach(logStarts::ask);
        }
        keepBallast();
    }

    private boolean isClose() {
        return watch.disks().stream().anyMatch(disk -> disk.freeBytes() - disk.floorBytes() < CLOSE_BYTES);
    }

    private void tell() {
        var own = watch.noRoom();
        if (own != null || told || reported++ % REPORTS_PER_TELLING == 0) {
            replicas.image().get().nodes().keySet().stream()
                    .filter(other -> other != watch.nodeId())
                    .forEach(other -> reports.tell(other, watch.told()));
        }
        told = own != null;
    }

    /** Says it to every replica, whether it leads or not: it may any time. */
    private void refuse() {
        var own = watch.noRoom();
        boolean allHaveRoom = own == null && !reports.isAnyWithoutRoom();
        for (PartitionReplica replica : replicas.open().get()) {
            replica.refuseBatches(
                    allHaveRoom
                            ? null
                            : refusal(
                                    own,
                                    replica.voters(),
                                    reports::of,
                                    replica.silent(replicas.responding().toMillis())));
        }
    }

    /**
     * Why a partition takes no batches; null where it does. Those that are silent count only where one has
     * no room: without them the batches of this leader might wait for ever.
     *
     * @param own of this node, which leads
     * @param voters of the partition, this node among them
     * @param others of the other nodes
     * @param silent followers that do not answer
     */
    static @Nullable NoRoom refusal(
            @Nullable NoRoom own, List<Integer> voters, IntFunction<Optional<NoRoom>> others, Set<Integer> silent) {
        if (own != null) {
            return own;
        }
        var without =
                voters.stream().flatMap(voter -> others.apply(voter).stream()).toList();
        long taking = voters.stream()
                .filter(voter -> others.apply(voter).isEmpty() && !silent.contains(voter))
                .count();
        return without.isEmpty() || taking > voters.size() / 2 ? null : without.get(0);
    }

    private void keepBallast() {
        if (watch.level() != Level.ROOM) {
            roomSinceNanos = System.nanoTime();
        } else if (System.nanoTime() - roomSinceNanos > BALLAST_AFTER_NANOS) {
            watch.keepBallast();
        }
    }
}
