package io.cordwood.server.partition;

import io.cordwood.batch.BatchLimits;
import io.cordwood.batch.TimestampRules;
import io.cordwood.metrics.TopicTraffic;
import java.util.UUID;

/**
 * A partition that has a replica here, with what its topic asks of batches, and where its topic's traffic
 * counts.
 */
public record LocalPartition(
        TopicPartition name,
        UUID topicId,
        Replica replica,
        BatchLimits limits,
        TimestampRules rules,
        TopicTraffic traffic) {}
