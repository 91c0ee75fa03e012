package io.cordwood.bench.consumers;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.CodeHash;
import io.cordwood.bench.process.ProcFiles;
import io.cordwood.bench.process.RunOptions;
import io.cordwood.bench.process.UnattendedCommand;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures what consumer groups take.
 *
 * <p>Thread: that of the process; a shutdown hook ends what it started.
 */
@Command(
        name = "consumer-groups",
        mixinStandardHelpOptions = true,
        description = {
            "Starts three nodes for each part and prints: how many commits a second a group of members makes, one offset in",
            "each, and what one takes at a steady 2,500 commits/s; how long 500 members take until each has a partition of",
            "its own; what the readers of 500 partitions notice when one more joins 50 of them; how long a member that is",
            "killed keeps its partitions; and how much faster 16 workers are than one, where records of a key stay in order."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed, or a bar was missed", "2:bad usage"})
public final class ConsumerGroups implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RunOptions run = new RunOptions();

    @Option(names = "--only", split = ",", description = "of the parts: ${COMPLETION-CANDIDATES}")
    private List<ConsumerGroupsRun.Part> parts = List.copyOf(EnumSet.allOf(ConsumerGroupsRun.Part.class));

    @Option(names = "--rounds", defaultValue = "5", description = "of each part; ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--seconds", defaultValue = "10", description = "of each measurement of a rate; ${DEFAULT-VALUE}")
    private int seconds;

    @Option(
            names = "--committers",
            defaultValue = "50",
            description = "members that commit, each with a partition that has three replicas; ${DEFAULT-VALUE}")
    private int committers;

    @Option(
            names = "--commits-under-way",
            defaultValue = "8",
            description = "of each of them, when they commit as fast as they can; ${DEFAULT-VALUE}")
    private int commitsUnderWay;

    @Option(
            names = "--partitions",
            defaultValue = "500",
            description = "that 500 members, or 50 and one, share, with one replica each; ${DEFAULT-VALUE}")
    private int partitions;

    @Option(
            names = "--rate",
            defaultValue = "2000",
            description = "records/s to two partitions of each of the 50, while one joins; ${DEFAULT-VALUE}")
    private int recordsPerSecond;

    @Option(names = "--node-flag", description = "one more of the nodes' JVMs, such as for a flight recording")
    private List<String> nodeFlags = List.of();

    @Option(names = "--commit", defaultValue = "", description = "of the jars in --work; empty where nobody knows it")
    private String commit = "";

    /** Runs it. */
    public static void main(String[] args) {
        UnattendedCommand.runAndExit(new ConsumerGroups(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var figures = new Figures(conditions(), partitions);
        var groups = new ConsumerGroupsRun(plan(), run, figures);
        run.bound(() -> {
            groups.end();
            run.keep("consumer-groups.md", figures.markdown());
            run.keep("consumer-groups.jsonl", figures.json());
        });
        groups.run();
        System.out.print(figures.markdown());
        return figures.holdBars() ? 0 : 1;
    }

    private JsonLine conditions() throws IOException {
        var proc = ProcFiles.ofThisMachine();
        return JsonLine.empty()
                .with("cordwood", CodeHash.subject(commit, run.jars()))
                .with("date", LocalDate.now(ZoneOffset.UTC).toString())
                .with("java", System.getProperty("java.version"))
                .with("processors", Runtime.getRuntime().availableProcessors())
                .with("processor", proc.processorName())
                .with("memory MiB", proc.memoryMib())
                .with("committers", committers)
                .with("commits under way", commitsUnderWay)
                .with("partitions", partitions)
                .with("records/s", recordsPerSecond);
    }

    private ConsumerGroupsRun.Plan plan() {
        try {
            return new ConsumerGroupsRun.Plan(
                    EnumSet.copyOf(parts),
                    rounds,
                    seconds,
                    committers,
                    commitsUnderWay,
                    partitions,
                    recordsPerSecond,
                    nodeFlags);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
