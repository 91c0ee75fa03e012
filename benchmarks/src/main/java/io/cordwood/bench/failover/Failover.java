package io.cordwood.bench.failover;

import io.cordwood.bench.SteadyLoad;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.bench.process.UnattendedCommand;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures for how long partitions acknowledge nothing when the node that leads them ends, and when it
 * returns.
 *
 * <p>Thread: that of the process; a shutdown hook ends what it started.
 */
@Command(
        name = "failover",
        mixinStandardHelpOptions = true,
        description = {
            "Publishes to all partitions of three nodes at a steady rate. Kills a node again and again (SIGKILL), then stops",
            "it (SIGTERM), each time starts it again, which gets its leaderships back, and prints how long each partition",
            "acknowledged nothing, at the ends and at the returns."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed, or a bar was missed", "2:bad usage"})
public final class Failover implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(names = "--partitions", defaultValue = "50", description = "with three replicas each; ${DEFAULT-VALUE}")
    private int partitions;

    @Option(names = "--rate", defaultValue = "1000", description = "records/s, of all partitions; ${DEFAULT-VALUE}")
    private int recordsPerSecond;

    @Option(names = "--record-bytes", defaultValue = "1000", description = "size of a value; ${DEFAULT-VALUE}")
    private int recordBytes;

    @Option(names = "--kills", defaultValue = "50", description = "of a node that leads; ${DEFAULT-VALUE}")
    private int kills;

    @Option(names = "--stops", defaultValue = "20", description = "of a node that leads; ${DEFAULT-VALUE}")
    private int stops;

    @Option(names = "--in-turn", description = "end the nodes in turn; without it always node 1")
    private boolean inTurn;

    @Option(
            names = "--settle-seconds",
            defaultValue = "5",
            description = "between the moment when all is as it was and the next end of a node; ${DEFAULT-VALUE}")
    private int settleSeconds;

    /** Runs it. */
    public static void main(String[] args) {
        UnattendedCommand.runAndExit(new Failover(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var failovers = new FailoverRun(plan(), run);
        run.bound(() -> {
            failovers.end();
            keep(failovers);
        });
        failovers.run();
        var table = failovers.table();
        System.out.print(table.markdown());
        return table.holdsBars() ? 0 : 1;
    }

    private void keep(FailoverRun failovers) {
        var table = failovers.table();
        run.keep("failover", table.markdown(), table.csv());
    }

    private FailoverRun.Plan plan() {
        try {
            var stream = SteadyLoad.Stream.toAll(FailoverRun.TOPIC, partitions, recordsPerSecond, recordBytes);
            return new FailoverRun.Plan(stream, kills, stops, inTurn, Duration.ofSeconds(settleSeconds));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
