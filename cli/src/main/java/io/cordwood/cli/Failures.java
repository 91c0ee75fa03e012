package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.client.CordwoodException;
import java.util.concurrent.CompletionException;

/** Turns whatever ended a command into one line, a hint, a reason and an exit code. */
final class Failures {
    private Failures() {}

    static CliException explain(Throwable problem) {
        if (problem instanceof CliException known) {
            return known;
        }
        if (problem instanceof CordwoodException refused) {
            return new CliException(exitCode(refused), refused.code().name(), text(refused), refused.hint(), refused);
        }
        if (problem instanceof CompletionException wrapper && wrapper.getCause() != null) {
            return explain(wrapper.getCause());
        }
        return new CliException(
                ExitCode.FAILED, "BUG", problem.toString(), "this is a fault of the command: -v shows where", problem);
    }

    /** What is not there is 3; what a repetition may cure is 5; the rest has failed. */
    static ExitCode exitCode(CordwoodException refused) {
        return switch (refused.code()) {
            case UNKNOWN_TOPIC, PARTITION_OUT_OF_RANGE, UNKNOWN_NODE, UNKNOWN_GROUP -> ExitCode.NOT_FOUND;
            default -> refused.retryable() ? ExitCode.UNAVAILABLE : ExitCode.FAILED;
        };
    }

    private static String text(CordwoodException refused) {
        var message = refused.getMessage();
        return message == null ? refused.code().name() : message;
    }
}
