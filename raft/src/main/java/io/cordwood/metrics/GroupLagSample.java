package io.cordwood.metrics;

/**
 * How far a consumer group is behind in a partition that this node leads, at one moment.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param offsets from the committed one, or the log start where that is greater, to the high watermark
 */
public record GroupLagSample(String group, String topic, int partition, long offsets) {
    /** What it is of. */
    record Name(String group, String topic, int partition) {}

    Name name() {
        return new Name(group, topic, partition);
    }
}
