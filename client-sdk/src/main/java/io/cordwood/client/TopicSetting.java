package io.cordwood.client;

/**
 * A setting of a topic.
 *
 * @param value what holds
 * @param defaultValue what holds where the topic does not set it, on the node that answered
 * @param setByTopic whether the topic sets it; otherwise the value is the node's default
 */
public record TopicSetting(String key, String value, String defaultValue, boolean setByTopic) {}
