package io.cordwood.server.tracing;

/**
 * The partition that a span is about.
 *
 * <p><b>Thread:</b> immutable.
 */
record Place(String topic, int partition) {}
