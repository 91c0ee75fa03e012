package io.cordwood.server.explain;

import io.cordwood.coordinator.MemberProgress;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionId;
import io.cordwood.metadata.TrimmedOffsets;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.raft.NodeDisk;
import io.cordwood.server.explain.Explainer.Surroundings;
import io.cordwood.server.explain.GroupPicture.Assignment;
import io.cordwood.server.explain.GroupPicture.Committed;
import io.cordwood.server.explain.GroupPicture.Fenced;
import io.cordwood.server.explain.GroupPicture.Heard;
import io.cordwood.server.explain.GroupPicture.Left;
import io.cordwood.server.explain.GroupPicture.Member;
import io.cordwood.server.explain.GroupPicture.Told;
import io.cordwood.server.explain.GroupPicture.Work;
import io.cordwood.server.explain.LagPicture.Rates;
import io.cordwood.server.explain.NodePicture.Health;
import io.cordwood.server.explain.PartitionPicture.Replica;
import io.cordwood.server.explain.PartitionPicture.Standing;
import io.cordwood.server.partition.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Pictures in which nothing is wrong but what a test says: the group "payments", whose member "a" has
 * partition 3 of the topic "orders", where ten records wait, on three nodes of which node 1 leads it.
 */
final class Pictures {
    static final TopicPartition ORDERS_3 = new TopicPartition("orders", 3);
    private static final PartitionId ID = new PartitionId(new UUID(0, 1), 3);
    private static final Duration SESSION = Duration.ofSeconds(10);

    private Pictures() {}

    /** What the ends of a log say. */
    static LagPicture lagOf(long offset, long logStartOffset, long highWatermark) {
        return new LagPicture(
                Math.max(0, highWatermark - Math.max(offset, logStartOffset)),
                Math.max(0, logStartOffset - offset),
                logStartOffset,
                highWatermark,
                Optional.empty(),
                Optional.empty(),
                Rates.UNKNOWN);
    }

    /** Ten records wait; the group is at offset 42. */
    static LagPicture lag() {
        return lagOf(42, 0, 52);
    }

    static LagPicture noLag() {
        return lagOf(52, 0, 52);
    }

    static LagPicture lag(Duration age, Optional<Duration> untilTrimmed, Rates rates) {
        return new LagPicture(10, 0, 0, 52, Optional.of(age), untilTrimmed, rates);
    }

    static Rates rates(double committed, double appended, Optional<Duration> untilCaughtUp) {
        return new Rates(OptionalDouble.of(committed), OptionalDouble.of(appended), untilCaughtUp);
    }

    static Work work(Assignment assignment, Optional<LagPicture> lag, Told told) {
        return work(assignment, lag, told, Optional.of(Duration.ofSeconds(1)));
    }

    /** @param committedAgo empty where nothing is committed */
    static Work work(Assignment assignment, Optional<LagPicture> lag, Told told, Optional<Duration> committedAgo) {
        return new Work(ORDERS_3, assignment, committedAgo.map(ago -> new Committed(42, ago)), lag, told);
    }

    static Work ownedWork(LagPicture lag) {
        return work(ownedBy("a"), Optional.of(lag), Told.NOTHING);
    }

    static Work toldWork(MemberProgress progress) {
        return work(ownedBy("a"), Optional.of(lag()), told(progress));
    }

    static Told told(MemberProgress progress) {
        return new Told(Optional.of(progress), Optional.empty(), Optional.empty());
    }

    static Told fenced(Fenced fenced) {
        return new Told(Optional.empty(), Optional.of(fenced), Optional.empty());
    }

    /** Two minutes and five seconds ago, at the offset at which the group is. */
    static Told left(boolean outOfRange) {
        var stop = new MemberProgress.Stop(outOfRange, "the handler\ngave up");
        var left = new Left("gone", "payments-gone", "10.0.0.5", 42, stop, Duration.ofSeconds(125));
        return new Told(Optional.empty(), Optional.empty(), Optional.of(left));
    }

    static Assignment ownedBy(String memberId) {
        return new Assignment(memberId, false, memberId);
    }

