package io.cordwood.client;

/**
 * A consumer group in a list.
 *
 * @param offsetCount partitions in which it has committed something
 */
public record GroupSummary(
        String name, GroupDescription.State state, int memberCount, GroupAssignor assignor, int offsetCount) {}
