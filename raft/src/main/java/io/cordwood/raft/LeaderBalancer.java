package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer.Division;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands leaderships to the nodes that the placement prefers, so that each node leads its share. A new group is handed over
 * at once. One in use only when the preferred node answered for a while and all its replicas are close behind: while a
 * hand-over is under way the leader refuses appends.
 *
 * <p>Thread: one, the node's duties, except {@link #handOverAll}.
 */
final class LeaderBalancer {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderBalancer.class);
    private static final long TRANSFER_TIMEOUT_MS = 3000;
    private static final long HAND_OVER_POLL_MS = 50;
    private static final long NEW_GROUP_ENTRIES = 8;
    private static final long FIRST_TERM = 1;
    static final long MAX_LAG_ENTRIES = 64;
    private static final int MAX_TRANSFERS_PER_TICK = 8;

    private final int nodeId;
    private final RaftGroups groups;
    private final NodeTimings timings;
    private final long respondingMs;
    private final IntPredicate hasRoom;
    private final Successors successors;
    private final LongSupplier clockNanos;
    private final Map<Integer, Long> respondingSinceNanos = new HashMap<>();
    private final Map<UUID, Long> triedNanos = new HashMap<>();

    /** @param hasRoom of a node's id; one without would refuse batches, and hand the leadership back */
    LeaderBalancer(
            RaftNodeConfig config,
            RaftGroups groups,
            IntPredicate hasRoom,
            Successors successors,
            LongSupplier clockNanos) {
        this.nodeId = config.nodeId();
        this.hasRoom = hasRoom;
        this.successors = successors;
        this.groups = groups;
        this.timings = config.nodeTimings();
        this.respondingMs = config.raftTimings().electionTimeoutMax().toMillis();
        this.clockNanos = clockNanos;
    }

    void tick(MetadataImage image) {
        long now = clockNanos.getAsLong();
        int transfers = 0;
        Set<Integer> responding = new HashSet<>();
        Set<UUID> known = new HashSet<>();
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var partition = replica.partition();
            known.add(partition.raftGroupId());
            boolean sound = partition.changes().of(partition.preferredLeader()).isEmpty();
            var division = led(partition).filter(found -> sound && partition.preferredLeader() != nodeId);
            boolean answers = division.isPresent() && answers(division.get(), partition.preferredLeader());
            if (answers && isAlive(image, partition.preferredLeader()) && hasRoom.test(partition.preferredLeader())) {
                responding.add(partition.preferredLeader());
                if (transfers < MAX_TRANSFERS_PER_TICK && isDue(division.get(), partition, now)) {
                    transfers++;
                    transfer(replica, now);
                }
            }
        }
        triedNanos.keySet().retainAll(known);
        respondingSinceNanos.keySet().retainAll(responding);
        responding.forEach(node -> respondingSinceNanos.putIfAbsent(node, now));
    }

    private boolean isDue(Division division, PartitionInfo partition, long now) {
        var tried = triedNanos.get(partition.raftGroupId());
        if (tried != null && now - tried < timings.balance().toNanos()) {
            return false;
        }
        if (isNew(AppliedIndex.of(division), division.getInfo().getCurrentTerm())) {
            return lag(division).equals(OptionalLong.of(0)); // else the preferred node may not have the group yet
        }
        var since = respondingSinceNanos.get(partition.preferredLeader());
        boolean stable = since != null && now - since >= timings.deadAfter().toNanos();
        return stable && lag(division).orElse(Long.MAX_VALUE) <= MAX_LAG_ENTRIES;
    }

    /**
     * A group that had another leader before is not new, however little is in it: that may have been the preferred
     * node, which stops and has just handed it over.
     */
    static boolean isNew(long appliedIndex, long term) {
        return appliedIndex < NEW_GROUP_ENTRIES && term <= FIRST_TERM;
    }

    private void transfer(MetadataImage.Replica replica, long now) {
        var partition = replica.partition();
        triedNanos.put(partition.raftGroupId(), now);
        var where = "topic " + replica.topic().name() + " partition " + partition.partition();
        LOG.info("{}: node {} hands over to node {}, which is preferred", where, nodeId, partition.preferredLeader());
        var unused = groups.transferLeadership(
                        RaftGroupId.valueOf(partition.raftGroupId()), partition.preferredLeader(), TRANSFER_TIMEOUT_MS)
                .exceptionally(failure -> {
                    LOG.info(
                            "{}: node {} did not take over: {}",
                            where,
                            partition.preferredLeader(),
                            failure.getMessage());
                    return null;
                });
    }

    private Optional<Division> led(PartitionInfo partition) {
        return groups.division(RaftGroupId.valueOf(partition.raftGroupId()))
                .filter(division -> division.getInfo().isLeaderReady());
    }

    private static boolean isAlive(MetadataImage image, int node) {
        return image.node(node)
                .filter(found -> found.state() == NodeState.ALIVE)
                .isPresent();
    }

    private boolean answers(Division division, int node) {
        var follower = Followers.of(division).get(node);
        return follower != null && follower.silentMs() < respondingMs;
    }

    /** Of the follower that is most behind. */
    private static OptionalLong lag(Division division) {
        return Followers.of(division).values().stream()
                .mapToLong(Followers.Follower::entriesBehind)
                .max();
    }

    /**
     * Hands over everything that this node leads, to whoever is least behind. Waits at most this long, and no longer for a node
     * that went silent meanwhile, as when all nodes are stopped together. Blocks.
     */
    void handOverAll(Iterable<RaftGroupId> groupIds, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        var all = new ArrayList<HandOver>();
        groupIds.forEach(id -> handOver(id, within.toMillis()).ifPresent(all::add));
        var waiting = new ArrayList<>(all);
        while (!waiting.isEmpty() && System.nanoTime() < deadline) {
            CompletableFuture.allOf(waiting.stream().map(HandOver::end).toArray(CompletableFuture[]::new))
                    .completeOnTimeout(null, HAND_OVER_POLL_MS, TimeUnit.MILLISECONDS)
                    .join();
            waiting.removeIf(each -> each.end().isDone() || !answers(each.division(), each.follower()));
        }
        // A hand-over that succeeded may not have ended: who leads now has said so, and this node follows.
        long handedOver = all.stream()
                .filter(each -> !each.division().getInfo().isLeader())
                .count();
        LOG.info("node {}: handed over {} of {} leaderships", nodeId, handedOver, all.size());
    }

    /** @param end completes when the follower leads or the hand-over failed; never exceptionally */
    private record HandOver(Division division, int follower, CompletableFuture<?> end) {}

    private Optional<HandOver> handOver(RaftGroupId id, long timeoutMs) {
        var division = groups.division(id).filter(found -> found.getInfo().isLeader());
        if (division.isEmpty()) {
            return Optional.empty();
        }
        var successor = successors.of(division.get());
        return successor.isEmpty()
                ? Optional.empty()
                : Optional.of(new HandOver(
                        division.get(), successor.getAsInt(), handedOver(id, successor.getAsInt(), timeoutMs)));
    }

    /** Who holds most of the log: Ratis has the others catch up first, and meanwhile nobody takes batches. */
    static OptionalInt successor(Map<Integer, Followers.Follower> followers, long respondingMs) {
        return followers.entrySet().stream()
                .filter(each -> each.getValue().silentMs() < respondingMs)
                .filter(each -> each.getValue().entriesBehind() <= MAX_LAG_ENTRIES)
                .min(Comparator.<Map.Entry<Integer, Followers.Follower>>comparingLong(
                                each -> each.getValue().entriesBehind())
                        .thenComparingLong(each -> each.getValue().silentMs()))
                .map(each -> OptionalInt.of(each.getKey()))
                .orElse(OptionalInt.empty());
    }

    private CompletableFuture<?> handedOver(RaftGroupId id, int follower, long timeoutMs) {
        return groups.transferLeadership(id, follower, timeoutMs).exceptionally(failure -> {
            LOG.info(
                    "node {}: group {} was not handed over to node {}: {}", nodeId, id, follower, failure.getMessage());
            return null;
        });
    }
}
