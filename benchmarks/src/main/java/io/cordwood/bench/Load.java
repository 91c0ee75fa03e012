package io.cordwood.bench;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures a running cluster from outside: publishes in a closed or an open loop, reads at the tail or from the start, or sends one
 * record at a time and waits for it.
 *
 * <p>Thread: that of the process.
 */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        description = {
            "Publishes records of one size to a running cluster and prints throughput and latency;",
            "with --consume reads them, with --end-to-end does both, one record at a time.",
            "Latency is counted from the moment a record was meant to be sent."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "1:records failed or were not read",
            "2:bad usage",
            "5:the cluster refused or did not answer"
        })
public final class Load implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int UNAVAILABLE = 5;
    private static final long DEFAULT_END_TO_END_RECORDS = 2000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private LoadOptions target = new LoadOptions();

    @Mixin
    private LoadOutput output = new LoadOutput();

    @Option(names = "--record-bytes", defaultValue = "1000", description = "size of a value; ${DEFAULT-VALUE}")
    private int recordBytes;

    @Option(
            names = "--rate",
            defaultValue = "0",
            description = "records/s of an open loop; 0, the default, is a closed loop: as fast as they are taken")
    private double recordsPerSecond;

    @Option(names = "--warmup", defaultValue = "10", description = "seconds before the measurement; ${DEFAULT-VALUE}")
    private int warmupSeconds;

    @Option(names = "--warmup-bytes", description = "bytes of values before the measurement, instead of --warmup")
    private @Nullable Long warmupBytes;

    @Option(names = "--seconds", defaultValue = "20", description = "seconds of measurement; ${DEFAULT-VALUE}")
    private int seconds;

    @Option(names = "--records", description = "records of the measurement, instead of --seconds")
    private @Nullable Long records;

    @Option(
            names = "--consume",
            description =
                    "reads --records records instead: tail, what is published from now on, or cold, from the first")
    private @Nullable ReadFrom consume;

    @Option(names = "--end-to-end", description = "publishes and reads --records records, one at a time")
    private boolean endToEnd;

    /** Runs it. */
    public static void main(String[] args) {
        var command = new CommandLine(new Load()).setCaseInsensitiveEnumValuesAllowed(true);
        command.setExecutionExceptionHandler((failure, line, parsed) -> {
            System.err.println("error: " + failure.getMessage());
            return failure instanceof CordwoodException ? UNAVAILABLE : FAILED;
        });
        System.exit(command.execute(args));
    }

    @Override
    public Integer call() {
        try (var client = target.connect()) {
            target.createTopic(client);
            if (consume != null) {
                output.print(new ReadLoop(client, target.topic(), consume).run(recordsToRead()));
                return 0;
            }
            if (endToEnd) {
                output.print(new EndToEndLoop(client, target.topic(), Values.ofSize(recordBytes))
                        .run(records == null ? DEFAULT_END_TO_END_RECORDS : records));
                return 0;
            }
            return publish(client);
        }
    }

    private int publish(CordwoodClient client) {
        try (var producer = target.openProducer(client)) {
            var loop = new PublishLoop(producer, target.topic(), Values.ofSize(recordBytes), recordsPerSecond);
            output.print(loop.run(warmUp(), measured()));
            var failure = loop.firstFailure();
            if (failure != null) {
                System.err.println("error: records failed, the first: " + failure);
                return FAILED;
            }
            return 0;
        }
    }

    private Extent warmUp() {
        // Zero bytes are no time either.
        return warmupBytes == null
                ? Extent.ofTime(Duration.ofSeconds(warmupSeconds))
                : Extent.ofRecords(warmupBytes / recordBytes);
    }

    private Extent measured() {
        return records == null ? Extent.ofTime(Duration.ofSeconds(seconds)) : Extent.ofRecords(records);
    }

    private long recordsToRead() {
        if (records == null) {
            throw new ParameterException(spec.commandLine(), "--consume needs --records, the number to read");
        }
        return records;
    }
}
