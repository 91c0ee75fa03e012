package io.cordwood.it;

import io.cordwood.cli.local.ServerArchive;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server with flags that a {@link TestCluster} would not give it: one too many, or one that must refuse to start.
 *
 * <p><b>Thread:</b> the test's.
 */
final class NodeProcess {
    private static final String MAIN_CLASS = "io.cordwood.server.CordwoodServer";

    private final Process process;
    private final Path log;

    private NodeProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** @param directory holds {@code server.log}, with all that the process prints */
    static NodeProcess start(Path directory, List<String> flags) {
        try {
            Files.createDirectories(directory);
            var log = directory.resolve("server.log");
            var words = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx512m",
                    "-XX:+UseG1GC",
                    "-XX:MaxDirectMemorySize=512m",
                    "--enable-native-access=ALL-UNNAMED"));
            words.addAll(TestCluster.QUICK_START);
            words.addAll(ServerArchive.flags());
            words.addAll(List.of("-cp", System.getProperty("cordwood.lib") + File.separator + "*", MAIN_CLASS));
            words.addAll(flags);
            var process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(log.toFile())
                    .start();
            return new NodeProcess(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    String output() {
        try {
            return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the process has printed this; fails where it ends before. */
    void awaitOutput(String text) {
        TestCluster.soon().until(() -> {
            if (!output().contains(text) && !isRunning()) {
                throw new AssertionError("ended with " + process.exitValue() + " before '" + text + "':\n" + output());
            }
            return output().contains(text);
        });
    }

    /** Waits until the process ends by itself. */
    int awaitExit() {
        TestCluster.soon().until(() -> !isRunning());
        return process.exitValue();
    }

    void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
