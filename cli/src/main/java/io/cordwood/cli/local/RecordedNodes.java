package io.cordwood.cli.local;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The nodes in a directory that an earlier command started, as their pid files tell. */
public final class RecordedNodes {
    /** A node directory, and whether its server still runs. */
    public record RecordedNode(int nodeId, boolean running) {}

    private static final String NODE_DIRECTORY = "n[1-9][0-9]{0,8}";

    private final Path directory;

    private RecordedNodes(Path directory) {
        this.directory = directory;
    }

    public static RecordedNodes in(Path directory) {
        return new RecordedNodes(directory.toAbsolutePath().normalize());
    }

    /** In order of their ids; empty where nothing was ever started there. */
    public List<RecordedNode> list() {
        return ids().stream()
                .map(id -> new RecordedNode(id, pidFile(id).ourProcess().isPresent()))
                .toList();
    }

    /** Asks every server to stop, kills those that are not gone in time, and returns the ids of those that ran. */
    public List<Integer> stop(Duration timeout) {
        var running = ids().stream()
                .filter(id -> pidFile(id).ourProcess().isPresent())
                .toList();
        var deadline = System.nanoTime() + timeout.toNanos();
        running.forEach(id -> pidFile(id).ourProcess().ifPresent(ProcessHandle::destroy));
        for (var id : running) {
            pidFile(id).ourProcess().ifPresent(process -> awaitEnd(process, deadline));
        }
        ids().forEach(id -> pidFile(id).delete());
        return running;
    }

    private static void awaitEnd(ProcessHandle process, long deadline) {
        try {
            process.onExit().get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            process.destroyForcibly();
            process.onExit().join();
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for process " + process.pid() + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliException(
                    ExitCode.INTERRUPTED,
                    "INTERRUPTED",
                    "interrupted while the nodes were stopping",
                    "run it again",
                    e);
        }
    }

    private List<Integer> ids() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches(NODE_DIRECTORY))
                    .map(name -> Integer.parseInt(name.substring(1)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.FAILED,
                    "IO_ERROR",
                    "cannot list " + directory + ": " + e.getMessage(),
                    "check the directory's permissions",
                    e);
        }
    }

    private PidFile pidFile(int nodeId) {
        return new PidFile(directory.resolve("n" + nodeId).resolve("server.pid"), nodeId);
    }
}
