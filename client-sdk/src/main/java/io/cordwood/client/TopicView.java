package io.cordwood.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What the client knows of a topic: its identity, settings and who leads each partition.
 *
 * @param leaders by partition number
 */
record TopicView(UUID topicId, Map<String, String> config, List<Optional<Leader>> leaders) {
    TopicView {
        config = Map.copyOf(config);
        leaders = List.copyOf(leaders);
    }

    /** A partition's leader. An epoch of -1 is one that the client has only heard of from another node. */
    record Leader(HostPort address, int epoch) {}

    int partitionCount() {
        return leaders.size();
    }

    /** Empty where no leader is known, also where the partition does not exist. */
    Optional<Leader> leader(int partition) {
        return partition < leaders.size() ? leaders.get(partition) : Optional.empty();
    }

    TopicView withLeader(int partition, Leader leader) {
        var changed = new ArrayList<>(leaders);
        changed.set(partition, Optional.of(leader));
        return new TopicView(topicId, config, changed);
    }

    /**
     * This view, but with the partitions, and leaders of a higher epoch, that an earlier view knew: a lagging node may have
     * answered, and a topic never loses partitions.
     */
    TopicView mergedWith(TopicView earlier) {
        if (!earlier.topicId.equals(topicId)) {
            return this;
        }
        var merged = new ArrayList<Optional<Leader>>();
        for (int partition = 0; partition < Math.max(leaders.size(), earlier.leaders.size()); partition++) {
            merged.add(newer(leader(partition), earlier.leader(partition)));
        }
        return new TopicView(topicId, config, merged);
    }

    private static Optional<Leader> newer(Optional<Leader> found, Optional<Leader> earlier) {
        int earlierEpoch = earlier.map(Leader::epoch).orElse(-1);
        return earlierEpoch > found.map(Leader::epoch).orElse(-1) ? earlier : found;
    }
}
