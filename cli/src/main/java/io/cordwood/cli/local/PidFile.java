package io.cordwood.cli.local;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Remembers the process of a node, so that a later command can stop it.
 *
 * <p>A process id is reused by the system. So the file also holds the process's start time, and a process counts as ours
 * only where the time agrees and, as far as the system shows them, the arguments are those of that node's server.
 *
 * <p>Layout: one line of text, {@code <pid> <start, milliseconds since 1970>}.
 */
final class PidFile {
    // Systems report start times in ticks, some of them relative to a boot time that they round.
    private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

    private final Path path;
    private final int nodeId;

    PidFile(Path path, int nodeId) {
        this.path = path;
        this.nodeId = nodeId;
    }

    void write(ProcessHandle process) throws IOException {
        Files.writeString(path, process.pid() + " " + startMs(process) + "\n");
    }

    void delete() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED,
                    "IO_ERROR",
                    "cannot delete " + path + ": " + e.getMessage(),
                    "delete it by hand",
                    e);
        }
    }

    boolean exists() {
        return Files.exists(path);
    }

    /** The running server that the file names; empty where there is none any more, or the id is another process's now. */
    Optional<ProcessHandle> ourProcess() {
        if (!exists()) {
            return Optional.empty();
        }
        var words = read().strip().split(" ");
        if (words.length != 2 || !words[0].matches("[0-9]{1,18}") || !words[1].matches("-?[0-9]{1,18}")) {
            throw new CliException(
                    ExitCode.FAILED,
                    "BAD_PID_FILE",
                    path + " does not hold a process id and a time",
                    "delete it by hand");
        }
        var startMs = Long.parseLong(words[1]);
        return ProcessHandle.of(Long.parseLong(words[0]))
                .filter(ProcessHandle::isAlive)
                .filter(process -> Math.abs(startMs(process) - startMs) <= START_TOLERANCE.toMillis())
                .filter(this::runsOurServer);
    }

    private String read() {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED,
                    "IO_ERROR",
                    "cannot read " + path + ": " + e.getMessage(),
                    "check the directory's permissions",
                    e);
        }
    }

    private boolean runsOurServer(ProcessHandle process) {
        var arguments = process.info().arguments();
        return arguments.isEmpty()
                || (Arrays.asList(arguments.get()).contains(ServerCommand.MAIN_CLASS)
                        && Arrays.asList(arguments.get()).contains(ServerCommand.nodeIdFlag(nodeId)));
    }

    private static long startMs(ProcessHandle process) {
        return process.info().startInstant().map(start -> start.toEpochMilli()).orElse(-1L);
    }
}
