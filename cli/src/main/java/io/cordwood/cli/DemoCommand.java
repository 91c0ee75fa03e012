package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.demo.Demo;
import io.cordwood.cli.demo.DemoInput;
import io.cordwood.cli.demo.DemoOptions;
import io.cordwood.cli.demo.DemoRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code demo}: see a node die under load, and nothing get lost. */
@Command(
        name = "demo",
        description = {
            "Watch a cluster lose its busiest node and no record.",
            "Starts three nodes in a temporary directory, publishes lines and reads them back by a consumer group, kills"
                    + " the node that leads most partitions half way (kill -9), starts it again, and accounts for every"
                    + " record."
        })
final class DemoCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description =
                    "Lines to publish, with the first field as key; - is standard input. Default: 100,000 generated"
                            + " activity events.")
    private @Nullable Path file;

    @Option(
            names = "--duration",
            paramLabel = "DURATION",
            description = "Time over which the records are spread, at least 5s. Default: 20s.")
    private Duration duration = DemoOptions.DURATION;

    @Option(names = "--keep", description = "Keep the cluster's directory after a success too.")
    private boolean keep;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (duration.compareTo(Duration.ofSeconds(5)) < 0) {
            throw CliException.usage(
                    "--duration is " + duration.toMillis() + "ms, it is at least 5s", "leave it out for 20s");
        }
        var console = Cordwood.of(spec).console();
        var report = Demo.run(new DemoOptions(records(), duration, keep), console);
        if (output.json()) {
            console.data(report.json());
        } else {
            report.table().forEach(console::data);
        }
        if (!report.passed()) {
            console.error(report.failure());
            return ExitCode.FAILED.code();
        }
        return ExitCode.DONE.code();
    }

    private List<DemoRecord> records() {
        if (file == null) {
            return DemoOptions.generatedRecords();
        }
        return file.toString().equals("-") ? DemoInput.ofStandardInput() : DemoInput.ofFile(file);
    }
}
