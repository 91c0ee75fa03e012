package io.cordwood.bench.groups;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.RecordMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Writes one record to each partition of a topic. The client tries again where a leader is away, half a second apart at most.
 *
 * <p><b>Thread:</b> one.
 */
final class EveryPartition implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Producer producer;
    private final String topic;
    private final int partitions;

    EveryPartition(CordwoodClient client, String topic, int partitions) {
        this.producer = client.producer()
                .linger(Duration.ZERO)
                .deliveryTimeout(PATIENCE)
                .maxBlock(PATIENCE)
                .open();
        this.topic = topic;
        this.partitions = partitions;
    }

    /** Returns when each has acknowledged its record. */
    void publish() throws IOException {
        List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
        var value = "a record".getBytes(StandardCharsets.UTF_8);
        try {
            for (int partition = 0; partition < partitions; partition++) {
                sent.add(producer.send(new ProducerRecord(topic, partition, null, value)));
            }
            sent.forEach(CompletableFuture::join);
        } catch (CordwoodException | CompletionException e) {
            long open = sent.stream().filter(future -> !future.isDone()).count();
            throw new IOException(open + " of " + partitions + " partitions have not answered: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
