package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.console.Json;
import io.cordwood.client.Admin;
import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cluster rolling-check}: before a node is stopped, asks whether the others do without it. */
@Command(
        name = "rolling-check",
        description = {
            "Say whether a node may stop now, because the others do without it.",
            "Exit code 0: it may. 1: it may not, and why. Between the nodes of a rolling restart wait for 0, with --wait."
        })
final class ClusterRollingCheckCommand implements Callable<Integer> {
    private static final long POLL_MS = 500;
    private static final int SHOWN = 10;

    @Parameters(paramLabel = "NODE", description = "Id of the node to stop next.")
    private int nodeId;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            description = "Ask again until it may stop, at most for so long, such as 2m.")
    private @Nullable Duration atMost;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        var root = Cordwood.of(spec);
        try (var client = root.connect()) {
            var check = await(client.admin());
            if (output.json()) {
                root.console().data(Json.of(json(check)));
            } else {
                show(check, root.console());
            }
            return (check.mayStop() ? ExitCode.DONE : ExitCode.FAILED).code();
        }
    }

    private RollingCheck await(Admin admin) throws InterruptedException {
        long deadline = System.nanoTime() + (atMost == null ? 0 : atMost.toNanos());
        while (true) {
            try {
                var check = look(admin);
                if (check.mayStop() || System.nanoTime() - deadline >= 0) {
                    return check;
                }
            } catch (CordwoodException e) {
                // While a node is down whoever is asked may not know who leads now.
                if (!e.retryable() || System.nanoTime() - deadline >= 0) {
                    throw e;
                }
            }
            Thread.sleep(POLL_MS);
        }
    }

    private RollingCheck look(Admin admin) {
        var cluster = admin.cluster();
        if (cluster.nodes().stream().noneMatch(node -> node.nodeId() == nodeId)) {
            throw new CliException(
                    ExitCode.NOT_FOUND,
                    "UNKNOWN_NODE",
                    "the cluster has no node " + nodeId,
                    "./cordwood cluster lists its nodes");
        }
        return RollingCheck.of(nodeId, cluster, admin.partitions());
    }

    private static void show(RollingCheck check, Console console) {
        console.data("node " + check.nodeId() + (check.mayStop() ? " may stop" : " may not stop now"));
        some(check.reasons()).forEach(line -> console.data("  " + line));
        some(check.notices()).forEach(console::notice);
    }

    private static List<String> some(List<String> lines) {
        if (lines.size() <= SHOWN) {
            return lines;
        }
        var shown = new ArrayList<>(lines.subList(0, SHOWN));
        shown.add("and " + (lines.size() - SHOWN) + " more; -o json has them all");
        return shown;
    }

    private static Map<String, Object> json(RollingCheck check) {
        var values = new LinkedHashMap<String, Object>();
        values.put("nodeId", check.nodeId());
        values.put("mayStop", check.mayStop());
        values.put("reasons", check.reasons());
        values.put("notices", check.notices());
        return values;
    }
}
