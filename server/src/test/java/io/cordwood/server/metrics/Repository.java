package io.cordwood.server.metrics;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The files that a test reads beside the module. */
public final class Repository {
    private Repository() {}

    public static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (directory != null && !Files.isDirectory(directory.resolve(".mvn"))) {
            directory = directory.getParent();
        }
        return Objects.requireNonNull(directory, "no .mvn directory at or above the working directory");
    }
}
