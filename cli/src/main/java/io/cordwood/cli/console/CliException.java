package io.cordwood.cli.console;

import org.jspecify.annotations.Nullable;

/** A command that cannot go on: one line of what is wrong, a hint at what helps, and a reason that scripts can match. */
public final class CliException extends RuntimeException {
    private final ExitCode exitCode;
    private final String reason;
    private final String hint;

    public CliException(ExitCode exitCode, String reason, String message, String hint) {
        this(exitCode, reason, message, hint, null);
    }

    public CliException(ExitCode exitCode, String reason, String message, String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.reason = reason;
        this.hint = hint;
    }

    public static CliException usage(String message, String hint) {
        return new CliException(ExitCode.USAGE, "USAGE", message, hint);
    }

    public ExitCode exitCode() {
        return exitCode;
    }

    public String reason() {
        return reason;
    }

    public String hint() {
        return hint;
    }

    /** The message; a command's exception always has one. */
    public String text() {
        var message = getMessage();
        return message == null ? reason : message;
    }
}
