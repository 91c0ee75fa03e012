package io.cordwood.server.partition;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

/**
 * One batch of a publish stream. The buffer is a read-only view of the bytes as received.
 *
 * @param chargedBytes what the batch counts against the budgets
 */
public record PublishBatch(
        long correlationId,
        TopicPartition partition,
        ByteBuffer bytes,
        OptionalLong expectedEndOffset,
        long chargedBytes) {}
