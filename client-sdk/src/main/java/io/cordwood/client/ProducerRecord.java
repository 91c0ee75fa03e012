package io.cordwood.client;

import io.cordwood.batch.RecordHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record to send. Without a partition the key chooses it (Kafka's murmur2), and without a key the producer does.
 *
 * <p>The byte arrays are copied by the time {@link Producer#send(ProducerRecord)} returns.
 *
 * <p><b>Thread:</b> immutable as long as nobody writes into the arrays.
 */
public final class ProducerRecord {
    private final String topic;
    private final @Nullable Integer partition;
    private final byte @Nullable [] key;
    private final byte @Nullable [] value;
    private final List<RecordHeader> headers;
    private final @Nullable Long timestampMs;

    /**
     * @param partition number from 0, or null
     * @param timestampMs milliseconds since 1970, or null for the time of sending
     */
    public ProducerRecord(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<RecordHeader> headers,
            @Nullable Long timestampMs) {
        this.topic = Names.requireNotNull(topic);
        this.partition = partition;
        this.key = key;
        this.value = value;
        this.headers = List.copyOf(headers);
        this.timestampMs = timestampMs;
    }

    public ProducerRecord(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        this(topic, null, key, value, List.of(), null);
    }

    public ProducerRecord(String topic, int partition, byte @Nullable [] key, byte @Nullable [] value) {
        this(topic, partition, key, value, List.of(), null);
    }

    public String topic() {
        return topic;
    }

    public @Nullable Integer partition() {
        return partition;
    }

    public byte @Nullable [] key() {
        return key;
    }

    public byte @Nullable [] value() {
        return value;
    }

    public List<RecordHeader> headers() {
        return headers;
    }

    public @Nullable Long timestampMs() {
        return timestampMs;
    }

    @Override
    public String toString() {
        return "record for " + topic + (partition == null ? "" : "-" + partition) + ", key "
                + (key == null ? "null" : key.length + " bytes") + ", value "
                + (value == null ? "null" : value.length + " bytes");
    }
}
