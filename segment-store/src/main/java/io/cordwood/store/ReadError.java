package io.cordwood.store;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.List;

/**
 * Tells bytes that the disk does not give (EIO) from what else fails at a file, which says nothing of its
 * bytes: too many open files, a mount that is gone. The JDK gives the system's own words for it, and
 * nothing else that says so; they are English where the process runs with {@code LC_ALL=C.UTF-8}, as our own starts
 * have it.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class ReadError {
    private static final List<String> WORDS = List.of("Input/output error", "I/O error"); // the latter is musl's

    private ReadError() {}

    /** Also of a file that cannot be opened for it. A force that failed so has words of its own. */
    public static boolean isCauseOf(IOException failure) {
        var text = failure instanceof FileSystemException named ? named.getReason() : failure.getMessage();
        return text != null && WORDS.stream().anyMatch(text::startsWith);
    }
}
