package io.cordwood.metadata;

/**
 * How far a group has come in a partition.
 *
 * @param offset of the next record to process
 * @param leaderEpoch of the last processed record; -1 where it is not known
 * @param metadata text of the group's own
 * @param timeMillis when it was committed, by the clock of the metadata leader, since 1970
 */
public record CommittedOffset(long offset, int leaderEpoch, String metadata, long timeMillis) {}
