package io.cordwood.server.health;

import io.cordwood.raft.DiskSpace;
import io.cordwood.server.health.Hindrance.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The node's directories can be written, and their disks answer and have room.
 *
 * <p><b>Thread:</b> any.
 */
public final class DiskWritable implements ReadinessCheck {
    private final List<Path> directories;
    private final Supplier<List<DiskSpace>> disks;

    /** @param disks as they were found at the newest look at them */
    public DiskWritable(List<Path> directories, Supplier<List<DiskSpace>> disks) {
        this.directories = List.copyOf(directories);
        this.disks = disks;
    }

    @Override
    public List<Hindrance> hindrances() {
        var found = new ArrayList<Hindrance>();
        for (var directory : directories) {
            if (!Files.isWritable(directory)) {
                found.add(new Hindrance(
                        Code.DISK_NOT_WRITABLE, directory + " is not writable: see to its mount and its permissions"));
            }
        }
        for (var disk : disks.get()) {
            if (disk.silent()) {
                found.add(new Hindrance(
                        Code.DISK_NOT_WRITABLE,
                        "the disk of " + disk.path() + " does not say how much room it has: see to the disk"));
            }
            if (disk.level() != DiskSpace.Level.ROOM) {
                found.add(new Hindrance(
                        Code.DISK_SPACE_LOW,
                        disk.describe() + ": no batches are taken; make room, or shorten retention"));
            }
        }
        return List.copyOf(found);
    }
}
