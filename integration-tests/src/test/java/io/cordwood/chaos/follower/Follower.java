package io.cordwood.chaos.follower;

import io.cordwood.bench.SteadyLoad;
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
 * Measures what it costs those who write when a follower is paused, slow or cut off.
 *
 * <p>Thread: that of the process; a shutdown hook ends what it started.
 */
@Command(
        name = "follower",
        mixinStandardHelpOptions = true,
        description = {
            "Publishes to all partitions of three nodes at a steady rate. Again and again one node that leads nothing is",
            "paused (SIGSTOP), slow, or cut off for a while. Prints the latencies before the fault and over it, from the",
            "moment a record was meant to be sent."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed, or a bar was missed", "2:bad usage"})
public final class Follower implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(names = "--partitions", defaultValue = "6", description = "with three replicas each; ${DEFAULT-VALUE}")
    private int partitions;

    @Option(names = "--rate", defaultValue = "2000", description = "records/s, of all partitions; ${DEFAULT-VALUE}")
    private int recordsPerSecond;

    @Option(names = "--record-bytes", defaultValue = "1000", description = "size of a value; ${DEFAULT-VALUE}")
    private int recordBytes;

    @Option(
            names = "--faults",
            split = ",",
            defaultValue = "paused,slow,cut",
            description = "of each round, with commas; ${DEFAULT-VALUE}")
    private List<Ailment> faults = List.of();

    @Option(names = "--rounds", defaultValue = "3", description = "of which medians are taken; ${DEFAULT-VALUE}")
    private int rounds;

    @Option(
            names = "--warmup-seconds",
            defaultValue = "120",
            description = "before all else: nodes and client are new; ${DEFAULT-VALUE}")
    private int warmupSeconds;

    @Option(
            names = "--settle-seconds",
            defaultValue = "20",
            description =
                    "from when all is as it was, and the node leads nothing, to the time before; ${DEFAULT-VALUE}")
    private int settleSeconds;

    @Option(
            names = "--before-seconds",
            defaultValue = "60",
            description = "before each fault, with which it is compared; ${DEFAULT-VALUE}")
    private int beforeSeconds;

    @Option(names = "--fault-seconds", defaultValue = "30", description = "of each fault, up to 50; ${DEFAULT-VALUE}")
    private int faultSeconds;

    @Option(
            names = "--delay-ms",
            defaultValue = "100",
            description = "of all that a slow node sends or is sent; ${DEFAULT-VALUE}")
    private int delayMillis;

    @Option(
            names = "--slow-bytes-per-second",
            defaultValue = "1000000",
            description = "from the other nodes to a slow one, and from it to them; ${DEFAULT-VALUE}")
    private long slowBytesPerSecond;

    /** Runs it. */
    public static void main(String[] args) {
        UnattendedCommand.runAndExit(new Follower(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var followers = new FollowerRun(plan(), run);
        run.bound(() -> {
            followers.end();
            keep(followers);
        });
        followers.run();
        var table = new CostTable(followers.samples());
        System.out.print(table.markdown());
        return table.holdsBars() ? 0 : 1;
    }

    private void keep(FollowerRun followers) {
        var table = new CostTable(followers.samples());
        run.keep("follower", table.markdown(), table.csv());
    }

    FollowerPlan plan() {
        try {
            return new FollowerPlan(
                    SteadyLoad.Stream.toAll(FollowerRun.TOPIC, partitions, recordsPerSecond, recordBytes),
                    faults,
                    rounds,
                    new FollowerPlan.Times(
                            Duration.ofSeconds(warmupSeconds),
                            Duration.ofSeconds(settleSeconds),
                            Duration.ofSeconds(beforeSeconds),
                            Duration.ofSeconds(faultSeconds)),
                    new Slowness(delayMillis, slowBytesPerSecond));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
