package io.cordwood.cli.local;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A cluster of real server processes on this machine.
 *
 * <p>Thread: one at a time, except {@link #close} and {@link #stop}, which a shutdown hook may call at any time.
 */
public final class LocalCluster implements AutoCloseable {
    private static final long POLL_MS = 50;

    private final ClusterSpec spec;
    private final List<LocalNode> nodes;
    // Guarded by this, which also covers each start of a process: nothing starts once the cluster is being closed, so a
    // shutdown hook leaves no process behind. A queue would not do, because a hook must not wait for a stuck owner.
    private boolean closed;

    private LocalCluster(ClusterSpec spec) {
        this.spec = spec;
        this.nodes = IntStream.rangeClosed(1, spec.nodeCount())
                .mapToObj(id -> new LocalNode(spec, id))
                .toList();
    }

    public static LocalCluster of(ClusterSpec spec) {
        return new LocalCluster(spec);
    }

    public ClusterSpec spec() {
        return spec;
    }

    public List<Integer> nodeIds() {
        return nodes.stream().map(LocalNode::nodeId).toList();
    }

    /** Where clients connect, in order of the nodes. */
    public List<String> clientAddresses() {
        return nodeIds().stream().map(this::clientAddress).toList();
    }

    public String clientAddress(int nodeId) {
        return ServerCommand.clientAddress(node(nodeId).ports());
    }

    public String nodeAddress(int nodeId) {
        return ServerCommand.nodeAddress(node(nodeId).ports());
    }

    /** Where health, metrics, JSON calls and live tails are. */
    public String httpAddress(int nodeId) {
        return ServerCommand.httpAddress(node(nodeId).ports());
    }

    public Path dataDirectory(int nodeId) {
        return node(nodeId).dataDirectory();
    }

    public Path logFile(int nodeId) {
        return node(nodeId).logFile();
    }

    public boolean isRunning(int nodeId) {
        return node(nodeId).isRunning();
    }

    /** The operating system's id of the node's process. */
    public long pid(int nodeId) {
        return node(nodeId).pid();
    }

    /** Starts every node and returns when all are ready. On a failure whatever was started is stopped again. */
    public void start(Duration timeout, Consumer<String> progress) {
        refuseIfTaken();
        try {
            nodes.forEach(this::launch);
            awaitReady(nodes, timeout, progress);
        } catch (CliException e) {
            killAll();
            throw e;
        }
    }

    /** Starts one node without waiting for it. */
    public void startNode(int nodeId) {
        launch(node(nodeId));
    }

    public void awaitReady(int nodeId, Duration timeout) {
        awaitReady(List.of(node(nodeId)), timeout, line -> {});
    }

    /** Ends a node as a crash would (SIGKILL); returns when it is gone. */
    public void kill(int nodeId) {
        node(nodeId).kill();
    }

    /** Ends all nodes at once (SIGKILL); returns when they are gone. */
    public void killAll() {
        nodes.stream().parallel().forEach(LocalNode::kill);
    }

    /** Stops one node cleanly, or kills it after the timeout. */
    public void stopNode(int nodeId, Duration timeout) {
        node(nodeId).requestStop();
        var unused = endWithin(node(nodeId), timeout);
    }

    /** Stops all nodes cleanly, and kills those that are not gone after the timeout; returns whether none was. */
    public boolean stop(Duration timeout) {
        var deadline = System.nanoTime() + timeout.toNanos();
        nodes.forEach(LocalNode::requestStop);
        var clean = true;
        for (var node : nodes) {
            clean &= endWithin(node, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
        return clean;
    }

    /** Returns when a node's process has ended, with that node's id; {@code known} are those that count no more. */
    public int awaitAnyEnd(List<Integer> known) throws InterruptedException {
        while (true) {
            for (var node : nodes) {
                if (!known.contains(node.nodeId()) && !node.isRunning()) {
                    return node.nodeId();
                }
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** What a node's process said last. */
    public CliException endOf(int nodeId) {
        return node(nodeId).ended();
    }

    /** Kills whatever runs; nothing can be started afterwards. */
    @Override
    public synchronized void close() {
        closed = true;
        killAll();
    }

    /** Deletes the cluster's directory; its processes must be gone. */
    public void deleteDirectory() throws IOException {
        for (var node : nodes) {
            if (node.isRunning()) {
                throw new IllegalStateException("node " + node.nodeId() + " still runs, as process " + node.pid());
            }
        }
        try (var paths = Files.walk(spec.directory())) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private synchronized void launch(LocalNode node) {
        if (closed) {
            throw new IllegalStateException("the cluster in " + spec.directory() + " is closed");
        }
        node.start();
    }

    private void refuseIfTaken() {
        for (var node : nodes) {
            node.recordedProcess().ifPresent(process -> {
                throw new CliException(
                        ExitCode.FAILED,
                        "ALREADY_RUNNING",
                        "node " + node.nodeId() + " of " + spec.directory() + " runs already, as process "
                                + process.pid(),
                        "stop it first: ./cordwood down --data " + spec.directory());
            });
            node.ports().occupied().stream().findFirst().ifPresent(port -> {
                throw new CliException(
                        ExitCode.FAILED,
                        "PORT_IN_USE",
                        "port " + port + " of node " + node.nodeId() + " is in use",
                        "another cluster may be running: stop it, or free the port");
            });
        }
    }

    private void awaitReady(List<LocalNode> starting, Duration timeout, Consumer<String> progress) {
        var deadline = System.nanoTime() + timeout.toNanos();
        var shown = -1;
        while (true) {
            var ready = readyCount(starting);
            if (ready != shown) {
                progress.accept("nodes ready: " + ready + " of " + starting.size());
                shown = ready;
            }
            if (ready == starting.size()) {
                return;
            }
            pauseUntil(deadline, starting, timeout);
        }
    }

    private static int readyCount(List<LocalNode> starting) {
        var ready = 0;
        for (var node : starting) {
            var running = node.isRunning();
            if (node.isReady()) {
                ready++;
            } else if (!running) {
                throw node.ended();
            }
        }
        return ready;
    }

    private static void pauseUntil(long deadline, List<LocalNode> starting, Duration timeout) {
        if (System.nanoTime() >= deadline) {
            var late = starting.stream().filter(node -> !node.isReady()).toList();
            throw new CliException(
                    ExitCode.UNAVAILABLE,
                    "START_TIMED_OUT",
                    "not ready after " + timeout.toSeconds() + " s: node "
                            + late.stream().map(node -> "" + node.nodeId()).collect(Collectors.joining(", ")),
                    "the log says why: " + late.get(0).logFile());
        }
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliException(
                    ExitCode.INTERRUPTED, "INTERRUPTED", "interrupted while the nodes were starting", "start again", e);
        }
    }

    private static boolean endWithin(LocalNode node, Duration timeout) {
        var ended = node.awaitEnd(timeout);
        if (!ended) {
            node.kill();
        }
        return ended;
    }

    private LocalNode node(int nodeId) {
        if (nodeId < 1 || nodeId > nodes.size()) {
            throw new IllegalArgumentException("node " + nodeId + " is not in [1, " + (nodes.size() + 1) + ")");
        }
        return nodes.get(nodeId - 1);
    }
}
