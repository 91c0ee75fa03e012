package io.cordwood.server.partition;

import io.cordwood.batch.BatchLimits;
import io.cordwood.batch.TimestampRules;

/** A partition that has a replica here, with what its topic asks of batches. */
public record LocalPartition(TopicPartition name, Replica replica, BatchLimits limits, TimestampRules rules) {}
