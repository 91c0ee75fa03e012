package io.cordwood.chaos.faults;

import io.cordwood.it.Command;
import io.cordwood.it.ProcessThreads;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The server process of one node, which ends and starts often. Its directory holds {@code server.log} with
 * all that its processes printed, and {@code server.pid} of the newest.
 *
 * <p><b>Thread:</b> any; the monitor guards which process is the newest.
 */
final class ServerNode {
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration STANDSTILL_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration GONE_TIMEOUT = Duration.ofSeconds(1);
    private static final int QUOTED_LINES = 5;

    private final int node;
    private final Path directory;
    private final List<String> words;
    private final Map<String, String> environment;
    private @Nullable Process process;
    private long logStart;
    /** Whether the end of the process, when it comes, is ours. */
    private boolean endExpected;

    private final List<String> unexpectedEnds = new ArrayList<>();

    /** @param words the command line of its server */
    ServerNode(int node, Path directory, List<String> words, Map<String, String> environment) {
        this.node = node;
        this.directory = directory;
        this.words = List.copyOf(words);
        this.environment = Map.copyOf(environment);
    }

    int node() {
        return node;
    }

    Path dataDirectory() {
        return directory.resolve("data");
    }

    private Path logFile() {
        return directory.resolve("server.log");
    }

    /** Nothing where it runs already. */
    synchronized void start() {
        start(words);
    }

    /** The same with another value for a key of its flags, for this process only. */
    synchronized void startWith(String key, String value) {
        start(withFlag(words, key, value));
    }

    /** Each key may be given once only. */
    static List<String> withFlag(List<String> words, String key, String value) {
        var flag = "--" + key + "=";
        return Stream.concat(words.stream().filter(word -> !word.startsWith(flag)), Stream.of(flag + value))
                .toList();
    }

    private void start(List<String> line) {
        if (isRunning()) {
            return;
        }
        try {
            Files.createDirectories(dataDirectory());
            noteEnd();
            logStart = Files.exists(logFile()) ? Files.size(logFile()) : 0;
            endExpected = false;
            var started = builder(line).start();
            process = started;
            Files.writeString(directory.resolve("server.pid"), started.pid() + System.lineSeparator());
        } catch (IOException e) {
            throw new UncheckedIOException("node " + node + " cannot be started", e);
        }
    }

    private ProcessBuilder builder(List<String> line) {
        var builder = new ProcessBuilder(line)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        // Java tells a bad sector or a full disk in the system's words only, which a node knows in English.
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        return builder;
    }

    synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Of the newest process, also after its end. */
    synchronized long pid() {
        if (process == null) {
            throw new IllegalStateException("node " + node + " was never started");
        }
        return process.pid();
    }

    /** From the moment the newest process says that it can serve. */
    boolean isReady() {
        return isRunning() && newLog().contains("cordwood node " + node + " ready:");
    }

    /** As a crash, without waiting; {@link #awaitEnd} does. */
    synchronized void kill() {
        noteEnd();
        endExpected = true;
        if (process != null) {
            process.destroyForcibly();
        }
    }

    /** Whether the process may end by itself from now on. */
    synchronized void mayEnd(boolean may) {
        noteEnd();
        endExpected = may;
    }

    /** Whether the process is gone in time. */
    boolean awaitEnd() {
        Process current;
        synchronized (this) {
            current = process;
        }
        try {
            return current == null || current.waitFor(KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** SIGCONT; without effect on one that has ended. */
    void resume() {
        var unused = signal("CONT");
    }

    /** SIGSTOP; whether all its threads stand still now, and not because it has ended. */
    boolean pause() {
        if (!signal("STOP")) {
            return false;
        }
        Awaitility.await().atMost(STANDSTILL_TIMEOUT).until(() -> !isRunning() || ProcessThreads.areStopped(pid()));
        return isRunning();
    }

    /** Whether its process got it: false where that has ended. */
    private boolean signal(String name) {
        Process current;
        synchronized (this) {
            current = process;
        }
        if (current == null || !current.isAlive()) {
            return false;
        }
        var result =
                Command.of("kill", "-" + name, Long.toString(current.pid())).run();
        if (result.exitCode() != 0 && !hasEnded(current)) {
            throw new IllegalStateException("node " + node + " got no SIG" + name + ": " + result);
        }
        return result.exitCode() == 0;
    }

    /** Of one that has gone just now Java hears a moment later. */
    private static boolean hasEnded(Process process) {
        try {
            return process.waitFor(GONE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What those of its processes said last that ended and nobody had told them to; each once. */
    synchronized List<String> unexpectedEnds() {
        noteEnd();
        var ends = List.copyOf(unexpectedEnds);
        unexpectedEnds.clear();
        return ends;
    }

    private synchronized void noteEnd() {
        if (process == null || process.isAlive() || endExpected) {
            return;
        }
        endExpected = true;
        var lines = newLog().strip().lines().toList();
        unexpectedEnds.add("node " + node + " ended by itself with exit code " + process.exitValue() + ": "
                + String.join(" | ", lines.subList(Math.max(0, lines.size() - QUOTED_LINES), lines.size())));
    }

    /** What all its processes have printed. */
    String log() {
        return logFrom(0);
    }

    /** The same of the newest. */
    String newLog() {
        long start;
        synchronized (this) {
            start = logStart;
        }
        return logFrom(start);
    }

    private String logFrom(long start) {
        if (!Files.exists(logFile())) {
            return "";
        }
        try (var channel = Files.newByteChannel(logFile())) {
            channel.position(start);
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
