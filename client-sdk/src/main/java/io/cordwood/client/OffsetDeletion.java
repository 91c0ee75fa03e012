package io.cordwood.client;

import java.util.Optional;

/**
 * What became of a committed offset that was to be forgotten.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param error why it is kept; empty where nothing is committed any more
 */
public record OffsetDeletion(TopicPartition partition, Optional<CordwoodException> error) {}
