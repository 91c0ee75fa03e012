package io.cordwood.server.group;

import io.cordwood.server.partition.TopicPartition;
import java.util.concurrent.CompletableFuture;

/** Port to what the leaders of partitions know of their ends. Thread: any. */
public interface LogEnds {
    /**
     * The high watermark of a partition, not below what was acknowledged before the call. The future fails
     * where nobody knows, and completes on a thread that must not be held up.
     */
    CompletableFuture<Long> endOf(TopicPartition partition);
}
