package io.cordwood.cli.demo;

import io.cordwood.cli.demo.DemoCheck.Place;
import io.cordwood.cli.demo.DemoCheck.Read;
import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.Reader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads everything, from the first record on, while it is being published.
 *
 * <p>Thread: {@link #run} on one of its own; {@link #count} and {@link #stopAt} from any; {@link #reads} when it has ended.
 */
final class ReadLog implements Runnable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Reader reader;
    private final List<Read> reads = new ArrayList<>();
    private final Map<Integer, Long> nextOffsets = new HashMap<>();
    private volatile int count;
    // Null until all is published: the end offset of each partition.
    private volatile @Nullable Map<Integer, Long> ends;
    private volatile boolean abandoned;

    ReadLog(Reader reader) {
        this.reader = reader;
    }

    @Override
    public void run() {
        while (!abandoned && !complete()) {
            poll();
        }
        // A record behind the end would be one that nobody was told of.
        poll();
    }

    int count() {
        return count;
    }

    /** Lets the reading end when each partition has been read up to its end offset. */
    void stopAt(Map<Integer, Long> endOffsets) {
        ends = Map.copyOf(endOffsets);
    }

    /** Lets the reading end as it is. */
    void abandon() {
        abandoned = true;
    }

    List<Read> reads() {
        return reads;
    }

    private void poll() {
        try {
            reader.poll(POLL).forEach(this::take);
            count = reads.size();
        } catch (CordwoodException e) {
            // The reader goes on from where it was; whether it can before the demo's deadline is what is being tested.
            if (!e.retryable()) {
                throw e;
            }
        }
    }

    private boolean complete() {
        var due = ends;
        return due != null
                && due.entrySet().stream()
                        .allMatch(end -> nextOffsets.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    private void take(ConsumedRecord record) {
        reads.add(
                new Read(new Place(record.partition(), record.offset()), new DemoRecord(record.key(), record.value())));
        nextOffsets.merge(record.partition(), record.offset() + 1, Math::max);
    }
}
