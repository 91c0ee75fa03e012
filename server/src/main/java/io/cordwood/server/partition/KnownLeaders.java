package io.cordwood.server.partition;

import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.TopicInfo;
import io.cordwood.store.PartitionId;

/**
 * Names the leaders that replicas of this node follow. The metadata hears of a new leader from itself, and its own leader
 * may have been lost with the earlier one: a replica knows it some time before.
 *
 * <p><b>Thread:</b> any; no state.
 */
public final class KnownLeaders {
    private final LocalReplicas replicas;

    public KnownLeaders(LocalReplicas replicas) {
        this.replicas = replicas;
    }

    /** The topic with the leader of each partition of which a replica here knows a later one than the metadata does. */
    public TopicInfo in(TopicInfo topic) {
        return topic.withPartitions(topic.partitions().stream()
                .map(partition -> replicas.find(new PartitionId(topic.topicId(), partition.partition()))
                        .map(replica -> latest(partition, replica.leadership()))
                        .orElse(partition))
                .toList());
    }

    private static PartitionInfo latest(PartitionInfo reported, Leadership here) {
        boolean isLater = here.leaderNodeId().isPresent() && here.leaderEpoch() > reported.leaderEpoch();
        return isLater ? reported.withLeader(here.leaderNodeId(), here.term()) : reported;
    }
}
