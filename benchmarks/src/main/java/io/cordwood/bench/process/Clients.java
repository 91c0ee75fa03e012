package io.cordwood.bench.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs client programs, each in a JVM of its own with this process's Java and the same heap.
 *
 * <p>Invariant: after {@link #close} none of them runs.
 *
 * <p><b>Thread:</b> any.
 */
public final class Clients implements AutoCloseable {
    private final Path directory;
    private final AtomicInteger count = new AtomicInteger();
    private final Queue<ClientRun> started = new ConcurrentLinkedQueue<>();

    /** @param directory for what the programs print */
    public Clients(Path directory) {
        this.directory = directory;
    }

    /** @param jars a directory of jars */
    public ClientRun start(Path jars, String mainClass, List<String> arguments) throws IOException {
        Files.createDirectories(directory);
        var command = new ArrayList<>(List.of(
                java(), "-Xmx1g", "--enable-native-access=ALL-UNNAMED", "-cp", jars + File.separator + "*", mainClass));
        command.addAll(arguments);
        int number = count.incrementAndGet();
        var run = ClientRun.start(
                command,
                directory.resolve("client-" + number + ".out"),
                directory.resolve("client-" + number + ".err"));
        started.removeIf(earlier -> !earlier.isRunning());
        started.add(run);
        return run;
    }

    /** What it printed on standard output. */
    public String run(Path jars, String mainClass, List<String> arguments) throws IOException {
        return start(jars, mainClass, arguments).await();
    }

    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    @Override
    public void close() {
        started.forEach(ClientRun::kill);
    }
}
