package io.cordwood.cli.demo;

import io.cordwood.cli.demo.DemoCheck.Place;
import io.cordwood.cli.demo.DemoCheck.Read;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * Polls until all has been read, and notes what it is given.
 *
 * <p>Thread: one of its own.
 */
final class ReadLoop implements Runnable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final String reader;
    private final Function<Duration, List<ConsumedRecord>> source;
    private final ReadLog log;

    /** @param source gives the next records, waiting so long for the first one */
    ReadLoop(String reader, Function<Duration, List<ConsumedRecord>> source, ReadLog log) {
        this.reader = reader;
        this.source = source;
        this.log = log;
    }

    @Override
    public void run() {
        while (!log.isOver()) {
            poll();
        }
        // A record behind the end would be one that nobody was told of.
        poll();
    }

    private void poll() {
        try {
            log.take(reader, source.apply(POLL).stream().map(ReadLoop::readOf).toList());
        } catch (CordwoodException e) {
            // The reader goes on from where it was; whether it can before the demo's deadline is what is being tested.
            if (!e.retryable()) {
                throw e;
            }
        }
    }

    private static Read readOf(ConsumedRecord record) {
        return new Read(new Place(record.partition(), record.offset()), new DemoRecord(record.key(), record.value()));
    }
}
