package io.cordwood.server.admin;

/**
 * A setting of a topic as it holds.
 *
 * @param defaultValue what holds on this node where the topic does not set it
 * @param setByTopic whether the topic sets it
 */
public record TopicSetting(String key, String value, String defaultValue, boolean setByTopic) {}
