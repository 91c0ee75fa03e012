package io.cordwood.bench;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import java.time.Duration;
import java.util.Arrays;

/**
 * One record at a time: sends it, waits for its acknowledgement, waits until a reader at the tail gives it, and only then sends the
 * next. The time is from before the send until the reader gave it.
 *
 * <p><b>Thread:</b> one.
 */
final class EndToEndLoop {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final CordwoodClient client;
    private final String topic;
    private final Values values;

    EndToEndLoop(CordwoodClient client, String topic, Values values) {
        this.client = client;
        this.topic = topic;
        this.values = values;
    }

    JsonLine run(long records) {
        var latencies = new Latencies();
        try (var reader = client.reader(topic).start(StartPoint.latest()).open();
                var producer = client.producer().linger(Duration.ZERO).open()) {
            for (long number = 0; number < records; number++) {
                var value = values.at(number);
                long start = System.nanoTime();
                producer.send(new ProducerRecord(topic, null, value)).join();
                var found = reader.poll(PATIENCE);
                latencies.record(start, start, System.nanoTime());
                if (found.size() != 1 || !Arrays.equals(found.get(0).value(), value)) {
                    throw new IllegalStateException("record " + number + " was sent, and read: " + found);
                }
            }
        }
        return JsonLine.empty()
                .with("mode", "end-to-end")
                .with("recordBytes", values.at(0).length)
                .with("records", latencies.count())
                .with(latencies.summary());
    }
}
