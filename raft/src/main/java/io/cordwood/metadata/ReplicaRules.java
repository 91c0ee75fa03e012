package io.cordwood.metadata;

import io.cordwood.metadata.MetadataCommand.AlterReplicas;
import io.cordwood.metadata.MetadataCommand.ReplicaJoined;
import io.cordwood.metadata.MetadataCommand.ReplicaRemoved;
import io.cordwood.metadata.MetadataCommand.ReportLostReplica;
import io.cordwood.metadata.MetadataResult.Reason;
import io.cordwood.metadata.MetadataResult.Refused;
import io.cordwood.metadata.ReplicaChange.Kind;
import io.cordwood.metadata.TopicChanges.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;

/**
 * What becomes of the replicas of a partition when one is lost, or an operator wants others. Pure functions.
 *
 * <p>A lost replica goes from LOST (still a member of the raft group) to JOINING (a member no more) to
 * sound. What the leader says of a change counts for that one only: it names the raft index at which it
 * began, so that a message which comes late does not end a later change of the same kind.
 */
final class ReplicaRules {
    private ReplicaRules() {}

    /**
     * A report of what was true before the last change says nothing of what is true now: the node looks again.
     */
    static Outcome lost(ReportLostReplica report, MetadataImage image) {
        var node = image.node(report.nodeId());
        if (node.isEmpty() || !node.get().incarnation().equals(report.incarnation())) {
            return TopicChanges.broken(
                    Reason.INCARNATION_MISMATCH,
                    "incarnation of node " + report.nodeId(),
                    report.incarnation(),
                    node.map(NodeInfo::incarnation).orElse("that of a node"));
        }
        return change(report.topicId(), report.partition(), image, partition -> {
            var changes = partition.changes();
            boolean counts = partition.replicas().contains(report.nodeId()) && changes.lastAt() <= report.seenIndex();
            return counts ? lostWith(report.nodeId(), partition, image.index()) : partition;
        });
    }

    static Outcome removed(ReplicaRemoved removed, MetadataImage image) {
        return change(removed.topicId(), removed.partition(), image, partition -> {
            var change = partition.changes().of(removed.nodeId());
            if (change.isEmpty() || change.get().since() != removed.since()) {
                return partition;
            }
            return switch (change.get().kind()) {
                case LOST ->
                    partition.withChanges(partition.changes().with(removed.nodeId(), Kind.JOINING, image.index()));
                case LEAVING -> without(partition, removed.nodeId(), image.index());
                case JOINING -> partition;
            };
        });
    }

    private static PartitionInfo without(PartitionInfo partition, int nodeId, long index) {
        var left = new ArrayList<>(partition.replicas());
        left.remove(Integer.valueOf(nodeId));
        var remaining = partition.withReplicas(left, partition.changes().without(nodeId, index));
        return partition.leader().equals(OptionalInt.of(nodeId))
                ? remaining.withLeader(OptionalInt.empty(), partition.leaderTerm())
                : remaining;
    }

    static Outcome joined(ReplicaJoined joined, MetadataImage image) {
        return change(joined.topicId(), joined.partition(), image, partition -> {
            var change = partition.changes().of(joined.nodeId());
            boolean counts = change.isPresent()
                    && change.get().kind() == Kind.JOINING
                    && change.get().since() == joined.since();
            return counts
                    ? partition.withChanges(partition.changes().without(joined.nodeId(), image.index()))
                    : partition;
        });
    }

    static Outcome alter(AlterReplicas alter, MetadataImage image) {
        return TopicChanges.change(alter.topicId(), image, topic -> {
            var found = topic.partition(alter.partition());
            if (found.isEmpty()) {
                return outOfRange(topic, alter.partition());
            }
            var partition = found.get();
            if (isUnderWay(alter, partition.changes())) {
                return new Outcome.Changed(topic);
            }
            var where = topic.name() + "-" + partition.partition();
            return checkRequest(alter)
                    .or(() -> checkUnattended(alter, partition, image, where))
                    .or(() -> checkQuiet(alter, partition, where))
                    .or(() -> alter.add().isPresent()
                            ? checkTaker(alter.add().getAsInt(), partition, image)
                            : Optional.empty())
                    .or(() -> checkLeaver(alter, partition))
                    .or(() -> checkSound(alter, partition, image, where))
                    .<Outcome>map(Outcome.Broken::new)
                    .orElseGet(() -> new Outcome.Changed(topic.withPartition(altered(partition, alter, image))));
        });
    }

    /** What keeps a change from beginning now whose taker can take a replica. */
    static Optional<Refused> obstacle(AlterReplicas alter, MetadataImage.Replica replica, MetadataImage image) {
        var partition = replica.partition();
        var where = name(replica);
        return checkQuiet(alter, partition, where).or(() -> checkSound(alter, partition, image, where));
    }

