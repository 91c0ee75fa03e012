package io.cordwood.bench.restart;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.PartitionDescription;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Asks a node for the end of its only partition until it serves it.
 *
 * <p><b>Thread:</b> one.
 */
final class ServingProbe implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_MS = 10;

    private final CordwoodClient client;
    private final String topic;

    ServingProbe(String address, String topic) {
        this.client = CordwoodClient.connect(address);
        this.topic = topic;
    }

    /** Exclusive end of what is committed now. */
    long endOffset() throws IOException, InterruptedException {
        return awaitEnd(0);
    }

    /** Returns when the last record below the offset was read. */
    void readBelow(long endOffset) throws IOException, InterruptedException {
        // The client waits between its tries, longer each time; this asks as often as it takes.
        awaitEnd(endOffset);
        try (var reader = client.reader(topic)
                .start(StartPoint.offset(endOffset - 1))
                .maxPollRecords(1)
                .open()) {
            var records = reader.poll(PATIENCE);
            if (records.size() != 1 || records.get(0).offset() != endOffset - 1) {
                throw new IOException("record " + (endOffset - 1) + " was acknowledged; read: " + records);
            }
        }
    }

    /** Returns when a record was acknowledged. */
    void publish() {
        try (var producer = client.producer().linger(Duration.ZERO).open()) {
            producer.send(new ProducerRecord(topic, 0, null, "probe".getBytes(StandardCharsets.UTF_8)))
                    .join();
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private long awaitEnd(long leastOffset) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            var found = described();
            for (var partition : found) {
                long end = partition.highWatermark().orElse(-1);
                if (partition.error().isEmpty() && end >= leastOffset) {
                    return end;
                }
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("offset " + leastOffset + " is not served: " + found);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    private List<PartitionDescription> described() {
        try {
            return client.admin().partitions(topic);
        } catch (CordwoodException e) {
            // Not yet; the deadline tells.
            return List.of();
        }
    }
}
