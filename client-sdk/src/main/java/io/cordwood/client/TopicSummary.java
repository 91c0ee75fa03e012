package io.cordwood.client;

import java.util.Map;
import java.util.UUID;

/**
 * A topic in a list.
 *
 * @param topicId new with each creation
 * @param config settings that differ from the defaults
 */
public record TopicSummary(
        String name, UUID topicId, int partitionCount, int replicationFactor, Map<String, String> config) {
    public TopicSummary {
        config = Map.copyOf(config);
    }
}
