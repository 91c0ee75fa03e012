package io.cordwood.raft;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.LogConfig;

/**
 * How a node keeps its partitions.
 *
 * @param log of every partition, where its topic does not say otherwise
 * @param topicDefaults what a topic's settings fall back to
 * @param appender bounds of each partition's appender
 * @param writerThreads threads that write and force segments, at least 1
 * @param appenderThreads threads that gather and submit entries, at least 1
 * @param windowBytes newest payloads kept in memory for followers, for the whole node
 * @param compaction what passes of compaction may take of the node
 * @param scrub how it looks for damage
 */
public record PartitionSettings(
        LogConfig log,
        TopicConfig topicDefaults,
        AppenderLimits appender,
        int writerThreads,
        int appenderThreads,
        long windowBytes,
        CompactionLimits compaction,
        ScrubLimits scrub) {

    public static final PartitionSettings DEFAULT = new PartitionSettings(
            LogConfig.defaults(),
            TopicConfig.DEFAULTS,
            AppenderLimits.DEFAULT,
            4,
            2,
            64 << 20,
            CompactionLimits.DEFAULT,
            ScrubLimits.DEFAULT);

    public PartitionSettings {
        if (writerThreads < 1 || appenderThreads < 1 || windowBytes < 0) {
            throw new IllegalArgumentException("writerThreads " + writerThreads + ", appenderThreads " + appenderThreads
                    + ", windowBytes " + windowBytes);
        }
    }
}
