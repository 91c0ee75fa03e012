package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer.Division;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands leaderships to the nodes that the placement prefers, so that each node leads its share. A new group is handed over
 * at once. One in use only when the preferred node has been close behind for a while in all groups that it shall take from
 * here: while a hand-over is under way the leader refuses appends.
 *
 * <p>Groups in use go one after the other, and a node that did not take one is left alone for a while. A hand-over is an
 * election: many at once share the processors of a node that may just have started, and all of them take as long as
 * the last.
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
    static final long MAX_LAG_ENTRIES = 64;
    private static final int MAX_NEW_PER_TICK = 8;

    private final int nodeId;
    private final RaftGroups groups;
    private final NodeTimings timings;
    private final long respondingMs;
    private final IntPredicate hasRoom;
    private final Successors successors;
    private final LongSupplier clockNanos;
    private final Map<Integer, Long> closeSinceNanos = new HashMap<>();
    private final Map<UUID, Long> triedNanos = new HashMap<>();
    private final Map<Integer, Long> refusedNanos = new ConcurrentHashMap<>();
    /** Of a group in use. */
    private CompletableFuture<?> handOver = CompletableFuture.completedFuture(null);

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
        var wanted = wanted(image);
        var close = new HashSet<Integer>();
        wanted.forEach(each -> close.add(each.preferred()));
        wanted.stream()
                .filter(each -> !each.isNew() && !isCloseBehind(each))
                .forEach(each -> close.remove(each.preferred()));
        closeSinceNanos.keySet().retainAll(close);
        close.forEach(node -> closeSinceNanos.putIfAbsent(node, now));
        wanted.stream()
                .filter(each -> each.isNew() && isNewDue(each, now))
                .limit(MAX_NEW_PER_TICK)
                .forEach(each -> {
                    var unused = transfer(each, NEW_TRANSFER_TIMEOUT_MS, now);
                });
        if (handOver.isDone()) {
            wanted.stream()
                    .filter(each -> !each.isNew() && isDue(each, now))
                    .findFirst()
                    .ifPresent(each -> handOver = transfer(each, TRANSFER_TIMEOUT_MS, now));
        }
    }

    /**
     * A group that this node leads and another one that is there should.
     *
     * @param isNew see {@link #isNew}
     */
    private record Wanted(MetadataImage.Replica replica, Division division, boolean isNew) {
        int preferred() {
            return replica.partition().preferredLeader();
        }

        UUID group() {
            return replica.partition().raftGroupId();
        }
    }

    private List<Wanted> wanted(MetadataImage image) {
        var wanted = new ArrayList<Wanted>();
        var known = new HashSet<UUID>();
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var partition = replica.partition();
            known.add(partition.raftGroupId());
            int preferred = partition.preferredLeader();
            boolean sound = partition.changes().of(preferred).isEmpty();
            if (preferred != nodeId && sound && isAlive(image, preferred) && hasRoom.test(preferred)) {
                led(partition)
                        .map(division -> new Wanted(replica, division, isNew(division)))
                        .ifPresent(wanted::add);
            }
        }
        triedNanos.keySet().retainAll(known);
        return wanted;
    }

    private static boolean isNew(Division division) {
        return isNew(AppliedIndex.of(division), division.getInfo().getCurrentTerm());
    }

    private boolean isCloseBehind(Wanted wanted) {
        return answers(wanted.division(), wanted.preferred())
                && lag(wanted.division()).orElse(Long.MAX_VALUE) <= MAX_LAG_ENTRIES;
    }

    private boolean isNewDue(Wanted wanted, long now) {
        return !triedLately(wanted, now)
                && answers(wanted.division(), wanted.preferred())
                // else the preferred node may not have the group yet
                && lag(wanted.division()).equals(OptionalLong.of(0));
    }

    private boolean isDue(Wanted wanted, long now) {
        var since = closeSinceNanos.get(wanted.preferred());
        var refused = refusedNanos.get(wanted.preferred());
        boolean stable = since != null && now - since >= timings.deadAfter().toNanos();
        boolean willing = refused == null || now - refused >= timings.balance().toNanos();
        return stable && willing && !triedLately(wanted, now);
    }

    private boolean triedLately(Wanted wanted, long now) {
        var tried = triedNanos.get(wanted.group());
        return tried != null && now - tried < timings.balance().toNanos();
    }

    /**
     * A group that had another leader before is not new, however little is in it: that may have been the preferred
     * node, which stops and has just handed it over.
     */
    static boolean isNew(long appliedIndex, long term) {
        return appliedIndex < NEW_GROUP_ENTRIES && term <= FIRST_TERM;
    }

    /** Completes when the other node leads or does not; never exceptionally. */
    private CompletableFuture<?> transfer(Wanted wanted, long timeoutMs, long now) {
        triedNanos.put(wanted.group(), now);
        int to = wanted.preferred();
        var where = "topic " + wanted.replica().topic().name() + " partition "
                + wanted.replica().partition().partition();
        LOG.info("{}: node {} hands over to node {}, which is preferred", where, nodeId, to);
        return groups.transferLeadership(RaftGroupId.valueOf(wanted.group()), to, timeoutMs)
                .exceptionally(failure -> {
                    LOG.info("{}: node {} did not take over: {}", where, to, failure.getMessage());
                    if (!wanted.isNew()) {
                        refusedNanos.put(to, clockNanos.getAsLong());
                    }
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
