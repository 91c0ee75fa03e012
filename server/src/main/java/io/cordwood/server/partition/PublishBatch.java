package io.cordwood.server.partition;

import io.cordwood.server.tracing.CallTrace;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One batch of a publish stream. The buffer is a read-only view of the bytes as received.
 *
 * @param topicId as text, what the client takes for the topic's id; null = any
 * @param chargedBytes what the batch counts against the budgets
 * @param trace of the call
 */
public record PublishBatch(
        long correlationId,
        TopicPartition partition,
        @Nullable String topicId,
        ByteBuffer bytes,
        OptionalLong expectedEndOffset,
        long chargedBytes,
        CallTrace trace) {}