    private static String name(MetadataImage.Replica replica) {
        return replica.topic().name() + "-" + replica.partition().partition();
    }

    private static boolean isUnderWay(AlterReplicas alter, ReplicaChanges changes) {
        boolean adds = alter.add().stream().allMatch(node -> changes.is(node, Kind.JOINING));
        boolean removes = alter.remove().stream().allMatch(node -> changes.is(node, Kind.LEAVING));
        return adds && removes && !changes.none() && !alter.isEmpty();
    }

    private static Optional<Refused> checkRequest(AlterReplicas alter) {
        if (alter.isEmpty()) {
            return refused(Reason.INVALID_ARGUMENT, "node_id", "absent", "a node to add or to remove");
        }
        return alter.add().equals(alter.remove())
                ? refused(
                        Reason.INVALID_ARGUMENT,
                        "to_node_id",
                        Integer.toString(alter.add().getAsInt()),
                        "another node than the one that gives its replica up")
                : Optional.empty();
    }

    /**
     * What was decided by looking at an older image may come late: it must not take a replica from a node that
     * is back, nor end what has begun since, and a joiner that has joined meanwhile would be one replica less.
     */
    private static Optional<Refused> checkUnattended(
            AlterReplicas alter, PartitionInfo partition, MetadataImage image, String where) {
        if (alter.seenIndex().isEmpty()) {
            return Optional.empty();
        }
        long lastAt = partition.changes().lastAt();
        if (lastAt > alter.seenIndex().getAsLong()) {
            return refused(
                    Reason.CHANGE_UNDER_WAY,
                    "replicas of " + where,
                    "changed at raft index " + lastAt,
                    "as they were at " + alter.seenIndex().getAsLong());
        }
        return cancels(alter, partition.changes()) ? Optional.empty() : checkDead(alter, image);
    }

    private static Optional<Refused> checkDead(AlterReplicas alter, MetadataImage image) {
        var living = alter.remove().stream()
                .boxed()
                .flatMap(node -> image.node(node).stream())
                .filter(node -> node.state() != NodeState.DEAD)
                .findFirst();
        return living.flatMap(node -> refused(
                Reason.NODE_ALIVE,
                "state of node " + node.nodeId(),
                node.state().name().toLowerCase(Locale.ROOT),
                "dead: its replica stays otherwise, unless an operator moves it"));
    }

    /** A replica that does not join after all: nobody else waits for it, or only whom it was to relieve. */
    private static boolean cancels(AlterReplicas alter, ReplicaChanges changes) {
        return alter.add().isEmpty() && alter.remove().stream().anyMatch(node -> changes.is(node, Kind.JOINING));
    }

    /**
     * Whether the only replica that is not sound goes, whatever became of its node: nothing is asked of it, and
     * the others are as if nothing was under way.
     */
    private static boolean removesTheOnlyUnsound(AlterReplicas alter, ReplicaChanges changes) {
        return changes.byNode().size() == 1
                && alter.remove().stream()
                        .anyMatch(node -> changes.is(node, Kind.LOST) || changes.is(node, Kind.JOINING));
    }

    /**
     * One change at a time: what the raft group's members are meanwhile is then always one step from what they
     * were. A node that never comes back must not hold up the partition for ever: who joins, or is lost, may
     * go.
     */
    private static Optional<Refused> checkQuiet(AlterReplicas alter, PartitionInfo partition, String where) {
        var changes = partition.changes();
        if (!changes.none() && !cancels(alter, changes) && !removesTheOnlyUnsound(alter, changes)) {
            return refused(
                    Reason.CHANGE_UNDER_WAY,
                    "replicas of " + where,
                    described(changes),
                    "all sound before the next change begins" + wayOut(changes));
        }
        // The first leader makes the first members durable: before it, nodes may still open the group with those of
        // now.
        return partition.leaderTerm() > 0
                ? Optional.empty()
                : refused(
                        Reason.CHANGE_UNDER_WAY,
                        "leader of " + where,
                        "none yet",
                        "known once, a moment after creation");
    }

    private static String wayOut(ReplicaChanges changes) {
        var joining = changes.byNode().keySet().stream()
                .filter(node -> changes.is(node, Kind.JOINING))
                .toList();
        return joining.isEmpty() ? "" : ", or the replica of node " + joining.get(0) + ", which joins, removed";
    }

    static String described(ReplicaChanges changes) {
        return String.join(
                ", ",
                changes.byNode().entrySet().stream()
                        .map(change -> "node " + change.getKey() + " "
                                + change.getValue().kind().name().toLowerCase(Locale.ROOT))
                        .toList());
    }

