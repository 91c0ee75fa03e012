package io.cordwood.client;

import java.time.Duration;
import java.util.Collection;

/**
 * Told when partitions come and go.
 *
 * <p><b>Thread:</b> one of the consumer's own, one call after the other. An exception ends the consumer.
 */
public interface ConsumerListener {
    static ConsumerListener none() {
        return new ConsumerListener() {};
    }

    /** These are this member's. Their first records are given when it returns. */
    default void onAssigned(Collection<TopicPartition> partitions) {}

    /**
     * These go to other members. No further record of them is given, but at most once for those that are
     * committed already; those under way, and this call, have until the time is over. Then what is finished
     * is committed.
     */
    default void onRevoked(Collection<TopicPartition> partitions, Duration timeToFinish) {}

    /** These are other members' already, or soon will be, and nothing of them can be committed any more. */
    default void onLost(Collection<TopicPartition> partitions) {}
}
