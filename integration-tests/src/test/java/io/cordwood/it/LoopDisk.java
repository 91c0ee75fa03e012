package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A file system of its own: ext4 in a file, by way of a loop device, which goes with the mount. It can lose
 * its power: what was not forced is gone, and everything fails until it is mounted again. Somebody else can
 * fill it.
 *
 * <p><b>Thread:</b> one at a time.
 */
public final class LoopDisk {
    private static final String FILLER = "somebody-elses";
    private static final int TRIAL_MEBIBYTES = 8;
    private static final long FILLED_MAX_OVER_BYTES = 1 << 20;
    private static final int FILL_TRIES = 5;
    private static final Path MOUNTS = Path.of("/proc/self/mounts");

    /** How a disk loses its power. */
    public enum PowerLoss {
        /** The journal is as of the newest force. */
        JOURNAL_LOST("shutdown"),
        /** The journal is written before, so names and sizes may be there whose bytes are not. */
        JOURNAL_WRITTEN("shutdown -f");

        private final String command;

        PowerLoss(String command) {
            this.command = command;
        }
    }

    private final Path image;
    private final Path directory;

    private LoopDisk(Path image, Path directory) {
        this.image = image;
        this.directory = directory;
    }

    /** What this machine lacks for it; empty where there is everything. */
    public static Optional<String> missing() {
        for (var program : List.of("truncate", "fallocate", "mkfs.ext4", "mount", "umount", "xfs_io")) {
            if (!ForeignTools.isThere(program)) {
                return Optional.of("there is no " + program + " on the PATH");
            }
        }
        if (!Files.exists(Path.of("/dev/loop-control"))) {
            return Optional.of("there are no loop devices");
        }
        return Command.of("id", "-u").run().out().strip().equals("0") ? refusal() : Optional.of("only root may mount");
    }

    /** Why one that is made for a trial cannot be used: root in a container may be refused that. */
    private static Optional<String> refusal() {
        try {
            var directory = Files.createTempDirectory("cordwood-it-disk-");
            try {
                var trial = make(directory.resolve("image"), TRIAL_MEBIBYTES, directory.resolve("data"));
                try {
                    trial.losePower(PowerLoss.JOURNAL_LOST);
                } finally {
                    trial.detach();
                }
                return Optional.empty();
            } catch (AssertionError e) {
                return Optional.of("no disk can be mounted and lose its power: "
                        + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            } finally {
                DirectoryTree.delete(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes one and mounts it.
     *
     * @param image takes as much of the disk below it as is written
     * @param directory is created
     */
    public static LoopDisk make(Path image, int mebibytes, Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run("truncate", "--size=" + mebibytes + "M", image.toString());
        // Without the part that only root may fill: nodes run as root here, and would never find the disk full.
        run("mkfs.ext4", "-q", "-F", "-m", "0", image.toString());
        var disk = new LoopDisk(image, directory);
        disk.mount();
        return disk;
    }

    public Path directory() {
        return directory;
    }

    public void mount() {
        run("mount", "-o", "loop", image.toString(), directory.toString());
    }

    /** The processes that used it have ended. */
    public void unmount() {
        // The kernel may hold on to files of a process for a moment after its end.
        TestCluster.soon()
                .until(() -> Command.of("umount", directory.toString()).run().exitCode() == 0);
    }

    /** Also where it is busy: it goes when nobody uses it any more. */
    public void detach() {
        detach(directory.toString());
    }

    private static void detach(String where) {
        var unused = Command.of("umount", "--lazy", where).run();
    }

    /** As {@link #detach} of each that is mounted below a directory, whoever made it. */
    public static void detachAllBelow(Path directory) {
        try {
            mountedBelow(Files.readAllLines(MOUNTS), directory).forEach(LoopDisk::detach);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of the system's table, in which the second word of a line says where. */
    static List<String> mountedBelow(List<String> table, Path directory) {
        return table.stream()
                .map(line -> line.split(" ", -1))
                .filter(words -> words.length > 1 && words[0].startsWith("/dev/loop"))
                .map(words -> words[1])
                .filter(where -> Path.of(where).startsWith(directory))
                .toList();
    }

    /**
     * Takes its power away, under whatever runs and stands still just then: ext4 answers a force that it is shut
     * down beneath as if it were done (seen with Linux 6.18, of a program that does nothing else), and no disk
     * that loses its power does.
     */
    public void losePower(PowerLoss how) {
        run("xfs_io", "-x", "-c", how.command, directory.toString());
    }

    /** Somebody takes the space until so many bytes are left, or at most {@value #FILLED_MAX_OVER_BYTES} more. */
    public void fillUntil(long bytesLeft) {
        long excess = usableBytes() - bytesLeft;
        for (int tries = 0; excess > 0 && tries < FILL_TRIES; tries++) {
            // Where others write meanwhile, it may want more than there is; then less is tried.
            var unused = Command.of(
                            "fallocate",
                            "--offset=" + fillerBytes(),
                            "--length=" + excess,
                            directory.resolve(FILLER).toString())
                    .run();
            excess = usableBytes() - bytesLeft;
        }
        if (excess > FILLED_MAX_OVER_BYTES) {
            throw new IllegalStateException(
                    directory + " cannot be filled: " + excess + " bytes more are left than " + bytesLeft);
        }
    }

    private long fillerBytes() {
        try {
            var filler = directory.resolve(FILLER);
            return Files.exists(filler) ? Files.size(filler) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was filled is free again. */
    public void free() {
        try {
            Files.deleteIfExists(directory.resolve(FILLER));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public long usableBytes() {
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String... words) {
        var result = Command.of(words).run();
        assertThat(result.exitCode())
                .as("%s: %s", String.join(" ", words), result)
                .isZero();
    }
}
