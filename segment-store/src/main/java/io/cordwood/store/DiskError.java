package io.cordwood.store;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.List;

/**
 * Tells a disk that fails (EIO) from what else fails at a file, which says nothing of the disk: too many
 * open files, no space, a mount that is gone. The JDK gives the system's own words for it, and nothing else
 * that says so; they are English where the process runs with {@code LC_ALL=C.UTF-8}, as our own starts have
 * it.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class DiskError {
    private static final List<String> WORDS = List.of("Input/output error", "I/O error"); // the latter is musl's
    private static final String READ_ONLY = "Read-only file system"; // EROFS

    private DiskError() {}

    /**
     * Whether the disk did not do what it was asked, also where a file could not be opened for that. A force
     * that failed so has words of its own.
     */
    public static boolean isCauseOf(IOException failure) {
        var words = wordsOf(failure);
        return WORDS.stream().anyMatch(words::startsWith);
    }

    /**
     * The same of what was to change something. Some file systems take no more changes after an error of
     * their disk, and say that only.
     */
    public static boolean isCauseOfChange(IOException failure) {
        return isCauseOf(failure) || wordsOf(failure).startsWith(READ_ONLY);
    }

    private static String wordsOf(IOException failure) {
        var words = failure instanceof FileSystemException named ? named.getReason() : failure.getMessage();
        return words == null ? "" : words;
    }
}
