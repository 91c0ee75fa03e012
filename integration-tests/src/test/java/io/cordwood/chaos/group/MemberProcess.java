package io.cordwood.chaos.group;

import io.cordwood.it.Command;
import io.cordwood.it.ProcessThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * The process of a member, as the run has it in its hands.
 *
 * <p><b>Thread:</b> one.
 */
final class MemberProcess {
    private static final Duration STANDSTILL_TIMEOUT = Duration.ofSeconds(10);
    private static final int QUOTED_LINES = 5;
    private static final String HEAP = "-Xmx192m";

    private final String name;
    private final Process process;
    private final Path log;

    private MemberProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    static MemberProcess start(MemberOptions options, List<String> jvmOptions, Path log) {
        var words = new ArrayList<String>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(List.of(HEAP, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        words.add("-Dlogback.configurationFile=chaos-member-logback.xml");
        words.addAll(jvmOptions);
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), Member.class.getName()));
        words.addAll(options.arguments());
        try {
            var process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new MemberProcess(options.process(), process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(options.process() + " cannot be started", e);
        }
    }

    String name() {
        return name;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** SIGSTOP; returns when all its threads stand still. */
    void pause() {
        signal("STOP");
        Awaitility.await()
                .atMost(STANDSTILL_TIMEOUT)
                .until(() -> !process.isAlive() || ProcessThreads.areStopped(process.pid()));
    }

    /** SIGCONT. */
    void resume() {
        signal("CONT");
    }

    private void signal(String signal) {
        // Of one that has ended: whoever looks after it finds that.
        var unused =
                Command.of("kill", "-" + signal, Long.toString(process.pid())).run();
    }

    /** Has it leave its group and end; returns at once. */
    void leave() {
        try (var words = process.outputWriter(StandardCharsets.UTF_8)) {
            words.write(Member.LEAVE + "\n");
        } catch (IOException e) {
            // It has ended: whoever waits for that sees how.
            return;
        }
    }

    /** Whether it ends in time, and as it should. */
    boolean endsWell(Duration patience) {
        try {
            return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Of one that has ended though nobody told it to, or not as it should: how, and its last words. */
    String ending() {
        return name + (process.isAlive() ? " has not ended" : " ended with exit code " + process.exitValue()) + ": "
                + lastWords(log);
    }

    private static String lastWords(Path log) {
        try {
            var lines = Files.readAllLines(log);
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - QUOTED_LINES), lines.size()));
        } catch (IOException e) {
            return "its log cannot be read: " + e;
        }
    }
}
