package io.cordwood.chaos.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a process holds now.
 *
 * @param residentKib of memory
 * @param openFiles with its sockets
 */
public record Resources(long residentKib, int threads, int openFiles) {
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    /** Empty where the process has ended. */
    public static Optional<Resources> of(long pid) {
        var process = Path.of("/proc", Long.toString(pid));
        try (var files = Files.list(process.resolve("fd"))) {
            var status = Files.readAllLines(process.resolve("status"));
            return Optional.of(
                    new Resources(number(status, "VmRSS:"), (int) number(status, "Threads:"), (int) files.count()));
        } catch (IOException | java.io.UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static long number(List<String> status, String name) {
        return status.stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(BLANKS.split(line)[1]))
                .findFirst()
                .orElse(0); // a process that is ending has no memory any more
    }
}
