package io.cordwood.it;

import io.cordwood.it.LoopDisk.PowerLoss;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * File systems of their own for the data of a cluster's nodes, each a {@link LoopDisk}.
 *
 * <p>It takes root, loop devices and xfsprogs: {@link Requirement#DISKS}.
 *
 * <p>Invariant: nothing is mounted after a test, nor after the end of its process other than by SIGKILL. To be
 * registered behind the {@link Clusters} whose directories it mounts in, so that it ends before them.
 *
 * <p><b>Thread:</b> the test's; the monitor guards what is mounted, which the end of the process unmounts
 * too.
 */
final class LoopDisks implements AfterEachCallback {
    private static final int MEBIBYTES = 300;

    private final Map<Integer, LoopDisk> mounted = new TreeMap<>();
    private final Thread atExit = new Thread(this::detachAll, "loop-disks");
    private @Nullable TestCluster cluster;

    LoopDisks() {
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Gives nodes that were never started a disk each. */
    void mount(TestCluster of, int... nodes) {
        LoopDisk.missing().ifPresent(Requirement.DISKS::isMissing);
        cluster = of;
        for (int node : nodes) {
            mount(of, node);
        }
    }

    private synchronized void mount(TestCluster of, int node) {
        var image = of.directory().resolve("disk" + node + ".img");
        mounted.put(node, LoopDisk.make(image, MEBIBYTES, of.dataDirectory(node)));
    }

    /** Takes the power of disks away, under whatever runs: see {@link LoopDisk#losePower}. */
    void losePower(PowerLoss how, int... nodes) {
        try {
            Arrays.stream(nodes).forEach(started()::suspend);
            for (int node : nodes) {
                disk(node).losePower(how);
            }
        } finally {
            Arrays.stream(nodes).filter(started()::isRunning).forEach(started()::resume);
        }
    }

    /** Mounts disks that lost their power again, whose nodes' processes have ended. */
    void restorePower(int... nodes) {
        for (int node : nodes) {
            disk(node).unmount();
            disk(node).mount();
        }
    }

    private TestCluster started() {
        return Objects.requireNonNull(cluster, "nothing was mounted");
    }

    private synchronized LoopDisk disk(int node) {
        return Objects.requireNonNull(mounted.get(node), "nothing was mounted");
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

    private synchronized void unmount(int node) {
        disk(node).unmount();
        mounted.remove(node);
    }

    private synchronized void detachAll() {
        mounted.values().forEach(LoopDisk::detach);
        mounted.clear();
    }
}
