package io.cordwood.client;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * State of a partition as its leader tells it. Where the leader did not answer, {@code error} says why and what only it
 * knows is empty.
 *
 * @param leader node id
 * @param leaderEpoch epoch of that leader, as acknowledgements carry it
 * @param term Raft term of the partition's group
 * @param highWatermark exclusive end of what is committed
 * @param logStartOffset first offset that is kept
 */
public record PartitionDescription(
        TopicPartition partition,
        OptionalInt leader,
        OptionalInt leaderEpoch,
        OptionalLong term,
        OptionalLong highWatermark,
        OptionalLong logStartOffset,
        List<Replica> replicas,
        Optional<CordwoodException> error) {
    public PartitionDescription {
        replicas = List.copyOf(replicas);
    }

    /**
     * One replica; empty numbers where it did not answer.
     *
     * @param highWatermark exclusive end of what it has committed and applied
     * @param sizeBytes bytes of its segment files
     */
    public record Replica(int nodeId, OptionalLong highWatermark, OptionalLong sizeBytes) {}
}
