package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer.Division;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands leaderships to the nodes that the placement prefers, so that each node leads its share, when {@link DueHandOvers}
 * says so: while a hand-over is under way the leader refuses appends.
 *
 * <p>Thread: one, the node's duties, except {@link #handOverAll}.
 */
final class LeaderBalancer {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderBalancer.class);
    /** Of a group that nobody uses yet, whose preferred node may still be creating it. */
    private static final long NEW_TRANSFER_TIMEOUT_MS = 3000;
    /** Of one in use, for which nothing is acknowledged meanwhile. */
    private static final long TRANSFER_TIMEOUT_MS = 1000;
    /** By a node that stops: two, so that the processors do not wait for the disks. */
    private static final int HAND_OVERS_AT_ONCE = 2;

    private static final long HAND_OVER_POLL_MS = 50;
    private static final long NEW_GROUP_ENTRIES = 8;
    private static final long FIRST_TERM = 1;
    static final long MAX_LAG_ENTRIES = DueHandOvers.MAX_LAG_ENTRIES;

    private final int nodeId;
    private final RaftGroups groups;
    private final long respondingMs;
    private final IntPredicate hasRoom;
    private final Successors successors;
    private final LongSupplier clockNanos;
    private final DueHandOvers due;
    private @Nullable UnderWay underWay;

    /**
     * The hand-over of a group in use.
     *
     * @param failed whether the node did not take it in time
     */
    private record UnderWay(int to, CompletableFuture<Boolean> failed) {}

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
        this.respondingMs = config.raftTimings().electionTimeoutMax().toMillis();
        this.clockNanos = clockNanos;
        this.due = new DueHandOvers(
                config.nodeTimings().deadAfter(), config.nodeTimings().balance());
    }

    void tick(MetadataImage image) {
        long now = clockNanos.getAsLong();
        learn(now);
        var names = new HashMap<UUID, String>();
        for (var each : due.next(wanted(image, names), underWay != null, now)) {
            var name = String.valueOf(names.get(each.group()));
            if (each.isNew()) {
                var unused = failed(each, name, NEW_TRANSFER_TIMEOUT_MS);
            } else {
                underWay = new UnderWay(each.to(), failed(each, name, TRANSFER_TIMEOUT_MS));
            }
        }
    }

    private void learn(long now) {
        var begun = underWay;
        if (begun == null || !begun.failed().isDone()) {
            return;
        }
        underWay = null;
        if (begun.failed().join()) {
            due.refused(begun.to(), now);
        } else {
            due.taken(begun.to());
        }
    }

    /** What this node leads and another one that is there should. */
    private List<DueHandOvers.Wanted> wanted(MetadataImage image, Map<UUID, String> names) {
        var wanted = new ArrayList<DueHandOvers.Wanted>();
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var partition = replica.partition();
            int preferred = partition.preferredLeader();
            boolean sound = partition.changes().of(preferred).isEmpty();
            if (preferred != nodeId && sound && isAlive(image, preferred) && hasRoom.test(preferred)) {
                led(partition).ifPresent(division -> {
                    names.put(
                            partition.raftGroupId(),
                            "topic " + replica.topic().name() + " partition " + partition.partition());
                    wanted.add(wanted(division, partition));
                });
            }
        }
        return wanted;
    }

    private DueHandOvers.Wanted wanted(Division division, PartitionInfo partition) {
        int to = partition.preferredLeader();
        var followers = Followers.of(division);
        var follower = followers.get(to);
        return new DueHandOvers.Wanted(
                partition.raftGroupId(),
                to,
                isNew(AppliedIndex.of(division), division.getInfo().getCurrentTerm()),
                follower != null && follower.silentMs() < respondingMs,
                follower == null ? Long.MAX_VALUE : follower.entriesBehind(),
                followers.values().stream()
                        .mapToLong(Followers.Follower::entriesBehind)
                        .max()
                        .orElse(Long.MAX_VALUE));
    }

    /**
     * A group that had another leader before is not new, however little is in it: that may have been the preferred
     * node, which stops and has just handed it over.
     */
    static boolean isNew(long appliedIndex, long term) {
        return appliedIndex < NEW_GROUP_ENTRIES && term <= FIRST_TERM;
    }

    /** Completes when the other node leads, or with true where it does not. */
    private CompletableFuture<Boolean> failed(DueHandOvers.Wanted wanted, String name, long timeoutMs) {
        LOG.info("{}: node {} hands over to node {}, which is preferred", name, nodeId, wanted.to());
        return groups.transferLeadership(RaftGroupId.valueOf(wanted.group()), wanted.to(), timeoutMs)
                .orTimeout(2 * timeoutMs, TimeUnit.MILLISECONDS)
                .handle((reply, failure) -> {
                    if (failure != null) {
                        LOG.info("{}: node {} did not take over: {}", name, wanted.to(), failure.getMessage());
                    }
                    return failure != null;
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

    /**
     * Hands over everything that this node leads, to whoever is least behind: a few at a time, and what is left for
     * the last quarter of the time at once. Waits at most this long, and no longer for a node that went silent meanwhile,
     * as when all nodes are stopped together. Blocks.
     */
    void handOverAll(Iterable<RaftGroupId> groupIds, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        var left = new ArrayDeque<RaftGroupId>();
        groupIds.forEach(left::add);
        var all = new ArrayList<HandOver>();
        var waiting = new ArrayList<HandOver>();
        long remaining = within.toNanos();
        while (!(left.isEmpty() && waiting.isEmpty()) && remaining > 0) {
            boolean inHurry = remaining < within.toNanos() / 4;
            while (!left.isEmpty() && (inHurry || waiting.size() < HAND_OVERS_AT_ONCE)) {
                handOver(left.remove(), 1 + TimeUnit.NANOSECONDS.toMillis(remaining))
                        .ifPresent(begun -> {
                            all.add(begun);
                            waiting.add(begun);
                        });
            }
            awaitAnyOf(waiting);
            waiting.removeIf(each -> each.end().isDone() || !answers(each.division(), each.follower()));
            remaining = deadline - System.nanoTime();
        }
        // A hand-over that succeeded may not have ended: who leads now has said so, and this node follows.
        long handedOver = all.stream()
                .filter(each -> !each.division().getInfo().isLeader())
                .count();
        LOG.info("node {}: handed over {} of {} leaderships", nodeId, handedOver, all.size());
    }

    private static void awaitAnyOf(List<HandOver> waiting) {
        if (!waiting.isEmpty()) {
            CompletableFuture.anyOf(waiting.stream().map(HandOver::end).toArray(CompletableFuture[]::new))
                    .completeOnTimeout(null, HAND_OVER_POLL_MS, TimeUnit.MILLISECONDS)
                    .join();
        }
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
                        division.get(),
                        successor.getAsInt(),
                        handedOver(id, successor.getAsInt(), Math.min(timeoutMs, TRANSFER_TIMEOUT_MS))));
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
