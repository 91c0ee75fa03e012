package io.cordwood.raft;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.ReplicaChange;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.exceptions.RaftException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer.Division;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader of a partition does about changes of its replicas: takes lost and leaving ones out of the
 * raft group, adds those that join, and tells the metadata how far it has come.
 *
 * <p>A node that joins is fed before it is a member: until it has caught up it has no vote, and nothing
 * waits for it. That lasts as long as the catch-up does, at the rate of that; where the node does not
 * answer for a while, the attempt ends and is made anew.
 *
 * <p>Invariants: one step at a time per partition, each from members that are committed and for a change that
 * the newest metadata has; members are the metadata's replicas but for one; a change ends in the metadata
 * after the configuration that it asked for is committed. Nothing is remembered that a new leader would need:
 * it looks at the metadata and at the raft group, and goes on.
 *
 * <p>Thread: one, the node's duties.
 */
final class MemberChanges {
    private static final Logger LOG = LoggerFactory.getLogger(MemberChanges.class);
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long HAND_OVER_MS = 3000;
    /** Of a node that leads, at once. */
    static final int MAX_JOINS = 4;

    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
    private static final long LONG_NANOS = Duration.ofSeconds(5).toNanos();
    /** As Ratis writes it into its messages. */
    private static final Pattern CALL_ID = Pattern.compile("(, )?cid=\\d+");

    private final int nodeId;
    private final RaftGroups groups;
    private final ClusterMetadata metadata;
    private final long respondingMs;
    private final JoinQuestions questions;
    private final Successors successors;
    private final Map<UUID, Attempt> attempts = new HashMap<>();
    /** By partition who was fed last, and for which change. */
    private final Map<UUID, Fed> fed = new HashMap<>();
    /** What the log says already of those that wait. */
    private final Map<Waiting, String> reasons = new ConcurrentHashMap<>();

    private record Fed(int node, ReplicaChange change) {}

    private record Waiting(UUID groupId, String what) {}

    /**
     * The newest step of a partition.
     *
     * @param joins whether it feeds a new member
     * @param end completes with whether it was done, never exceptionally
     */
    private record Attempt(boolean joins, long beganNanos, CompletableFuture<Boolean> end) {
        boolean isOver(long nowNanos) {
            return end.isDone() && (end.join() || nowNanos - beganNanos > RETRY_NANOS);
        }

        boolean takesLong(long nowNanos) {
            return !end.isDone() && nowNanos - beganNanos > LONG_NANOS;
        }

        boolean feeds() {
            return joins && !end.isDone();
        }
    }

    MemberChanges(
            RaftNodeConfig config,
            RaftGroups groups,
            ClusterMetadata metadata,
            NodeTransport transport,
            Successors successors) {
        this.nodeId = config.nodeId();
        this.groups = groups;
        this.metadata = metadata;
        this.respondingMs = config.raftTimings().electionTimeoutMax().toMillis();
        this.questions = new JoinQuestions(transport);
        this.successors = successors;
    }

