package io.cordwood.bench;

import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.StartPoint;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reads a number of records with one reader, and measures how fast they come and how old they are.
 *
 * <p><b>Thread:</b> one.
 */
final class ReadLoop {
    private static final double MB = 1e6;
    private static final int RECORDS_PER_POLL = 5000;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final CordwoodClient client;
    private final String topic;
    private final ReadFrom from;
    private final Latencies ages = new Latencies();
    private long records;
    private long bytes;

    ReadLoop(CordwoodClient client, String topic, ReadFrom from) {
        this.client = client;
        this.topic = topic;
        this.from = from;
    }

    /** Says on standard error when the start points are pinned: what is published from then on is read. */
    JsonLine run(long wanted) {
        var start = from == ReadFrom.TAIL ? StartPoint.latest() : StartPoint.earliest();
        try (var reader = client.reader(topic)
                .start(start)
                .maxPollRecords(RECORDS_PER_POLL)
                .open()) {
            System.err.println("reading " + topic + " from " + start);
            long startNanos = System.nanoTime();
            while (records < wanted) {
                var polled = reader.poll(PATIENCE);
                if (polled.isEmpty()) {
                    throw new IllegalStateException(
                            records + " of " + wanted + " records came, and none for " + PATIENCE.toSeconds() + " s");
                }
                count(polled);
            }
            return result((System.nanoTime() - startNanos) / (double) TimeUnit.SECONDS.toNanos(1));
        }
    }

    private void count(List<ConsumedRecord> polled) {
        for (var record : polled) {
            var value = record.value();
            bytes += value == null ? 0 : value.length;
        }
        records += polled.size();
        // One age for each poll, its oldest record's: a call per record would be the larger part of the measurement.
        long ageNanos = TimeUnit.MILLISECONDS.toNanos(
                System.currentTimeMillis() - polled.get(0).timestampMs());
        ages.record(0, 0, ageNanos);
    }

    private JsonLine result(double seconds) {
        return JsonLine.empty()
                .with("mode", from.word())
                .with("records", records)
                .with("seconds", seconds)
                .with("endMs", System.currentTimeMillis())
                .with("megabytesPerSecond", bytes / seconds / MB)
                .with("recordsPerSecond", records / seconds)
                .with(ages.summary());
    }
}
