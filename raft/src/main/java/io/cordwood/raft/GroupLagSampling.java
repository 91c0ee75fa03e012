package io.cordwood.raft;

import io.cordwood.metadata.ConsumerGroup;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metrics.GroupLagSample;
import io.cordwood.store.PartitionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How far consumer groups are behind in the partitions that a node leads, without a look at any file: the
 * node's picture of the metadata has the offsets, which may be a moment old, and its replicas know where
 * they end. It costs a look at each committed offset of the cluster, whoever leads the partition.
 *
 * <p>Thread: any; no state.
 */
final class GroupLagSampling {
    private static final Comparator<GroupLagSample> IN_ORDER = Comparator.comparing(GroupLagSample::group)
            .thenComparing(GroupLagSample::topic)
            .thenComparing(GroupLagSample::partition);

    private GroupLagSampling() {}

    /**
     * In order, so that where not all have series of their own, the same ones have them after a restart.
     */
    static List<GroupLagSample> of(MetadataImage image, Collection<PartitionReplica> replicas) {
        var led = new HashMap<PartitionId, PartitionReplica>();
        replicas.stream().filter(PartitionReplica::leads).forEach(replica -> led.put(replica.id(), replica));
        var lags = new ArrayList<GroupLagSample>();
        image.groups().byName().values().forEach(group -> addLags(group, led, lags));
        lags.sort(IN_ORDER);
        return lags;
    }

    private static void addLags(
            ConsumerGroup group, Map<PartitionId, PartitionReplica> led, List<GroupLagSample> lags) {
        group.offsets().forEach((id, committed) -> {
            var replica = led.get(new PartitionId(id.topicId(), id.partition()));
            if (replica != null) {
                long from = Math.max(committed.offset(), replica.logStartOffset());
                long offsets = Math.max(0, replica.highWatermark() - from);
                lags.add(new GroupLagSample(group.name(), replica.topic(), id.partition(), offsets));
            }
        });
    }
}
