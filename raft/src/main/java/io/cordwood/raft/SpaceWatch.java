package io.cordwood.raft;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.raft.AppendOutcome.NoRoom;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.store.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much room the disks of a node have. A write that finds none ends the node, because nobody knows then
 * what is in the file; so the node stops taking batches long before: those of clients below the floor,
 * those of leaders below half of it. What is left then is for what makes room: trims, checkpoints,
 * deletions.
 *
 * <p>Invariant: a level changes with a look only, and each change is logged once.
 *
 * <p>Thread: one looks at a time; the rest by any, and costs one volatile read.
 */
public final class SpaceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SpaceWatch.class);
    /** Some thousand votes. */
    private static final long VOTES_BYTES = 1 << 20;

    private static final String DATA = "data";
    private static final String RAFT = "raft";

    private final int nodeId;
    private final Disk disk;
    private final SpaceFloor floor;
    private final Ballast ballast;
    private final List<Watched> watched;
    private volatile List<DiskSpace> disks = List.of();
    private volatile Level level = Level.ROOM;
    private volatile @Nullable NoRoom noRoom;
    private volatile boolean lacksRoomForVotes;

    /** A directory and how its disk was found. The looking thread's. */
    private static final class Watched {
        private final String name;
        private final Path path;
        private volatile DiskSpace space;
        private boolean lacksRoomForVotes;

        Watched(String name, Path path) {
            this.name = name;
            this.path = path;
            space = new DiskSpace(name, path, Long.MAX_VALUE, 0, Level.ROOM, false);
        }
    }

    /** @param directories the data directory, and that of the raft logs where it lies on another disk */
    SpaceWatch(int nodeId, Disk disk, SpaceFloor floor, List<Path> directories) {
        this.nodeId = nodeId;
        this.disk = disk;
        this.floor = floor;
        ballast = new Ballast(disk);
        watched = new ArrayList<>();
        directories.forEach(path -> watched.add(new Watched(watched.isEmpty() ? DATA : RAFT, path)));
    }

    static SpaceWatch of(RaftNodeConfig config, Disk disk, NodeMeters meters) {
        var data = config.dataDirectory();
        var raft = config.raftDirectory();
        var directories = isApart(data, raft) ? List.of(data, raft) : List.of(data);
        var watch = new SpaceWatch(config.nodeId(), disk, config.spaceFloor(), directories);
        show(watch.watched.get(0), DATA, meters);
        show(watch.watched.get(directories.size() - 1), RAFT, meters);
        return watch;
    }

    /**
     * Wherever the raft directory lies: it may be inside of the data directory and yet on a disk of its
     * own.
     */
    private static boolean isApart(Path data, Path raft) {
        try {
            return !Files.getFileStore(nearest(raft)).equals(Files.getFileStore(nearest(data)));
        } catch (IOException e) {
            return true; // one look more does no harm
        }
    }

    private static void show(Watched shown, String name, NodeMeters meters) {
        meters.gauge(Metric.DISK_FLOOR, () -> shown.space.floorBytes(), name);
        meters.gauge(Metric.DISK_LEVEL, () -> shown.space.level().number(), name);
    }

    /** The first look, which makes way for the start where a disk is full. */
    void begin() {
        watched.forEach(each -> ballast.release(each.path));
        look();
    }

    /** Makes what the next start may need, where there is room by far. The looking thread's. */
    void keepBallast() {
        disks.stream()
                .filter(space -> space.level() == Level.ROOM && space.floorBytes() > 0)
                .filter(space -> space.freeBytes() / 2 > space.floorBytes())
                .forEach(space -> ballast.keep(space.path(), space.floorBytes()));
    }

    /** Asks the disks. One that does not answer is silent, and as full as it was. */
    void look() {
        for (Watched each : watched) {
            try {
                look(each);
            } catch (IOException e) {
                if (!each.space.silent()) {
                    LOG.warn("node {}: the disk of {} does not say how much room it has", nodeId, each.path, e);
                }
                each.space = each.space.fallenSilent();
            }
        }
        lacksRoomForVotes = watched.stream().anyMatch(each -> each.lacksRoomForVotes);
        var now = watched.stream().map(each -> each.space).toList();
        disks = now;
        noRoom = NodeDisk.noRoom(nodeId, told()).orElse(null);
        level = now.stream()
                .map(DiskSpace::level)
                .max(Comparator.naturalOrder())
                .orElse(Level.ROOM);
    }

    private void look(Watched each) throws IOException {
        var there = nearest(each.path);
        long floorBytes = floor.of(disk.totalBytes(there));
        each.lacksRoomForVotes = disk.usableBytes(there) < VOTES_BYTES;
        if (each.lacksRoomForVotes) {
            ballast.halve(each.path, floorBytes);
        }
        long free = disk.usableBytes(there);
        var before = each.space.level();
        var now = new DiskSpace(
                each.name, each.path, free, floorBytes, DiskSpace.levelAfter(before, free, floorBytes), false);
        each.space = now;
        if (now.level() != before) {
            log(now);
        }
    }

    private void log(DiskSpace now) {
        switch (now.level()) {
            case ROOM -> LOG.info("node {}: {}; batches are taken again", nodeId, now.describe());
            case LOW ->
                LOG.warn(
                        "node {}: {}: it takes no batches until {} are free; reads, trims and deletions go on. Make room,"
                                + " or shorten retention",
                        nodeId,
                        now.describe(),
                        DiskSpace.backAt(now.floorBytes()));
            case FULL ->
                LOG.error(
                        "node {}: {}: it takes no batches, and none of its leaders; its replicas fall behind until there"
                                + " is room",
                        nodeId,
                        now.describe());
        }
    }

    /** A directory is made with its first file: until then what holds it has the disk. */
    private static Path nearest(Path path) {
        var nearest = path;
        while (!Files.exists(nearest) && nearest.getParent() != null) {
            nearest = nearest.getParent();
        }
        return nearest;
    }

    int nodeId() {
        return nodeId;
    }

    /** Of the disk that has least. */
    Level level() {
        return level;
    }

    /** Whether entries with payload must not reach this node's logs. */
    boolean isFull() {
        return level == Level.FULL;
    }

    /**
     * Whether a disk had less left than votes take, before its ballast made way: elections of the time
     * before the newest look may have found no room.
     */
    boolean lacksRoomForVotes() {
        return lacksRoomForVotes;
    }

    /** Why this node takes no batches; null where it does. */
    @Nullable
    NoRoom noRoom() {
        return noRoom;
    }

    boolean takesBatches() {
        return noRoom == null;
    }

    /** As they were found at the newest look. */
    public List<DiskSpace> disks() {
        return disks;
    }

    /** One of each disk. */
    List<Path> directories() {
        return watched.stream().map(each -> each.path).toList();
    }

    /** The disks, as other nodes are told them. */
    List<NodeDisk> told() {
        return disks.stream().map(DiskSpace::told).toList();
    }

    /** What must be left where files are copied: with less the node takes no batches. */
    long reserveBytes() {
        return watched.get(0).space.floorBytes();
    }
}
