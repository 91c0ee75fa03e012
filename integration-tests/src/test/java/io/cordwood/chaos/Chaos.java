package io.cordwood.chaos;

import io.cordwood.chaos.planted.PlantedBug;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs a cluster under faults and says whether it kept its promises.
 *
 * <p><b>Thread:</b> that of the process.
 */
@Command(
        name = "run",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        description = {
            "Starts a cluster of server processes on this machine, has it written to and read from, and harms it: nodes are",
            "killed and paused, their network is cut, delayed and reset, disks lose their power and fill up, files are damaged,",
            "replicas and leaderships move. Then everything is healed and read, and the whole history is checked: whether a",
            "record was lost, doubled or out of order, whether somebody read what was never written or was taken back, whether",
            "appends and ends are linearizable, whether all works again, and whether the replicas are the same.",
            "",
            "The seed decides what befalls whom and when. What needs root, loop devices, xfsprogs or libfaketime is left out",
            "where they are missing, and that is said; with DISKS_REQUIRED=true in the environment missing disks are bad",
            "usage, as it is when none of the faults is possible."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no violation; with a planted bug: it was caught",
            "1:a violation, or the run could not be made or did not end; with a planted bug: it was not caught",
            "2:bad usage"
        })
public final class Chaos implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int HELP_WIDTH = 120;
    private static final long SEED_MAX = 1_000_000;
    /** System property: below which directory results go by default. */
    private static final String OUT = "cordwood.chaos.out";
    /** Environment variable: with {@code true} a run that wants disks fails where there can be none. */
    private static final String DISKS_REQUIRED = "DISKS_REQUIRED";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--minutes", defaultValue = "10", description = "how long faults go on; ${DEFAULT-VALUE}")
    private int minutes;

    @Option(names = "--seed", description = "of the schedule; default by chance, and printed")
    private @Nullable Long seed;

    @Option(names = "--nodes", defaultValue = "3", description = "3 or 5; ${DEFAULT-VALUE}")
    private int nodes;

    @Option(
            names = "--faults",
            defaultValue = RunOptions.ALL_FAULTS,
            description =
                    "which ones, with commas: all, profiles (kill, pause, net, power, ...) or kinds (pause-leader, ...)")
    private String faults = "";

    @Option(
            names = "--planted",
            description = {
                "plants a bug into the servers, with the faults that make it show, and ends with 0 where it was caught:",
                "${COMPLETION-CANDIDATES}"
            },
            completionCandidates = BugNames.class)
    private @Nullable String planted;

    @Option(
            names = "--profile",
            description = "the faults of such a bug without the bug: nothing may be found",
            completionCandidates = BugNames.class)
    private @Nullable String profile;

    @Option(
            names = "--out",
            description = {
                "directory of the results: history.jsonl, schedule.txt, summary.txt, timeline.svg, logs/;",
                "default integration-tests/target/chaos/seed-N"
            })
    private @Nullable Path out;

    @Option(names = "--print-schedule", description = "prints what would befall whom and when, and does nothing")
    private boolean printSchedule;

    /** For the help. */
    static final class BugNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(PlantedBug.values())
                    .map(PlantedBug::optionName)
                    .iterator();
        }
    }

    /** Runs it, and ends the process with its exit code. */
    public static void main(String[] args) {
        System.exit(exitCode(args));
    }

    private static int exitCode(String[] args) {
        try {
            return commandLine(new Chaos()).execute(args);
        } catch (Error e) {
            // Picocli lets it through, as of a disk that cannot be mounted, and threads that are left would keep the
            // process.
            e.printStackTrace();
            return FAILED;
        }
    }

    static CommandLine commandLine(Chaos command) {
        return new CommandLine(command)
                .setUsageHelpWidth(HELP_WIDTH)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    failure.printStackTrace();
                    return FAILED;
                });
    }

    @Override
    public Integer call() throws IOException {
        var options = options();
        var trouble = plan(options);
        if (printSchedule) {
            Results.sayLacks(trouble.equipment());
            System.out.print(trouble.text());
            return 0;
        }
        return new ChaosRun(options, trouble).run() ? 0 : FAILED;
    }

    private Trouble.Plan plan(RunOptions options) {
        try {
            if (options.planted().isPresent()) {
                return PlantedTrouble.Rounds.of(options.planted().get(), options);
            }
            var windows = ScheduledTrouble.Windows.of(options);
            windows.requirePossible(Boolean.parseBoolean(System.getenv(DISKS_REQUIRED)));
            return windows;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    RunOptions options() {
        long chosen = seed == null ? ThreadLocalRandom.current().nextLong(SEED_MAX) : seed;
        try {
            if (planted != null && profile != null) {
                throw new IllegalArgumentException("--planted and --profile: one of them, as one is without the bug");
            }
            return new RunOptions(
                    minutes,
                    chosen,
                    nodes,
                    faults.toLowerCase(Locale.ROOT),
                    Optional.ofNullable(planted == null ? profile : planted).map(PlantedBug::named),
                    profile != null,
                    (out == null ? Path.of(System.getProperty(OUT, "chaos"), "seed-" + chosen) : out)
                            .toAbsolutePath()
                            .normalize());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
