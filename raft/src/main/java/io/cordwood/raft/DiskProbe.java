package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.NoSpace;
import io.cordwood.store.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to the disks of a node from time to time, and forces it. A disk that died while nobody wrote would be
 * found by the next batch only: until then its node stands for election, leads and looks sound. What
 * follows is {@link HaltingDisk}'s.
 *
 * <p>Thread: one; a disk that hangs holds up nothing else.
 */
final class DiskProbe {
    static final long EVERY_MS = 10_000;
    static final String FILE_NAME = "probe";

    private static final Logger LOG = LoggerFactory.getLogger(DiskProbe.class);

    private final int nodeId;
    private final Disk disk;
    private final List<Path> directories;
    private final Set<Path> failing = new HashSet<>();
    private long written;

    /** @param directories one of each disk */
    DiskProbe(int nodeId, Disk disk, List<Path> directories) {
        this.nodeId = nodeId;
        this.disk = disk;
        this.directories = directories;
    }

    /** Called every {@link #EVERY_MS}. */
    void tick() {
        for (Path directory : directories) {
            if (!disk.exists(directory)) {
                continue; // it is made with its first file
            }
            var file = directory.resolve(FILE_NAME);
            try {
                write(file);
                failing.remove(directory);
            } catch (ClosedChannelException e) {
                return; // the node stops
            } catch (IOException e) {
                if (!NoSpace.isCauseOf(e) && failing.add(directory)) { // how full a disk is others say
                    LOG.warn("node {}: {} cannot be written: nobody knows whether its disk works", nodeId, file, e);
                }
            }
        }
    }

    /** Always other bytes, at the same place: what did not change might not be written. */
    private void write(Path file) throws IOException {
        try (var opened = disk.open(file, disk.exists(file) ? OpenMode.WRITE : OpenMode.CREATE)) {
            opened.write(ByteBuffer.allocate(Long.BYTES).putLong(0, ++written), 0);
            opened.force();
        }
    }
}
