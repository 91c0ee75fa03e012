package io.cordwood.chaos.history;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes events to a file, one line each, as a {@link HistoryWriter} does, for a process that may be
 * killed.
 *
 * <p>Invariant: where {@link #write} returns the event is with the operating system, whatever becomes of
 * the process.
 *
 * <p><b>Thread:</b> any; each event is written by whoever gives it.
 */
public final class EventJournal implements Closeable {
    private final EventJson json = new EventJson();
    private final FileOutputStream out;

    /** Makes the file; what was there is gone. */
    public EventJournal(Path file) throws IOException {
        // No channel: one of these is closed by the interruption of a thread that writes to it.
        out = new FileOutputStream(file.toFile());
    }

    // The lock keeps lines apart. A queue would lose what is in it.
    public synchronized void write(Event event) {
        try {
            out.write((json.line(event) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
