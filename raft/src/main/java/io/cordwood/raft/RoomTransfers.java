package io.cordwood.raft;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
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
    private final long respondingMs;
    private final IntPredicate hasRoom;
    private final LongSupplier clockNanos;
    private final Map<RaftGroupId, Long> triedNanos = new HashMap<>();

    /** @param hasRoom of another node's id */
    RoomTransfers(RaftGroups groups, RaftTimings timings, IntPredicate hasRoom, LongSupplier clockNanos) {
        this.groups = groups;
        this.respondingMs = timings.electionTimeoutMax().toMillis();
        this.hasRoom = hasRoom;
        this.clockNanos = clockNanos;
    }

    /** Begins some hand-overs of replicas that lead here. */
    void from(Iterable<PartitionReplica> replicas) {
        long now = clockNanos.getAsLong();
        triedNanos.values().removeIf(tried -> now - tried > AGAIN_NANOS);
        int begun = 0;
        for (PartitionReplica replica : replicas) {
            if (begun < MAX_AT_ONCE && replica.leads() && !triedNanos.containsKey(replica.groupId())) {
                begun += handOver(replica, now) ? 1 : 0;
            }
        }
    }

    private boolean handOver(PartitionReplica replica, long now) {
        var successor = successor(replica.groupId());
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

    private Optional<Integer> successor(RaftGroupId groupId) {
        var followers = groups.division(groupId).map(Followers::of).orElseGet(Map::of);
        var withRoom = new TreeMap<>(followers);
        withRoom.keySet().removeIf(node -> !hasRoom.test(node));
        var found = LeaderBalancer.successor(withRoom, respondingMs);
        return found.isPresent() ? Optional.of(found.getAsInt()) : Optional.empty();
    }
}
