package io.cordwood.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs to its end, bounded in time.
 *
 * <p><b>Thread:</b> immutable.
 */
public record Command(List<String> words, Map<String, String> environment, String input, Duration timeout) {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

    public Command {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
    }

    /** How it ended and what it printed. */
    public record Result(int exitCode, String out, String err) {
        List<String> errLines() {
            return err.lines().toList();
        }

        @Override
        public String toString() {
            return "exit code " + exitCode + "\n" + out + "\n" + err;
        }
    }

    public static Command of(String... words) {
        return new Command(List.of(words), Map.of(), "", DEFAULT_TIMEOUT);
    }

    /** The launcher at the root of the repository, as people call it. */
    static Command cordwood(String... arguments) {
        var words = new java.util.ArrayList<>(
                List.of(repositoryRoot().resolve("cordwood").toString()));
        words.addAll(List.of(arguments));
        return new Command(words, Map.of(), "", DEFAULT_TIMEOUT);
    }

    Command withInput(String text) {
        return new Command(words, environment, text, timeout);
    }

    Command withTimeout(Duration limit) {
        return new Command(words, environment, input, limit);
    }

    Command withEnvironment(String name, String value) {
        var more = new HashMap<>(environment);
        more.put(name, value);
        return new Command(words, more, input, timeout);
    }

    /** Runs it; one that takes too long is killed and fails the test. */
    public Result run() {
        try {
            var directory = Files.createTempDirectory("cordwood-it-command-");
            var in = Files.writeString(directory.resolve("in"), input);
            var out = directory.resolve("out");
            var err = directory.resolve("err");
            var builder = new ProcessBuilder(words)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            var ended = awaitEnd(builder.start());
            var result = new Result(ended, read(out), read(err));
            for (var file : List.of(in, out, err, directory)) {
                Files.delete(file);
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", words), e);
        }
    }

    private int awaitEnd(Process process) {
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("not done after " + timeout + ": " + String.join(" ", words));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + String.join(" ", words), e);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    static Path repositoryRoot() {
        Path directory = Path.of("").toAbsolutePath();
        while (directory != null && !Files.isDirectory(directory.resolve(".mvn"))) {
            directory = directory.getParent();
        }
        return Objects.requireNonNull(directory, "no .mvn directory at or above the working directory");
    }
}
