package io.cordwood.chaos.faults;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a cluster looks like that faults befall.
 *
 * @param directory holds all that its nodes write, and is its own
 * @param equipment what is used of the machine; that it has it is known
 * @param flags for every server
 */
public record ChaosSpec(
        Path directory,
        int nodes,
        Equipment equipment,
        List<String> flags,
        List<String> jvmOptions,
        int diskMebibytes) {
    /** Gets more partitions meanwhile, where that is among the faults. */
    public static final String GROWN_TOPIC = "chaos-grown";

    /** So much that it fills up only on purpose, in half an hour and more. */
    private static final int DISK_MEBIBYTES = 768;

    private static final int MEBIBYTES_PER_MINUTE = 12;

    /**
     * Small files, so that there are many to be made, forced, purged and fetched, and what is rare in a long
     * life happens within a minute.
     */
    private static final List<String> BUSY = List.of(
            "--log.segment-max-bytes=256KiB",
            "--batch.max-bytes=256KiB",
            "--raft.checkpoint-bytes=64KiB",
            "--raft.checkpoint-interval=2s",
            "--raft.segment-max-bytes=4KiB",
            "--raft.preserved-entries=16",
            "--catch-up.bytes-per-second=2MiB",
            "--scrub.interval=20s",
            "--disk.floor-bytes=32MiB",
            "--disk.floor-percent=0");

    public ChaosSpec {
        directory = directory.toAbsolutePath().normalize();
        flags = List.copyOf(flags);
        jvmOptions = List.copyOf(jvmOptions);
        if (nodes < Compatibility.REPLICAS) {
            throw new IllegalArgumentException(nodes + " nodes: at least " + Compatibility.REPLICAS);
        }
    }

    /** Where more nodes are than replicas, a node that stays away for longer than most loses its own to others. */
    public static ChaosSpec of(Path directory, int nodes, Equipment equipment) {
        var spec = new ChaosSpec(directory, nodes, equipment, BUSY, List.of("-XX:TieredStopAtLevel=1"), DISK_MEBIBYTES);
        return nodes > Compatibility.REPLICAS ? spec.withFlags("--cluster.replace-dead-after=3s") : spec;
    }

    /** With disks that clients do not fill within that time. */
    public ChaosSpec withRoomFor(Duration time) {
        int mebibytes = diskMebibytes + Math.toIntExact(time.toMinutes()) * MEBIBYTES_PER_MINUTE;
        return new ChaosSpec(directory, nodes, equipment, flags, jvmOptions, mebibytes);
    }

    /** Flags of other keys than those that it has. */
    public ChaosSpec withFlags(String... more) {
        var all = new ArrayList<>(flags);
        all.addAll(Arrays.asList(more));
        return new ChaosSpec(directory, nodes, equipment, all, jvmOptions, diskMebibytes);
    }

    public ChaosSpec withJvmOptions(String... options) {
        return new ChaosSpec(directory, nodes, equipment, flags, List.of(options), diskMebibytes);
    }
}
