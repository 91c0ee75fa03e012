package io.cordwood.bench.process;

import java.util.concurrent.Callable;
import picocli.CommandLine;

/** Runs a command that a script has started. Stateless. */
public final class UnattendedCommand {
    private static final int FAILED = 1;

    private UnattendedCommand() {}

    /** Ends the process with the command's exit code; with 1, and one line of why, where it throws. */
    public static void runAndExit(Callable<Integer> command, String[] args) {
        // The script passes --out again, as it understood it.
        var line =
                new CommandLine(command).setOverwrittenOptionsAllowed(true).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failure, failed, parsed) -> {
            System.err.println("error: " + failure.getMessage());
            return FAILED;
        });
        System.exit(line.execute(args));
    }
}
