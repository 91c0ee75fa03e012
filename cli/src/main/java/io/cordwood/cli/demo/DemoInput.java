package io.cordwood.cli.demo;

import io.cordwood.cli.console.CliException;
import io.cordwood.cli.console.ExitCode;
import io.cordwood.cli.console.LineReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the demo's lines, all of them, because each one is compared with what comes back. */
public final class DemoInput {
    /** Below the servers' default of 1 MiB and 12 bytes for a batch, so that every line fits into one. */
    static final int LINE_MAX_BYTES = 1_000_000;

    static final long INPUT_MAX_BYTES = 256L << 20;

    private DemoInput() {}

    public static List<DemoRecord> ofFile(Path file) {
        try (var stream = Files.newInputStream(file)) {
            return of(file.toString(), stream);
        } catch (NoSuchFileException e) {
            throw new CliException(
                    ExitCode.NOT_FOUND, "FILE_NOT_FOUND", "file " + file + " does not exist", "check the path", e);
        } catch (IOException e) {
            throw unreadable(file.toString(), e);
        }
    }

    public static List<DemoRecord> ofStandardInput() {
        try {
            return of("standard input", System.in);
        } catch (IOException e) {
            throw unreadable("standard input", e);
        }
    }

    static List<DemoRecord> of(String name, InputStream stream) throws IOException {
        var reader = new LineReader(name, stream, LINE_MAX_BYTES);
        var records = new ArrayList<DemoRecord>();
        var bytes = 0L;
        for (var line = reader.next(); line != null; line = reader.next()) {
            bytes += line.length;
            requireInMemory(name, bytes);
            records.add(DemoRecord.ofLine(line));
        }
        if (records.isEmpty()) {
            throw CliException.usage(name + " holds no line", "give a file with at least one line");
        }
        return List.copyOf(records);
    }

    private static void requireInMemory(String name, long bytes) {
        if (bytes > INPUT_MAX_BYTES) {
            throw CliException.usage(
                    name + " is larger than " + INPUT_MAX_BYTES + " bytes, which the demo keeps in memory",
                    "give it a part: head -n 1000000 FILE | ./cordwood demo -");
        }
    }

    private static CliException unreadable(String name, IOException e) {
        return new CliException(
                ExitCode.FAILED, "IO_ERROR", "cannot read " + name + ": " + e, "check the path and its permissions", e);
    }
}
