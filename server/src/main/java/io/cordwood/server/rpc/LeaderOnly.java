package io.cordwood.server.rpc;

import io.cordwood.server.partition.LocalPartition;
import io.cordwood.server.partition.Partitions;
import io.cordwood.server.partition.Partitions.Lookup;
import io.cordwood.server.partition.TopicPartition;

/**
 * Finds what only the leader may answer for.
 *
 * <p><b>Thread:</b> any; no state.
 */
final class LeaderOnly {
    private LeaderOnly() {}

    /** @throws io.cordwood.server.cluster.RefusedException where this node does not lead the partition */
    static LocalPartition find(Partitions partitions, TopicPartition name) {
        var lookup = partitions.find(name);
        if (lookup instanceof Lookup.Missing missing) {
            throw missing.refusal().exception();
        }
        var partition = ((Lookup.Found) lookup).partition();
        if (!partition.replica().leadership().isLeader()) {
            throw partitions.notLeader(name).exception();
        }
        return partition;
    }
}
