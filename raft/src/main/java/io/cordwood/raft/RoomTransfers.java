package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.ReplicaChanges;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroupId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands what a node without room leads to replicas that have some and are close behind: batches are taken
 * there. Where no replica has, the node goes on leading, and refuses.
 *
 * <p>Thread: one.
 */
final class RoomTransfers {
    private static final Logger LOG = LoggerFactory.getLogger(RoomTransfers.class);
    private static final long TIMEOUT_MS = 3_000;
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_AT_ONCE = 8;

    private final RaftGroups groups;
    private final Successors successors;
    private final Supplier<MetadataImage> image;
    private final LongSupplier clockNanos;
    private final Map<RaftGroupId, Long> triedNanos = new HashMap<>();

    RoomTransfers(RaftGroups groups, Successors successors, Supplier<MetadataImage> image, LongSupplier clockNanos) {
        this.groups = groups;
        this.successors = successors;
        this.image = image;
        this.clockNanos = clockNanos;
    }

    /** Begins some hand-overs of replicas that lead here. */
    void from(Iterable<PartitionReplica> replicas) {
        long now = clockNanos.getAsLong();
        triedNanos.values().removeIf(tried -> now - tried > AGAIN_NANOS);
        var changing = changing();
        int begun = 0;
        for (PartitionReplica replica : replicas) {
            if (begun < MAX_AT_ONCE && replica.leads() && !triedNanos.containsKey(replica.groupId())) {
                var changes = changing.getOrDefault(replica.groupId().getUuid(), ReplicaChanges.NEVER);
                begun += handOver(replica, changes, now) ? 1 : 0;
            }
        }
    }

    /** By raft group; those whose replicas stay are not in it. */
    private Map<UUID, ReplicaChanges> changing() {
        var changing = new HashMap<UUID, ReplicaChanges>();
        image.get().topics().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition -> !partition.changes().none())
                .forEach(partition -> changing.put(partition.raftGroupId(), partition.changes()));
        return changing;
    }

    private boolean handOver(PartitionReplica replica, ReplicaChanges changes, long now) {
        var successor = groups.division(replica.groupId())
                .map(division -> successors.withRoom(division, changes))
                .orElseGet(OptionalInt::empty);
        successor.ifPresent(node -> {
            triedNanos.put(replica.groupId(), now);
            LOG.info("{}: handed over to node {}, which has room", PartitionReplicas.name(replica), node);
            var unused = groups.transferLeadership(replica.groupId(), node, TIMEOUT_MS)
                    .exceptionally(failure -> {
                        LOG.info("{}: node {} did not take over: {}", replica.id(), node, failure.getMessage());
                        return null;
                    });
        });
        return successor.isPresent();
    }
}
