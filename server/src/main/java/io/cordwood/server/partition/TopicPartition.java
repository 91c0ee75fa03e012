package io.cordwood.server.partition;

/** A partition by the name of its topic. */
public record TopicPartition(String topic, int partition) {
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
