package io.cordwood.chaos.history;

import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes events to a file, one line each, in the order in which they were given.
 *
 * <p>What was given is with the operating system as soon as no more comes: the end of the driver loses at
 * most the last moment, and the file then ends with a torn line, which {@link HistoryFile} leaves out.
 *
 * <p>Invariant: where {@link #close} returns, everything that was given is in the file; else it throws, also
 * where the thread that writes met an error.
 *
 * <p><b>Thread:</b> {@link #write} by any, {@link #close} by the owner after all of them. A thread of its
 * own writes; who writes faster than it waits.
 */
public final class HistoryWriter implements Closeable {
    private static final int QUEUED_MAX = 65_536;
    private static final long IDLE_MILLIS = 100;

    private final BlockingQueue<Event> queue = new ArrayBlockingQueue<>(QUEUED_MAX);
    private final BufferedWriter out;
    private final EventJson json = new EventJson();
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean ended;
    private volatile @Nullable IOException failure;

    /** Makes the file; what was there is gone. */
    public HistoryWriter(Path file) throws IOException {
        // Text that has no bytes, read from damaged records, becomes a question mark instead of a failure.
        this(new OutputStreamWriter(Files.newOutputStream(file), StandardCharsets.UTF_8));
    }

    /** @param out is closed with this */
    HistoryWriter(Writer out) {
        this.out = new BufferedWriter(out);
        this.thread = new Thread(this::run, "history-writer");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * @throws UncheckedIOException where an earlier event could not be written: a history with holes judges
     *     nobody
     */
    public void write(Event event) {
        var failed = failure;
        if (failed != null) {
            throw new UncheckedIOException(failed);
        }
        if (closing) {
            throw new IllegalStateException("written after close: " + event);
        }
        try {
            queue.put(event);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before this was written: " + event, e);
        }
    }

    /**
     * Waits until everything that was given is written.
     *
     * @throws IOException where something is not: nobody may take such a history for a whole one
     */
    @Override
    public void close() throws IOException {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the history was written", e);
        }
        try (out) {
            var failed = failure;
            if (failed != null) {
                throw failed;
            }
            if (!ended) {
                throw new IOException(
                        "the thread that writes the history ended early: " + queue.size() + " events are left");
            }
        }
    }

    private void run() {
        // Looked at before the queue is: what was given before close is then seen.
        for (boolean last = closing; !last || !queue.isEmpty(); last = closing) {
            try {
                writeNext();
            } catch (IOException e) {
                failure = e;
            } catch (Throwable e) {
                // Also when there is no memory left: what is lost then must not go unnoticed, and all who write would
                // wait for ever for a thread that is no more.
                failure = new IOException("an event cannot be written", e);
            }
        }
        ended = true;
    }

    /** After a failure goes on taking, so that nobody waits for a place in the queue. */
    private void writeNext() throws IOException, InterruptedException {
        var taken = new ArrayList<Event>();
        var first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
            return;
        }
        taken.add(first);
        queue.drainTo(taken);
        if (failure == null) {
            for (var event : taken) {
                out.write(json.line(event));
                out.write('\n');
            }
            out.flush();
        }
    }
}
