package io.cordwood.server.partition;

import java.util.OptionalInt;

/**
 * Who leads a partition, as one replica sees it.
 *
 * @param isLeader this replica leads and takes appends
 * @param leaderNodeId empty during an election
 */
public record Leadership(boolean isLeader, int leaderEpoch, long term, OptionalInt leaderNodeId) {}
