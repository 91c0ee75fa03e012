package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.Console;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.StartPoint;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/**
 * The {@code cordwood} command: options that every command takes, and the way each one ends.
 *
 * <p>Thread: main.
 */
@Command(
        name = "cordwood",
        description = "A clustered log service.",
        mixinStandardHelpOptions = true,
        version = "cordwood 0.1.0-SNAPSHOT",
        sortOptions = false,
        scope = ScopeType.INHERIT,
        usageHelpAutoWidth = true,
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            DownCommand.class,
            TopicCommand.class,
            PartitionCommand.class,
            GroupCommand.class,
            ProduceCommand.class,
            ConsumeCommand.class,
            ClusterCommand.class,
            AutoComplete.GenerateCompletion.class
        })
public final class Cordwood implements Runnable {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT[,...]",
            scope = ScopeType.INHERIT,
            split = ",",
            hideParamSyntax = true,
            defaultValue = "${env:CORDWOOD_BOOTSTRAP:-localhost:9090}",
            description = "Nodes to begin with; any one leads to the others. Default: $CORDWOOD_BOOTSTRAP, or"
                    + " localhost:9090.")
    private List<String> bootstrap = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            scope = ScopeType.INHERIT,
            description = "How long to wait, such as 500ms, 10s, 2m.")
    private @Nullable Duration timeout;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Show the stack trace of an error.")
    private boolean verbose;

    private final Console console;

    private Cordwood(Console console) {
        this.console = console;
    }

    /** Runs the command that the arguments name and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(run(Console.system(), arguments));
    }

    static int run(Console console, String... arguments) {
        var root = new Cordwood(console);
        var line = new CommandLine(root)
                .registerConverter(Duration.class, DurationText::parse)
                .registerConverter(StartPoint.class, Cordwood::startPoint)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((problem, args) -> root.report(UsageProblem.of(problem)))
                .setExecutionExceptionHandler((problem, command, parsed) -> root.report(Failures.explain(problem)))
                .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
        var code = line.execute(arguments);
        console.flush();
        return code;
    }

    /** The root of the command line that a command belongs to. */
    static Cordwood of(@Nullable CommandSpec spec) {
        if (spec == null || !(spec.root().userObject() instanceof Cordwood root)) {
            throw new IllegalStateException("a command runs only below cordwood");
        }
        return root;
    }

    @Override
    public void run() {
        throw CliException.usage("no command was given", "./cordwood --help lists the commands");
    }

    Console console() {
        return console;
    }

    Duration timeoutOr(Duration otherwise) {
        return timeout == null ? otherwise : timeout;
    }

    CordwoodClient connect() {
        return CordwoodClient.builder()
                .bootstrap(bootstrap)
                .requestTimeout(timeoutOr(DEFAULT_TIMEOUT))
                .build();
    }

    private static StartPoint startPoint(String text) {
        try {
            return StartPoint.parse(text);
        } catch (CordwoodException e) {
            throw new TypeConversionException("'" + text + "' is not " + StartPoint.FORMS);
        }
    }

    private int report(CliException problem) {
        console.flush();
        console.error(problem);
        if (verbose) {
            problem.printStackTrace(console.err());
        }
        return problem.exitCode().code();
    }
}
