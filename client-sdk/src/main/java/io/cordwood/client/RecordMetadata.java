package io.cordwood.client;

/**
 * Where a record is: forced to the disks of a majority of the replicas, at this offset for good.
 *
 * @param timestampMs time of the record as stored, milliseconds since 1970
 * @param leaderEpoch epoch of the leader that acknowledged
 */
public record RecordMetadata(String topic, int partition, long offset, long timestampMs, int leaderEpoch) {}
