package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * File systems of their own for the data of a cluster's nodes: ext4 in files, by way of loop devices. One
 * of them can lose its power: what was not forced is gone, and everything fails until it is mounted
 * again.
 *
 * <p>It takes root, loop devices and xfsprogs: {@link Requirement#DISKS}.
 *
 * <p>Invariant: nothing is mounted after a test, nor after the end of its process other than by SIGKILL;
 * a loop device goes with its mount. To be registered behind the {@link Clusters} whose directories it
 * mounts in, so that it ends before them.
 *
 * <p><b>Thread:</b> the test's; the monitor guards what is mounted, which the end of the process unmounts
 * too.
 */
final class LoopDisks implements AfterEachCallback {
    private static final String SIZE = "300M";

    /** How a disk loses its power. */
    enum PowerLoss {
        /** The journal is as of the newest force. */
        JOURNAL_LOST("shutdown"),
        /** The journal is written before, so names and sizes may be there whose bytes are not. */
        JOURNAL_WRITTEN("shutdown -f");

        private final String command;

        PowerLoss(String command) {
            this.command = command;
        }
    }

    private final Map<Integer, Path> mounted = new TreeMap<>();
    private final Thread atExit = new Thread(this::detachAll, "loop-disks");
    private @Nullable TestCluster cluster;

    LoopDisks() {
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Gives nodes that were never started a disk each. */
    void mount(TestCluster of, int... nodes) {
        need();
        cluster = of;
        for (int node : nodes) {
            var image = image(node);
            createDirectories(of.dataDirectory(node));
            run("truncate", "--size=" + SIZE, image.toString());
            run("mkfs.ext4", "-q", "-F", image.toString());
            mount(node);
        }
    }

    /**
     * Takes the power of disks away, under whatever runs. Nothing is under way in the file system just then:
     * ext4 answers a force that it is shut down beneath as if it were done (seen with Linux 6.18, of a program
     * that does nothing else), and no disk that loses its power does.
     */
    void losePower(PowerLoss how, int... nodes) {
        try {
            Arrays.stream(nodes).forEach(started()::suspend);
            for (int node : nodes) {
                run("xfs_io", "-x", "-c", how.command, directory(node).toString());
            }
        } finally {
            Arrays.stream(nodes).filter(started()::isRunning).forEach(started()::resume);
        }
    }

    /** Mounts disks that lost their power again, whose nodes' processes have ended. */
    void restorePower(int... nodes) {
        for (int node : nodes) {
            unmount(node);
            mount(node);
        }
    }

    private synchronized void mount(int node) {
        run("mount", "-o", "loop", image(node).toString(), directory(node).toString());
        mounted.put(node, directory(node));
    }

    private synchronized void unmount(int node) {
        // The kernel may hold on to files of a process for a moment after its end.
        TestCluster.soon().until(() -> umount(directory(node)).exitCode() == 0);
        mounted.remove(node);
    }

    private static Command.Result umount(Path directory, String... options) {
        var words = new ArrayList<>(List.of("umount"));
        words.addAll(Arrays.asList(options));
        words.add(directory.toString());
        return Command.of(words.toArray(String[]::new)).run();
    }

    private Path directory(int node) {
        return started().dataDirectory(node);
    }

    private Path image(int node) {
        return started().directory().resolve("disk" + node + ".img");
    }

    private TestCluster started() {
        return Objects.requireNonNull(cluster, "nothing was mounted");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        try {
            if (cluster != null) {
                cluster.killAll();
            }
            for (int node : List.copyOf(mounted.keySet())) {
                unmount(node);
            }
        } finally {
            detachAll();
            Runtime.getRuntime().removeShutdownHook(atExit);
        }
    }

    /** Also of what is busy: it goes when nobody uses it any more. */
    private synchronized void detachAll() {
        mounted.values().forEach(directory -> {
            var unused = umount(directory, "--lazy");
        });
        mounted.clear();
    }

    private static void need() {
        for (var program : List.of("truncate", "mkfs.ext4", "mount", "umount", "xfs_io")) {
            if (!ForeignTools.isThere(program)) {
                Requirement.DISKS.isMissing("there is no " + program + " on the PATH");
            }
        }
        if (!Files.exists(Path.of("/dev/loop-control"))) {
            Requirement.DISKS.isMissing("there are no loop devices");
        }
        if (!Command.of("id", "-u").run().out().strip().equals("0")) {
            Requirement.DISKS.isMissing("only root may mount");
        }
    }

    private static void run(String... words) {
        var result = Command.of(words).run();
        assertThat(result.exitCode())
                .as("%s: %s", String.join(" ", words), result)
                .isZero();
    }

    private static void createDirectories(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
