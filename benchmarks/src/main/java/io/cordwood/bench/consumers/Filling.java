package io.cordwood.bench.consumers;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Topics that hold small records before anybody reads them. Stateless. */
final class Filling {
    private static final byte[] VALUE = {'.'};

    private Filling() {}

    /**
     * A new topic with as many replicas as the cluster has nodes.
     *
     * @param keys how many keys there are, which take turns
     */
    static void create(CordwoodClient client, String topic, int partitions, int recordsOfEach, int keys)
            throws IOException {
        var nodes = client.admin().cluster().nodes().size();
        var unused = client.admin().createTopic(topic, partitions, nodes, Map.of());
        var failure = new AtomicReference<@Nullable Throwable>();
        try (var producer = client.producer().open()) {
            for (int number = 0; number < recordsOfEach; number++) {
                var key = ("key-" + number % keys).getBytes(StandardCharsets.UTF_8);
                for (int partition = 0; partition < partitions; partition++) {
                    send(producer, new ProducerRecord(topic, partition, key, VALUE), failure);
                }
            }
            producer.flush();
        }
        var failed = failure.get();
        if (failed != null) {
            throw new IOException("a record failed: " + failed, failed);
        }
    }

    private static void send(Producer producer, ProducerRecord record, AtomicReference<@Nullable Throwable> failure) {
        var unused = producer.send(record).whenComplete((place, failed) -> failure.compareAndSet(null, failed));
    }
}
