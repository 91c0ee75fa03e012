package io.cordwood.bench.groups;

import io.cordwood.bench.process.RunOptions;
import io.cordwood.bench.process.UnattendedCommand;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures what partitions cost the nodes that hold them.
 *
 * <p>Thread: that of the process; a shutdown hook ends what it started.
 */
@Command(
        name = "groups",
        mixinStandardHelpOptions = true,
        description = {
            "For each number of partitions starts a fresh cluster with one topic and prints per node: threads, memory and",
            "CPU while nobody does anything; and how long creating it takes, killing (SIGKILL) one node, and a restart of",
            "all nodes after a kill, until every partition acknowledges a record."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:a number of partitions could not be measured", "2:bad usage"})
public final class Groups implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(
            names = "--partitions",
            split = ",",
            defaultValue = "0,50,100,300",
            description = "of the topic, one cluster after the other; 0 is the cluster alone; ${DEFAULT-VALUE}")
    private List<Integer> partitions = List.of();

    @Option(names = "--nodes", defaultValue = "3", description = "of the cluster; ${DEFAULT-VALUE}")
    private int nodes;

    @Option(names = "--replicas", defaultValue = "3", description = "of each partition; ${DEFAULT-VALUE}")
    private int replicas;

    @Option(
            names = "--settle-seconds",
            defaultValue = "20",
            description = "before the idle measurement and before each kill; ${DEFAULT-VALUE}")
    private int settleSeconds;

    @Option(names = "--idle-seconds", defaultValue = "30", description = "of idle measurement; ${DEFAULT-VALUE}")
    private int idleSeconds;

    /** Runs it. */
    public static void main(String[] args) {
        UnattendedCommand.runAndExit(new Groups(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var groups = new GroupsRun(plan(), run);
        run.bound(() -> {
            groups.end();
            keep(groups);
        });
        int failures = groups.run();
        System.out.print(new GroupTable(groups.costs()).markdown());
        return failures == 0 ? 0 : 1;
    }

    private void keep(GroupsRun groups) {
        var table = new GroupTable(groups.costs());
        run.keep("groups", table.markdown(), table.csv());
    }

    private GroupsRun.Plan plan() {
        try {
            return new GroupsRun.Plan(
                    partitions, nodes, replicas, Duration.ofSeconds(settleSeconds), Duration.ofSeconds(idleSeconds));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
