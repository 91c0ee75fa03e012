package io.cordwood.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where {@code up} and {@code down} look for a cluster's files. */
final class DataDirectory {
    private DataDirectory() {}

    /** The one given, else {@code .cordwood} beside the launcher, so that the working directory does not matter. */
    static Path of(@Nullable Path given) {
        var home = System.getProperty("cordwood.home", "");
        return given == null ? Path.of(home, ".cordwood") : given;
    }
}
