package io.cordwood.cli;

import io.cordwood.cli.console.CliException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** A command line that cannot be understood, as one line and a hint. */
final class UsageProblem {
    private UsageProblem() {}

    static CliException of(ParameterException problem) {
        var message = problem.getMessage();
        var command = problem.getCommandLine().getCommandSpec().qualifiedName(" ");
        return CliException.usage(
                message == null ? "the arguments are not valid" : message,
                suggestion(problem) + "./" + command + " --help");
    }

    private static String suggestion(ParameterException problem) {
        if (problem instanceof UnmatchedArgumentException unmatched) {
            var suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                return "did you mean " + String.join(" or ", suggestions) + "? see ";
            }
        }
        return "see ";
    }
}
