package io.cordwood.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One client process with what it prints.
 *
 * <p><b>Thread:</b> one.
 */
public final class ClientRun {
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final long POLL_MS = 5;

    private final List<String> command;
    private final Process process;
    private final Path out;
    private final Path err;

    private ClientRun(List<String> command, Process process, Path out, Path err) {
        this.command = command;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    static ClientRun start(List<String> command, Path out, Path err) throws IOException {
        var process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new ClientRun(command, process, out, err);
    }

    /** What it printed on standard output, after it has ended with exit code 0. */
    public String await() throws IOException {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("still running after " + PATIENCE + ": " + this);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        if (process.exitValue() != 0) {
            throw new IOException("exit code " + process.exitValue() + ": " + this);
        }
        return read(out);
    }

    /** Returns when standard error holds this text. */
    public void awaitError(String text) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!read(err).contains(text)) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                throw new IOException("never said '" + text + "': " + this);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** SIGKILL; returns at once. */
    public void kill() {
        process.destroyForcibly();
    }

    @Override
    public String toString() {
        return String.join(" ", command) + "\n" + tail(out) + "\n" + tail(err);
    }

    private static IOException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IOException("interrupted", e);
    }

    private static String tail(Path file) {
        try {
            var text = read(file).strip();
            return text.substring(Math.max(0, text.length() - 1000));
        } catch (IOException e) {
            return file + " cannot be read: " + e.getMessage();
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
