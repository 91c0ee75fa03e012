package io.cordwood.cli.local;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One node's server process. Its directory holds {@code data/}, {@code server.log} with all that the process printed, and
 * {@code server.pid} while it runs.
 *
 * <p>Thread: one at a time starts and stops it; {@link #isRunning} from any.
 */
final class LocalNode {
    private static final int QUOTED_LOG_LINES = 3;
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);

    private final ClusterSpec spec;
    private final int nodeId;
    private final Path directory;
    private final PidFile pidFile;
    private volatile @Nullable Process process;
    private long logStart;

    LocalNode(ClusterSpec spec, int nodeId) {
        this.spec = spec;
        this.nodeId = nodeId;
        this.directory = spec.nodeDirectory(nodeId);
        this.pidFile = new PidFile(directory.resolve("server.pid"), nodeId);
    }

    int nodeId() {
        return nodeId;
    }

    NodePorts ports() {
        return spec.portsOf(nodeId);
    }

    Path dataDirectory() {
        return directory.resolve("data");
    }

    Path logFile() {
        return directory.resolve("server.log");
    }

    boolean isRunning() {
        var current = process;
        return current != null && current.isAlive();
    }

    /** A server of this node that an earlier command left running. */
    Optional<ProcessHandle> recordedProcess() {
        return pidFile.ourProcess();
    }

    long pid() {
        return started().pid();
    }

    int exitCode() {
        return started().exitValue();
    }

    void start() {
        if (isRunning()) {
            throw new IllegalStateException("node " + nodeId + " runs already, as process " + pid());
        }
        try {
            Files.createDirectories(dataDirectory());
            logStart = Files.exists(logFile()) ? Files.size(logFile()) : 0;
            var started = builder().start();
            process = started;
            pidFile.write(started.toHandle());
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED,
                    "START_FAILED",
                    "node " + nodeId + " cannot be started: " + e.getMessage(),
                    "check that " + directory + " is writable and has space",
                    e);
        }
    }

    /** True from the moment the server says that it can serve: it has joined, and holds again what it held. */
    boolean isReady() {
        return newLog().contains("cordwood node " + nodeId + " ready:");
    }

    /** Why the process ended, with the last words of its log. */
    CliException ended() {
        var lines = newLog().strip().lines().toList();
        var last = lines.subList(Math.max(0, lines.size() - QUOTED_LOG_LINES), lines.size());
        return new CliException(
                ExitCode.FAILED,
                "NODE_ENDED",
                "node " + nodeId + " ended with exit code " + exitCode() + ": " + String.join(" | ", last),
                "its log is " + logFile());
    }

    /** Asks the server to stop, without waiting. */
    void requestStop() {
        if (isRunning()) {
            started().destroy();
        }
    }

    /** Ends the process at once, as a crash would (SIGKILL); returns when it is gone. */
    void kill() {
        var current = process;
        // The file of a process that somebody else started is not ours to delete.
        if (current != null) {
            current.destroyForcibly();
            awaitEnd(KILL_TIMEOUT);
        }
    }

    /** Whether the process was gone in time. */
    boolean awaitEnd(Duration timeout) {
        var current = process;
        if (current == null) {
            return true;
        }
        try {
            var ended = current.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (ended) {
                pidFile.delete();
            }
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Process started() {
        var current = process;
        if (current == null) {
            throw new IllegalStateException("node " + nodeId + " was never started");
        }
        return current;
    }

    private ProcessBuilder builder() {
        var builder = new ProcessBuilder(new ServerCommand(spec, nodeId).words())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        // Settings of the command, which the server would refuse as unknown ones of its own.
        builder.environment().keySet().removeAll(List.of("CORDWOOD_BOOTSTRAP", ClusterSpec.JVM_OPTIONS_VARIABLE));
        // Java tells a bad sector or a full disk in the system's words only, which a node knows in English.
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().remove("LANGUAGE"); // some C libraries translate for it all the same
        return builder;
    }

    private String newLog() {
        try (var channel = Files.newByteChannel(logFile())) {
            channel.position(logStart);
            return new String(
                    java.nio.channels.Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED,
                    "IO_ERROR",
                    "cannot read " + logFile() + ": " + e.getMessage(),
                    "check the directory's permissions",
                    e);
        }
    }
}
