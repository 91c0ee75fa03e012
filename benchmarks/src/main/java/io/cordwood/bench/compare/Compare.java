package io.cordwood.bench.compare;

import io.cordwood.bench.ByteSize;
import io.cordwood.bench.process.Clients;
import io.cordwood.bench.process.Kernel;
import io.cordwood.bench.process.UnattendedCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures Kafka and Cordwood in turn on this machine and prints the table.
 *
 * <p>Thread: that of the process; a shutdown hook ends what it started.
 */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = {
            "Runs Kafka without and with forced writes, and Cordwood, in turn on this machine, and prints a table.",
            "What is finished is kept: started again, it goes on where it ended."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:some measurements failed; a further run takes them up again", "2:bad usage"})
public final class Compare implements Callable<Integer> {
    private static final int QUICK_ROUNDS = 3;
    private static final int FULL_ROUNDS = 5;
    private static final String QUICK_WARMUP = "1GB";
    private static final String FULL_WARMUP = "10GB";
    private static final int QUICK_SECONDS = 15;
    private static final int FULL_SECONDS = 30;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--quick", description = "3 rounds, 1 GB warm-up, only the rows 1 KB, 100 B and 5,000/s; not warm")
    private boolean quick;

    @Option(names = "--rounds", description = "how often each is started and measured; 5, quick 3")
    private @Nullable Integer rounds;

    @Option(names = "--warmup", description = "what fresh servers take first, such as 500MB; 10GB, quick 1GB")
    private @Nullable String warmup;

    @Option(names = "--seconds", description = "of one measurement, about; 30, quick 15")
    private @Nullable Integer seconds;

    @Option(names = "--rows", split = ",", description = "only these rows, such as throughput-1k,failover")
    private @Nullable List<String> rows;

    @Option(names = "--out", required = true, description = "directory of the results")
    private Path out = Path.of("");

    @Option(
            names = "--work",
            required = true,
            description = "directory of this run alone, deleted at its end; holds cordwood/")
    private Path work = Path.of("");

    @Option(names = "--kafka", required = true, description = "directory of Kafka's jars: server/ and tools/")
    private Path kafka = Path.of("");

    @Option(names = "--kafka-logging", required = true, description = "log4j2 configuration of Kafka's servers")
    private Path kafkaLogging = Path.of("");

    @Option(names = "--commit", defaultValue = "", description = "of the jars in --work; empty where nobody knows it")
    private String commit = "";

    /** Runs it. */
    public static void main(String[] args) {
        UnattendedCommand.runAndExit(new Compare(), args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var place = place();
        Plan plan;
        ResultsFile results;
        try {
            plan = plan();
            var conditions = plan.conditions().with(Subject.of(place, commit).conditions());
            results = ResultsFile.open(out.resolve("results.jsonl"), conditions);
        } catch (IllegalArgumentException e) {
            place.delete();
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (IOException e) {
            place.delete();
            throw e;
        }
        var runner = new Runner(plan, place, results, System.err);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(runner, place), "compare-end"));
        int failures = runner.run();
        var table = new ResultTable(plan, results).markdown();
        Files.writeString(out.resolve("table.md"), table);
        System.out.print(table);
        return failures == 0 ? 0 : 1;
    }

    private Workplace place() {
        var directory = work.toAbsolutePath().normalize();
        return new Workplace(
                directory,
                out.toAbsolutePath().normalize(),
                kafka.toAbsolutePath().normalize(),
                kafkaLogging.toAbsolutePath().normalize(),
                new Clients(directory.resolve("clients")));
    }

    private static void end(Runner runner, Workplace place) {
        runner.close();
        try {
            place.delete();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Plan plan() {
        var chosen = rows == null
                ? Arrays.stream(Row.values())
                        .filter(row -> !quick || row.quick())
                        .toList()
                : rows.stream().map(Row::parse).sorted().toList();
        var plan = new Plan(
                quick ? "Quick" : "Full",
                rounds == null ? (quick ? QUICK_ROUNDS : FULL_ROUNDS) : rounds,
                ByteSize.parse(warmup == null ? (quick ? QUICK_WARMUP : FULL_WARMUP) : warmup),
                Duration.ofSeconds(seconds == null ? (quick ? QUICK_SECONDS : FULL_SECONDS) : seconds),
                chosen);
        if (Kernel.canDropCaches() || chosen.stream().noneMatch(Row::needsColdFiles)) {
            return plan;
        }
        System.err.println("consume-cold is left out: only root may drop the page cache");
        return plan.withoutColdFiles();
    }
}
