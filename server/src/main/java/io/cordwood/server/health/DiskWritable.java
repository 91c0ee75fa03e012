package io.cordwood.server.health;

import io.cordwood.server.health.Hindrance.Code;
import io.cordwood.store.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The node's directories can be written and their disks have room. A write that fails ends the node anyway;
 * this tells of it before.
 *
 * <p><b>Thread:</b> any.
 */
public final class DiskWritable implements ReadinessCheck {
    /** What compaction leaves free, too: below it a segment or a checkpoint may not fit any more. */
    static final long FLOOR_BYTES = 64L << 20;

    private final Disk disk;
    private final List<Path> directories;

    public DiskWritable(Disk disk, List<Path> directories) {
        this.disk = disk;
        this.directories = List.copyOf(directories);
    }

    @Override
    public List<Hindrance> hindrances() {
        var found = new ArrayList<Hindrance>();
        for (var directory : directories) {
            if (!Files.isWritable(directory)) {
                found.add(new Hindrance(
                        Code.DISK_NOT_WRITABLE, directory + " is not writable: see to its mount and its permissions"));
                continue;
            }
            try {
                long usable = disk.usableBytes(directory);
                if (usable < FLOOR_BYTES) {
                    found.add(new Hindrance(
                            Code.DISK_SPACE_LOW,
                            "the disk of " + directory + " has " + usable + " bytes left, " + FLOOR_BYTES
                                    + " are needed: make room, or shorten retention"));
                }
            } catch (IOException e) {
                found.add(new Hindrance(
                        Code.DISK_NOT_WRITABLE, "the disk of " + directory + " does not answer: " + e.getMessage()));
            }
        }
        return List.copyOf(found);
    }
}