    void tick(MetadataImage image) {
        endFeedingInVain(image);
        var changing = new HashSet<UUID>();
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var id = replica.partition().raftGroupId();
            if (!replica.partition().changes().none()) {
                changing.add(id);
                groups.division(RaftGroupId.valueOf(id))
                        .filter(RaftGroups::hasSettledMembers)
                        .filter(division -> isFree(id))
                        .ifPresent(division -> new Change(replica, division, image).next());
                tellOfLongStep(replica);
            }
        }
        attempts.entrySet()
                .removeIf(attempt -> !changing.contains(attempt.getKey())
                        && !attempt.getValue().feeds());
        fed.keySet().retainAll(attempts.keySet());
        reasons.keySet().removeIf(waiting -> !changing.contains(waiting.groupId()));
    }

    private boolean isFree(UUID groupId) {
        var attempt = attempts.get(groupId);
        return attempt == null || attempt.isOver(System.nanoTime());
    }

    private boolean mayFeedOneMore() {
        return attempts.values().stream().filter(Attempt::feeds).count() < MAX_JOINS;
    }

    /**
     * Ratis feeds a new member for as long as that answers, whether it comes any closer or not, and takes no
     * other change meanwhile. It has no other way to end that than that the leader steps down; who leads next
     * begins with what matters most.
     */
    private void endFeedingInVain(MetadataImage image) {
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var id = replica.partition().raftGroupId();
            var attempt = attempts.get(id);
            var whom = fed.get(id);
            if (attempt != null && whom != null && attempt.joins() && attempt.takesLong(System.nanoTime())) {
                whyInVain(replica, whom).ifPresent(reason -> {
                    LOG.info(
                            "{}: node {} steps down to end the feeding of node {}, {}",
                            where(replica),
                            nodeId,
                            whom.node(),
                            reason);
                    attempts.put(
                            id, new Attempt(true, System.nanoTime(), attempt.end())); // asked again, but not at once
                    var unused = groups.stepDown(RaftGroupId.valueOf(id), HAND_OVER_MS)
                            .exceptionally(failure -> {
                                LOG.warn("{}: it does not step down: {}", where(replica), failure.getMessage());
                                return null;
                            });
                });
            }
        }
    }

    /**
     * Empty where it goes on. A log appender that fails, as where the log is purged below it, is made anew for
     * members only: who is fed before it is one hears nothing any more, and Ratis waits.
     *
     * <p>Source: Ratis 3.3.0, {@code LeaderStateImpl.restart}.
     */
    private Optional<String> whyInVain(MetadataImage.Replica replica, Fed whom) {
        var changes = replica.partition().changes();
        if (changes.of(whom.node()).filter(whom.change()::equals).isEmpty()) {
            return Optional.of("which is not to join any more");
        }
        if (changes.any(ReplicaChange.Kind.LOST)) {
            return Optional.of("which holds up that lost replicas are taken out");
        }
        return groups.division(RaftGroupId.valueOf(replica.partition().raftGroupId()))
                .filter(division -> division.getInfo().isLeader())
                .filter(division -> !Followers.of(division).containsKey(whom.node()))
                .map(division -> "which hears nothing any more");
    }

    private void tellOfLongStep(MetadataImage.Replica replica) {
        var attempt = attempts.get(replica.partition().raftGroupId());
        if (attempt != null && !attempt.joins() && attempt.takesLong(System.nanoTime())) {
            waits(
                    replica,
                    "a long step",
                    "what was decided is not committed, a majority of the replicas does not confirm it");
        }
    }

    /** Says so once, until there is another reason. */
    private void waits(MetadataImage.Replica replica, String what, String reason) {
        var waiting = new Waiting(replica.partition().raftGroupId(), what);
        if (!reason.equals(reasons.put(waiting, reason))) {
            LOG.info("{}: its replicas are not changed yet: {}", where(replica), reason);
        }
    }

    /** The same for each attempt that fails alike: a call's number would make it another one. */
    static String reasonOf(Throwable failure) {
        var cause = failure;
        while (cause.getCause() != null && (cause instanceof CompletionException || isOfAReply(cause))) {
            cause = cause.getCause();
        }
        var message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        return cause.getClass().getSimpleName() + ": "
                + CALL_ID.matcher(message).replaceAll("");
    }

    /** Such an exception holds the whole reply as text; its cause says what is wrong. */
    private static boolean isOfAReply(Throwable failure) {
        return failure.getCause() instanceof RaftException;
    }

    private static String where(MetadataImage.Replica replica) {
        return "topic " + replica.topic().name() + " partition "
                + replica.partition().partition();
    }

    /** A partition that this node leads, whose replicas are to change. */
    private final class Change {
        private final MetadataImage.Replica replica;
        private final Division division;
        private final RaftConfiguration members;
        private final MetadataImage image;
        private final String where;

        Change(MetadataImage.Replica replica, Division division, MetadataImage image) {
            this.replica = replica;
            this.division = division;
            this.members = division.getRaftConf();
            this.image = image;
            where = where(replica);
        }

        /** The first step that can be done; whoever leaves does so when nobody joins any more. */
        void next() {
            if (!any(ReplicaChange.Kind.LOST, this::remove)
                    && !any(ReplicaChange.Kind.JOINING, this::add)
                    && !replica.partition().changes().any(ReplicaChange.Kind.JOINING)) {
                any(ReplicaChange.Kind.LEAVING, this::remove);
            }
        }

        private interface Step {
            /** Returns whether there was something to do. */
            boolean begin(int node, ReplicaChange change);
        }

        private boolean any(ReplicaChange.Kind kind, Step step) {
            for (var change : replica.partition().changes().byNode().entrySet()) {
                if (change.getValue().kind() == kind && step.begin(change.getKey(), change.getValue())) {
                    return true;
                }
            }
            return false;
        }

        private boolean remove(int node, ReplicaChange change) {
            if (!isMember(node)) {
                tell(
                        new MetadataCommand.ReplicaRemoved(
                                replica.topic().topicId(), replica.partition().partition(), node, change.since()),
                        () -> !RaftGroups.isMember(division.getRaftConf(), node));
            } else if (node == nodeId) {
                handOver();
            } else {
                var left = new ArrayList<>(voters());
                left.removeIf(peer -> peer.getId().equals(RaftGroups.peerId(node)));
                LOG.info(
                        "{}: node {}, whose replica is {}, is taken out of the raft group", where, node, change.kind());
                begin(
                        false,
                        stillWanted(node, change)
                                .thenCompose(newest -> groups.setMembers(division, members, left, List.of())));
            }
            return true;
        }

        private boolean add(int node, ReplicaChange change) {
            if (isMember(node)) {
                boolean caughtUp = isCaughtUp(node);
                if (caughtUp) {
                    LOG.info("{}: node {} has caught up and is a member of the raft group", where, node);
                    tell(
                            new MetadataCommand.ReplicaJoined(
                                    replica.topic().topicId(),
                                    replica.partition().partition(),
                                    node,
                                    change.since()),
                            () -> RaftGroups.isMember(division.getRaftConf(), node));
                }
                return caughtUp;
            }
            var info = image.node(node).filter(NodeInfo::answers);
            if (info.isEmpty() || !mayFeedOneMore()) {
                waits(
                        replica,
                        "node " + node,
                        info.isEmpty() ? "node " + node + " does not run" : MAX_JOINS + " others are fed");
                return false;
            }
            fed.put(groupId().getUuid(), new Fed(node, change));
            var peer = RaftGroups.peer(node, info.get().nodeAddress(), RaftPeerRole.FOLLOWER);
            // A notification that comes while Ratis opens a group there would be the last one that it ever takes.
            var isOpen = questions.isOpen(node, groupId().getUuid(), change.since());
            var mayBegin = isOpen.thenCompose(open -> {
                if (!open) {
                    throw new CompletionException(
                            new IOException("node " + node + " has not opened it yet, its log says why"));
                }
                return stillWanted(node, change);
            });
            begin(true, mayBegin.thenCompose(newest -> {
                LOG.info("{}: node {} is fed, and becomes a member of the raft group then", where, node);
                var more = new ArrayList<>(voters());
                more.add(peer);
                return groups.setMembers(division, members, more, List.of());
            }));
            return true;
        }

        /**
         * This node's image may lag: who was told that a change is over must not see it begun once more by the next
         * leader.
         */
        private CompletableFuture<MetadataImage> stillWanted(int node, ReplicaChange change) {
            return metadata.currentImage().thenApply(newest -> {
                boolean same = newest.topic(replica.topic().topicId())
                        .flatMap(topic -> topic.partition(replica.partition().partition()))
                        .flatMap(partition -> partition.changes().of(node))
                        .filter(change::equals)
                        .isPresent();
                if (!same) {
                    throw new CompletionException(new IOException("the change is over, or another one by now"));
                }
                return newest;
            });
        }

        private boolean isCaughtUp(int node) {
            var follower = Followers.of(division).get(node);
            return follower != null
                    && follower.silentMs() < respondingMs
                    && follower.entriesBehind() <= LeaderBalancer.MAX_LAG_ENTRIES;
        }

        private Collection<RaftPeer> voters() {
            return members.getCurrentPeers(RaftPeerRole.FOLLOWER);
        }

        private boolean isMember(int node) {
            return RaftGroups.isMember(members, node);
        }

        /** Whoever leads must not leave: the others would wait for an election. */
        private void handOver() {
            var successor = successors.of(division, replica.partition().changes());
            if (successor.isPresent()) {
                LOG.info(
                        "{}: node {} hands over to node {}, its own replica leaves",
                        where,
                        nodeId,
                        successor.getAsInt());
                begin(false, groups.transferLeadership(groupId(), successor.getAsInt(), HAND_OVER_MS));
            } else {
                waits(
                        replica,
                        "node " + nodeId,
                        "node " + nodeId + " is to leave and leads, and no other is close behind it");
            }
        }

        /**
         * The metadata is another log: a leader that was away may know the newest change of it, and take members
         * of long ago for those of now. So the others confirm first that it leads.
         */
        private void tell(MetadataCommand command, BooleanSupplier isSo) {
            var confirmed = groups.confirmLeadership(groupId(), ASK_TIMEOUT);
            begin(false, confirmed.thenCompose(leads -> {
                if (!RaftGroups.hasSettledMembers(division) || !isSo.getAsBoolean()) {
                    throw new CompletionException(new IOException("the members are others by now"));
                }
                return metadata.submit(command).thenAccept(result -> {
                    if (result instanceof MetadataResult.Refused refused) {
                        LOG.warn("{}: {} is refused: {}", where, command, refused.message());
                    }
                });
            }));
        }

        private void begin(boolean joins, CompletableFuture<?> step) {
            var end = step.handle((done, failure) -> {
                if (failure != null) {
                    waits(replica, "a step that failed", reasonOf(failure));
                }
                return failure == null;
            });
            attempts.put(groupId().getUuid(), new Attempt(joins, System.nanoTime(), end));
        }

        private RaftGroupId groupId() {
            return RaftGroupId.valueOf(replica.partition().raftGroupId());
        }
    }
}
