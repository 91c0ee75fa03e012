package io.cordwood.chaos.history;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what a {@link HistoryWriter} or an {@link EventJournal} wrote.
 *
 * <p><b>Thread:</b> any.
 */
public final class HistoryFile {
    private HistoryFile() {}

    /**
     * The whole history; without its last line where the writer was torn away from it.
     *
     * @throws IOException also where another line is no event, with its number
     */
    public static History read(Path file) throws IOException {
        return History.of(events(file));
    }

    /** The same in the order of the lines, of a part of a history. */
    public static List<Event> events(Path file) throws IOException {
        boolean torn = isTorn(file);
        var json = new EventJson();
        var events = new ArrayList<Event>();
        // Bytes that are no text become a character that says so, instead of an exception that hides the line.
        try (var reader =
                new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
            var next = reader.readLine();
            while (next != null) {
                var line = next;
                next = reader.readLine();
                if (next != null || !torn) {
                    events.add(parsed(json, line, file, events.size() + 1));
                }
            }
        }
        return events;
    }

    private static Event parsed(EventJson json, String line, Path file, int number) throws IOException {
        try {
            return json.parse(line);
        } catch (IOException e) {
            throw new IOException(file + " line " + number + ": " + e.getMessage() + " in " + line, e);
        }
    }

    /** Each line ends with its newline, so a file that ends without one ends within a line. */
    private static boolean isTorn(Path file) throws IOException {
        try (var bytes = new RandomAccessFile(file.toFile(), "r")) {
            if (bytes.length() == 0) {
                return false;
            }
            bytes.seek(bytes.length() - 1);
            return bytes.read() != '\n';
        }
    }
}
