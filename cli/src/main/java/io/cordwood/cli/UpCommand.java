package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.console.TextTable;
import io.cordwood.cli.local.ClusterSpec;
import io.cordwood.cli.local.LocalCluster;
import io.cordwood.cli.local.NodePorts;
import io.cordwood.cli.local.RecordedNodes;
import io.cordwood.cli.local.ServerArchive;
import io.cordwood.cli.local.ShutdownHook;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code up}: a cluster on this machine. */
@Command(
        name = "up",
        description = {
            "Start a cluster on this machine.",
            "Node 1 listens on 9090 for clients, 9091 for the other nodes and 8080 for HTTP; each further node adds 100."
                    + " Options for the servers' JVMs come from $CORDWOOD_JVM_OPTS."
        })
final class UpCommand implements Callable<Integer> {
    private static final int MAX_NODES = 9;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

    @Option(names = "--nodes", paramLabel = "N", description = "Number of nodes, 1 to 9. Default: 3.")
    private int nodes = 3;

    @Option(names = "--data", paramLabel = "DIR", description = "Where the nodes keep their files. Default: .cordwood.")
    private @Nullable Path data;

    @Option(names = "--detach", description = "Return when the cluster is up; 'down' stops it.")
    private boolean detach;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        var root = Cordwood.of(spec);
        var directory = DataDirectory.of(data);
        if (nodes < 1 || nodes > MAX_NODES) {
            throw CliException.usage(
                    "--nodes is " + nodes + ", allowed are 1 to " + MAX_NODES, "three is the usual number");
        }
        requireSameSize(directory);
        var unused = ServerArchive.prepare(root.console()::progress);
        var cluster = LocalCluster.of(
                ClusterSpec.of(directory, NodePorts.standard(nodes)).detached(detach));
        var hook = ShutdownHook.add("up-stop", () -> stop(cluster, root.console()));
        cluster.start(root.timeoutOr(START_TIMEOUT), root.console()::progress);
        show(cluster, root.console());
        if (detach) {
            var unusedEnding = hook.remove();
            root.console().notice("stop it with: ./cordwood down" + (data == null ? "" : " --data " + data));
            return ExitCode.DONE.code();
        }
        root.console().notice("Ctrl-C stops it");
        return awaitEnds(cluster, root.console());
    }

    /** The number of nodes is chosen when a cluster is formed; a different one later would not be the same cluster. */
    private void requireSameSize(Path directory) {
        var known = RecordedNodes.in(directory).list();
        if (!known.isEmpty() && known.size() != nodes) {
            throw CliException.usage(
                    directory + " holds a cluster of " + known.size() + " nodes, --nodes is " + nodes,
                    "use --nodes " + known.size() + ", or another --data");
        }
    }

    private static void show(LocalCluster cluster, Console console) {
        var table = TextTable.of("NODE", "CLIENTS", "NODES", "HTTP", "PID", "LOG");
        for (int id : cluster.nodeIds()) {
            table.row(
                    id,
                    cluster.clientAddress(id),
                    cluster.nodeAddress(id),
                    "http://" + cluster.httpAddress(id),
                    cluster.pid(id),
                    cluster.logFile(id));
        }
        table.lines().forEach(console::notice);
    }

    private static int awaitEnds(LocalCluster cluster, Console console) throws InterruptedException {
        var ended = new ArrayList<Integer>();
        while (ended.size() < cluster.nodeIds().size()) {
            var node = cluster.awaitAnyEnd(ended);
            ended.add(node);
            console.error(cluster.endOf(node));
        }
        return ExitCode.FAILED.code();
    }

    private static void stop(LocalCluster cluster, Console console) {
        if (cluster.nodeIds().stream().anyMatch(cluster::isRunning)) {
            console.notice("stopping the nodes");
        }
        console.mute();
        cluster.stop(STOP_TIMEOUT);
        cluster.close();
    }
}
