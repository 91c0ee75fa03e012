package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.store.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** Why one that is made for nothing cannot be mounted: root in a container may be refused that. */
    private static Optional<String> refusal() {
        try {
            var directory = Files.createTempDirectory("cordwood-it-disk-");
            try {
                make(directory.resolve("image"), TRIAL_MEBIBYTES, directory.resolve("data"))
                        .unmount();
                return Optional.empty();
            } catch (AssertionError e) {
                return Optional.of("no disk can be mounted: "
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
        run("mkfs.ext4", "-q", "-F", image.toString());
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
        TestCluster.soon().until(() -> umount().exitCode() == 0);
    }

    /** Also where it is busy: it goes when nobody uses it any more. */
    public void detach() {
        var unused = umount("--lazy");
    }

    private Command.Result umount(String... options) {
        var words = new ArrayList<>(List.of("umount"));
        words.addAll(Arrays.asList(options));
        words.add(directory.toString());
        return Command.of(words.toArray(String[]::new)).run();
    }

    /**
     * Takes its power away, under whatever runs and stands still just then: ext4 answers a force that it is shut
     * down beneath as if it were done (seen with Linux 6.18, of a program that does nothing else), and no disk
     * that loses its power does.
     */
    public void losePower(PowerLoss how) {
        run("xfs_io", "-x", "-c", how.command, directory.toString());
    }

    /** Somebody takes the space until about so many bytes are left. */
    public void fillUntil(long bytesLeft) {
        long excess = usableBytes() - bytesLeft;
        if (excess > 0) {
            // Where others write meanwhile it fails: then the disk is as full as it gets.
            var unused = Command.of(
                            "fallocate",
                            "--length=" + excess,
                            directory.resolve(FILLER).toString())
                    .run();
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
