package io.cordwood.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One server process, whose output goes to a file, and which has said that it is ready when the file holds a certain text.
 *
 * <p><b>Thread:</b> one; {@link #kill} also from a shutdown hook.
 */
public final class ServerProcess {
    private static final int KILL_SECONDS = 20;

    private final List<String> command;
    private final Path log;
    private final String readyText;
    private volatile @Nullable Process process;

    public ServerProcess(List<String> command, Path log, String readyText) {
        this.command = List.copyOf(command);
        this.log = log;
        this.readyText = readyText;
    }

    void start() throws IOException {
        Files.createDirectories(log.toAbsolutePath().getParent());
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(log.toFile())
                .start();
    }

    boolean isRunning() {
        var current = process;
        return current != null && current.isAlive();
    }

    boolean isReady() throws IOException {
        return output().contains(readyText);
    }

    long pid() {
        var current = process;
        if (current == null) {
            throw new IllegalStateException("not started: " + log);
        }
        return current.pid();
    }

    Path log() {
        return log;
    }

    /** The last lines of the output. */
    String lastWords() throws IOException {
        var lines = output().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }

    void requestStop() {
        var current = process;
        if (current != null) {
            current.destroy();
        }
    }

    /** Whether it was gone in time. */
    boolean awaitEnd(long timeoutNanos) throws InterruptedException {
        var current = process;
        return current == null || current.waitFor(Math.max(0, timeoutNanos), TimeUnit.NANOSECONDS);
    }

    /** SIGKILL. */
    void signalKill() {
        var current = process;
        if (current != null) {
            current.destroyForcibly();
        }
    }

    /** SIGKILL; returns when it is gone. */
    void kill() {
        var current = process;
        if (current == null) {
            return;
        }
        current.destroyForcibly();
        try {
            current.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String output() throws IOException {
        return Files.exists(log) ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8) : "";
    }
}
