package io.cordwood.server.partition;

import io.cordwood.batch.BatchLimits;
import io.cordwood.batch.TimestampRules;
import java.util.UUID;

/** A partition that has a replica here, with what its topic asks of batches. */
public record LocalPartition(
        TopicPartition name, UUID topicId, Replica replica, BatchLimits limits, TimestampRules rules) {}
