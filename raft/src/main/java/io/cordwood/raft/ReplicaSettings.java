package io.cordwood.raft;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.store.LogConfig;
import java.time.Duration;
import java.util.SortedMap;

/**
 * What a replica's topic and node set for it. The topic's part changes while the replica is open: whoever needs a setting asks
 * for it at each use and keeps no copy.
 *
 * <p>Thread: {@link #change} by the reconciler; the rest by any.
 */
final class ReplicaSettings {
    private final LogConfig logDefaults;
    private final TopicConfig topicDefaults;
    private volatile Values values;

    private record Values(TopicConfig topic, LogConfig log) {}

    /** @param settings the topic's, that differ from the defaults */
    ReplicaSettings(LogConfig logDefaults, TopicConfig topicDefaults, SortedMap<String, String> settings) {
        this.logDefaults = logDefaults;
        this.topicDefaults = topicDefaults;
        values = resolve(settings);
    }

    /** All settings of the topic are these from now on. */
    void change(SortedMap<String, String> settings) {
        values = resolve(settings);
    }

    private Values resolve(SortedMap<String, String> settings) {
        var topic = TopicConfig.resolve(settings, topicDefaults);
        var log = logDefaults
                .withSegmentMaxBytes(topic.segmentBytes())
                .withSegmentMaxAge(Duration.ofMillis(topic.rollAgeMs()));
        return new Values(topic, log);
    }

    TopicConfig topic() {
        return values.topic;
    }

    LogConfig log() {
        return values.log;
    }

    /** Whether records carry the time of the append. */
    boolean stampsAppendTime() {
        return topic().timestampSource() == TopicConfig.TimestampSource.APPEND;
    }
}