    static MemberProgress paused() {
        return new MemberProgress(ID, 42, true, false, Optional.empty(), 0, Optional.empty());
    }

    static MemberProgress full() {
        return new MemberProgress(ID, 42, false, true, Optional.empty(), 0, Optional.empty());
    }

    static MemberProgress processing(Duration age) {
        return new MemberProgress(ID, 42, false, false, Optional.of(age), 0, Optional.empty());
    }

    static MemberProgress failed(int attempts) {
        return new MemberProgress(ID, 42, false, false, Optional.empty(), attempts, Optional.empty());
    }

    static MemberProgress stopped(boolean outOfRange, String why) {
        return new MemberProgress(
                ID, 42, false, false, Optional.empty(), 2, Optional.of(new MemberProgress.Stop(outOfRange, why)));
    }

    static Member member(String memberId, Duration silent) {
        return member(memberId, SESSION, Optional.of(new Heard(Duration.ofDays(1), silent)));
    }

    static Member member(String memberId, Duration session, Optional<Heard> heard) {
        return new Member(memberId, "payments-" + memberId, "10.0.0.4", session, heard);
    }

    /** With the members "a" and "b". */
    static GroupPicture group(Work... work) {
        return group(TrimmedOffsets.EARLIEST, Duration.ofSeconds(1), work);
    }

    /** @param silent for how long member "a" was not heard */
    static GroupPicture group(TrimmedOffsets trimmed, Duration silent, Work... work) {
        return group(trimmed, member("a", silent), member("b", Duration.ZERO), work);
    }

    static GroupPicture group(TrimmedOffsets trimmed, Member first, Member second, Work... work) {
        return new GroupPicture(
                "payments",
                Optional.empty(),
                trimmed,
                Map.of(first.memberId(), first, second.memberId(), second),
                List.of(work));
    }

    static GroupPicture emptyGroup(Duration since, Work... work) {
        return new GroupPicture("payments", Optional.of(since), TrimmedOffsets.EARLIEST, Map.of(), List.of(work));
    }

    /** Replicas on nodes 1, 2, ..., of which the first leads. */
    static PartitionPicture partition(Standing... standings) {
        return partition(OptionalInt.of(1), standings);
    }

    static PartitionPicture partition(OptionalInt leader, Standing... standings) {
        var replicas = new ArrayList<Replica>();
        for (int i = 0; i < standings.length; i++) {
            replicas.add(new Replica(i + 1, standings[i], OptionalLong.of(100)));
        }
        return new PartitionPicture(ORDERS_3, leader, replicas);
    }

    static PartitionPicture soundPartition() {
        return partition(Standing.SOUND, Standing.SOUND, Standing.SOUND);
    }

    static NodePicture node(int id, NodeState state) {
        return new NodePicture(id, state, List.of(disk(Level.ROOM)), Map.of(), Health.UNKNOWN);
    }

    static NodePicture node(int id, Level level) {
        return new NodePicture(id, NodeState.ALIVE, List.of(disk(level)), Map.of(), Health.UNKNOWN);
    }

    static NodePicture node(Health health) {
        return new NodePicture(3, NodeState.ALIVE, List.of(disk(Level.ROOM)), Map.of(), health);
    }

    private static NodeDisk disk(Level level) {
        return new NodeDisk("data", 500, 1_000, level);
    }

    /**
     * What node 2 sees of a partition whose nodes are 1, 2, 3, with these in the place of those of their
     * ids.
     */
    static Surroundings around(PartitionPicture partition, NodePicture... nodes) {
        var all = new ArrayList<NodePicture>(List.of(nodes));
        for (int id = 1; id <= 3; id++) {
            int wanted = id;
            if (all.stream().noneMatch(node -> node.nodeId() == wanted)) {
                all.add(node(id, NodeState.ALIVE));
            }
        }
        return new Surroundings(2, true, List.of(partition), all);
    }

    static Surroundings sound() {
        return around(soundPartition());
    }

    static Surroundings leaderless() {
        return new Surroundings(2, false, sound().partitions(), sound().nodes());
    }
}
