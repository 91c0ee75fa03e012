package io.cordwood.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system says of a process's threads. Stateless. */
public final class ProcessThreads {
    private static final char STOPPED = 'T';

    private ProcessThreads() {}

    /** Whether a signal has stopped all of them; a system call is ended first. True where nobody says. */
    public static boolean areStopped(long pid) {
        var threads = Path.of("/proc", Long.toString(pid), "task");
        if (!Files.isDirectory(threads)) {
            return true;
        }
        try (var all = Files.list(threads)) {
            return all.allMatch(thread -> state(thread) == STOPPED);
        } catch (IOException | UncheckedIOException e) {
            return false; // one has ended meanwhile
        }
    }

    /** The field behind the name, which is in parentheses and may have some itself: see proc(5). */
    private static char state(Path thread) {
        try {
            var stat = Files.readString(thread.resolve("stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