    private static Optional<Refused> checkTaker(int nodeId, PartitionInfo partition, MetadataImage image) {
        var node = image.node(nodeId);
        if (node.isEmpty()) {
            return refused(
                    Reason.UNKNOWN_NODE,
                    "node_id",
                    Integer.toString(nodeId),
                    "one of " + image.nodes().keySet());
        }
        if (node.get().state() != NodeState.ALIVE) {
            return refused(
                    Reason.NODE_NOT_ALIVE,
                    "state of node " + nodeId,
                    node.get().state().name().toLowerCase(Locale.ROOT),
                    "alive");
        }
        if (partition.replicas().contains(nodeId)) {
            return refused(
                    Reason.REPLICA_EXISTS,
                    "node_id",
                    Integer.toString(nodeId),
                    "a node without a replica; they are on " + partition.replicas());
        }
        int held = image.replicasOn(nodeId).size();
        int room = node.get().limits().maxPartitions();
        return held < room
                ? Optional.empty()
                : refused(
                        Reason.LIMIT_REACHED,
                        "node.max-partitions",
                        (held + 1) + " replicas on node " + nodeId,
                        "at most " + room);
    }

    private static Optional<Refused> checkLeaver(AlterReplicas alter, PartitionInfo partition) {
        if (alter.remove().isEmpty()) {
            return Optional.empty();
        }
        int nodeId = alter.remove().getAsInt();
        if (!partition.replicas().contains(nodeId)) {
            return refused(
                    Reason.TARGET_NOT_REPLICA, "node_id", Integer.toString(nodeId), "one of " + partition.replicas());
        }
        int left = partition.replicas().size() - 1 + (int) alter.add().stream().count();
        return left >= 1
                ? Optional.empty()
                : refused(
                        Reason.INVALID_REPLICATION_FACTOR, "replication_factor", Integer.toString(left), "at least 1");
    }

    /**
     * The members decide on the change by a majority of those before it and of those after it. What calls a
     * joining off takes nothing away that was there before.
     */
    private static Optional<Refused> checkSound(
            AlterReplicas alter, PartitionInfo partition, MetadataImage image, String where) {
        if (cancels(alter, partition.changes())) {
            return Optional.empty();
        }
        var after = new ArrayList<>(partition.replicas());
        alter.remove().ifPresent(node -> after.remove(Integer.valueOf(node)));
        alter.add().ifPresent(after::add);
        return checkMajority(partition.replicas(), partition, image, where)
                .or(() -> checkMajority(after, partition, image, where));
    }

    /** Whether the members of now can decide anything, as far as the metadata tells who they are. */
    static Optional<Refused> checkMajority(MetadataImage.Replica replica, MetadataImage image) {
        var changes = replica.partition().changes();
        var members = replica.partition().replicas().stream()
                .filter(node -> isMember(node, changes, answers(node, image)))
                .toList();
        long sound = members.stream()
                .filter(node -> answers(node, image) && !changes.is(node, Kind.LOST))
                .count();
        return checkMajority(sound, members.size(), name(replica));
    }

    /**
     * Who joins is none before the others have decided so. Of one that leaves, does not run and awaits nobody
     * it is not known: a joining that was called off leaves like that, and never was one.
     */
    private static boolean isMember(int nodeId, ReplicaChanges changes, boolean answers) {
        boolean leaves = changes.is(nodeId, Kind.LEAVING) && !changes.awaitsSuccessor(nodeId);
        return !changes.is(nodeId, Kind.JOINING) && (answers || !leaves);
    }

    private static Optional<Refused> checkMajority(
            Collection<Integer> members, PartitionInfo partition, MetadataImage image, String where) {
        long sound =
                members.stream().filter(node -> isSound(node, partition, image)).count();
        return checkMajority(sound, members.size(), where);
    }

    private static Optional<Refused> checkMajority(long sound, int members, String where) {
        int majority = members / 2 + 1;
        return sound >= majority
                ? Optional.empty()
                : refused(
                        Reason.TOO_FEW_SOUND_REPLICAS,
                        "sound replicas of " + where,
                        sound + " of " + members,
                        "at least " + majority);
    }

    private static boolean isSound(int nodeId, PartitionInfo partition, MetadataImage image) {
        return answers(nodeId, image) && partition.changes().of(nodeId).isEmpty();
    }

    /**
     * A leaving replica is the preferred leader no more, and one that joins is so at the earliest when others
     * leave.
     */
    private static PartitionInfo altered(PartitionInfo partition, AlterReplicas alter, MetadataImage image) {
        var replicas = new ArrayList<>(partition.replicas());
        var changes = partition.changes();
        if (alter.remove().isPresent()) {
            int leaving = alter.remove().getAsInt();
            replicas.remove(Integer.valueOf(leaving));
            replicas.add(leaving);
            if (cancels(alter, changes)) {
                changes = cancelled(leaving, changes, image.index());
            } else if (changes.of(leaving).isPresent()) {
                changes = changes.leavingUnsound(leaving, image.index());
            } else {
                changes = changes.with(leaving, Kind.LEAVING, image.index());
            }
        }
        if (alter.add().isPresent()) {
            int joining = alter.add().getAsInt();
            replicas.add(joining);
            changes = changes.with(joining, Kind.JOINING, image.index());
        }
        return partition.withReplicas(replicas, changes);
    }

