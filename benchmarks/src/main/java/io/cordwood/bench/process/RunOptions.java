package io.cordwood.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Option;

/**
 * Where an unattended run works, where it leaves its results, and how long it may take.
 *
 * <p>Invariant: once {@link #bound} was called, the process ends within the time limit, whatever hangs, and at its end what it
 * started does not run any more and its directory is gone.
 *
 * <p><b>Thread:</b> that of the process; the limit has a thread of its own.
 */
public final class RunOptions {
    private static final int FAILED = 1;

    @Option(names = "--out", required = true, description = "directory of the results")
    private Path out = Path.of("");

    @Option(
            names = "--work",
            required = true,
            description = "directory of this run alone, deleted at its end; holds cordwood/")
    private Path work = Path.of("");

    @Option(
            names = "--max-minutes",
            defaultValue = "120",
            description = "ends the run, with what it has so far, after this time; ${DEFAULT-VALUE}")
    private int maxMinutes;

    /** The distribution's jars. */
    public Path jars() {
        return work().resolve("cordwood");
    }

    public Path work() {
        return work.toAbsolutePath().normalize();
    }

    /** Writes a table of results in both forms; says so where that fails. */
    public void keep(String name, String markdown, String csv) {
        keep(name + ".md", markdown);
        keep(name + ".csv", csv);
    }

    /** Writes a file of results; says so where that fails. */
    public void keep(String file, String content) {
        try {
            Files.createDirectories(out);
            Files.writeString(out.resolve(file), content);
        } catch (IOException e) {
            System.err.println("error: " + e.getMessage());
        }
    }

    /** Puts the servers' logs of something that failed where they survive this run. */
    public void keepLogs(Path directory, String name) throws IOException {
        var logs = directory.resolve("logs");
        if (!Files.exists(logs)) {
            return;
        }
        var kept = Files.createDirectories(out.resolve("failed"));
        try (var paths = Files.list(logs)) {
            for (var path : paths.toList()) {
                Files.copy(path, kept.resolve(name + "-" + path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Tells on standard error how far it is. */
    public void say(String text) {
        System.err.println(DateTimeFormatter.ISO_LOCAL_TIME.format(
                        LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS))
                + " " + text);
    }

    /** @param stop ends what the run has started */
    public void bound(Runnable stop) {
        var ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            ended.countDown();
                            stop.run();
                            deleteWork();
                        },
                        "run-end"));
        var limit = new Thread(() -> endAfter(Duration.ofMinutes(maxMinutes), ended), "time-limit");
        limit.setDaemon(true);
        limit.start();
    }

    private void endAfter(Duration time, CountDownLatch ended) {
        try {
            if (!ended.await(time.toMinutes(), TimeUnit.MINUTES)) {
                System.err.println("error: not done within " + maxMinutes + " minutes (--max-minutes)");
                System.exit(FAILED);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deleteWork() {
        try {
            DirectoryTree.delete(work());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