    /**
     * The joiner may have become a member just now, so it leaves like one. Who was to go for it stays: no leader
     * has begun to remove it, because none does while somebody joins. Where that one was whole when the move
     * began it is so again, else it is lost as it was before.
     */
    private static ReplicaChanges cancelled(int joiner, ReplicaChanges changes, long index) {
        var left = changes;
        for (int node : changes.byNode().keySet()) {
            if (changes.awaitsSuccessor(node)) {
                left = left.without(node, index);
            } else if (changes.is(node, Kind.LEAVING)) {
                left = left.with(node, Kind.LOST, index);
            }
        }
        return left.with(joiner, Kind.LEAVING, index);
    }

    /**
     * The first partition that would lose its majority with the node; its data would be out of reach for ever.
     */
    static Optional<Refused> checkWithout(int nodeId, MetadataImage image) {
        return image.replicasOn(nodeId).stream()
                .flatMap(replica -> checkWithout(nodeId, replica, image).stream())
                .findFirst();
    }

    private static Optional<Refused> checkWithout(int nodeId, MetadataImage.Replica replica, MetadataImage image) {
        var partition = replica.partition();
        var members = partition.replicas().stream()
                .filter(node -> node == nodeId || mayBeMissed(node, partition, image))
                .toList();
        long whole = members.stream()
                .filter(node -> node != nodeId && isWhole(node, partition.changes()) && answers(node, image))
                .count();
        int majority = members.size() / 2 + 1;
        return whole >= majority
                ? Optional.empty()
                : refused(
                        Reason.TOO_FEW_SOUND_REPLICAS,
                        "sound replicas of " + name(replica) + " without node " + nodeId,
                        whole + " of " + members.size(),
                        "at least " + majority + wayOut(partition.changes()) + ", or the topic must be deleted first");
    }

    /**
     * Whether the raft group may count the node and wait for it in vain. Of one that joins or leaves nobody
     * knows here whether it is a member: as one that answers it does no harm, so the majority must be there
     * without it; one that does not is counted.
     */
    private static boolean mayBeMissed(int nodeId, PartitionInfo partition, MetadataImage image) {
        var changes = partition.changes();
        if (isWhole(nodeId, changes) || changes.is(nodeId, Kind.LOST)) {
            return true;
        }
        boolean opensNothing = image.node(nodeId).filter(NodeInfo::isAwaited).isPresent();
        return !answers(nodeId, image) && !(changes.is(nodeId, Kind.JOINING) && opensNothing);
    }

    private static boolean isWhole(int nodeId, ReplicaChanges changes) {
        return changes.of(nodeId).isEmpty() || changes.awaitsSuccessor(nodeId);
    }

    private static boolean answers(int nodeId, MetadataImage image) {
        return image.node(nodeId).filter(NodeInfo::answers).isPresent();
    }

    /**
     * What the partition is when the node has lost all that it had. One that leaves goes on to do so, but is
     * not whole until then.
     */
    static PartitionInfo lostWith(int nodeId, PartitionInfo partition, long index) {
        var changes = partition.changes();
        if (!partition.replicas().contains(nodeId) || changes.is(nodeId, Kind.LOST)) {
            return partition;
        }
        if (changes.is(nodeId, Kind.LEAVING)) {
            return changes.awaitsSuccessor(nodeId)
                    ? partition.withChanges(changes.with(nodeId, Kind.LEAVING, index))
                    : partition;
        }
        return partition.withChanges(changes.with(nodeId, Kind.LOST, index));
    }

    private static Outcome change(
            UUID topicId, int number, MetadataImage image, Function<PartitionInfo, PartitionInfo> change) {
        return TopicChanges.change(
                topicId,
                image,
                topic -> topic.partition(number)
                        .<Outcome>map(found -> new Outcome.Changed(topic.withPartition(change.apply(found))))
                        .orElseGet(() -> outOfRange(topic, number)));
    }

    private static Outcome outOfRange(TopicInfo topic, int number) {
        List<PartitionInfo> partitions = topic.partitions();
        return TopicChanges.broken(
                Reason.PARTITION_OUT_OF_RANGE,
                "partition",
                Integer.toString(number),
                "from 0 to " + (partitions.size() - 1));
    }

    private static Optional<Refused> refused(Reason reason, String field, String value, String limit) {
        return Optional.of(new Refused(reason, field, value, limit));
    }
}
