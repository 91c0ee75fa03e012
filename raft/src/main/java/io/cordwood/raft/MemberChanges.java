package io.cordwood.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.ReplicaChange;
import io.cordwood.proto.internal.v1.JoinAnswer;
import io.cordwood.proto.internal.v1.JoinQuestion;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
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
 * the newest metadata has; members are the metadata's replicas but for one; a change ends in the metadata after the configuration that it asked for
 * is committed. Nothing is remembered that a new leader would need: it looks at the metadata and at the
 * raft group, and goes on.
 *
 * <p>Thread: one, the node's duties.
 */
final class MemberChanges {
    private static final Logger LOG = LoggerFactory.getLogger(MemberChanges.class);
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long HAND_OVER_MS = 3000;
    private static final int MAX_JOINS = 4;
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);

    private final int nodeId;
    private final RaftGroups groups;
    private final ClusterMetadata metadata;
    private final long respondingMs;
    private final NodeTransport transport;
    private final Successors successors;
    private final Map<UUID, Attempt> attempts = new HashMap<>();

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
        this.transport = transport;
        this.successors = successors;
    }

    void tick(MetadataImage image) {
        var changing = new HashSet<UUID>();
        for (MetadataImage.Replica replica : image.replicasOn(nodeId)) {
            var id = replica.partition().raftGroupId();
            if (!replica.partition().changes().none()) {
                changing.add(id);
                groups.division(RaftGroupId.valueOf(id))
                        .filter(RaftGroups::hasSettledMembers)
                        .filter(division -> isFree(id))
                        .ifPresent(division -> new Change(replica, division, image).next());
            }
        }
        attempts.keySet().retainAll(changing);
    }

    private boolean isFree(UUID groupId) {
        var attempt = attempts.get(groupId);
        return attempt == null || attempt.isOver(System.nanoTime());
    }

    private boolean mayFeedOneMore() {
        return attempts.values().stream()
                        .filter(attempt -> attempt.joins() && !attempt.end().isDone())
                        .count()
                < MAX_JOINS;
    }

    /** A partition that this node leads, whose replicas are to change. */
    private final class Change {
        private final MetadataImage.Replica replica;
        private final Division division;
        private final MetadataImage image;
        private final String where;

        Change(MetadataImage.Replica replica, Division division, MetadataImage image) {
            this.replica = replica;
            this.division = division;
            this.image = image;
            where = "topic " + replica.topic().name() + " partition "
                    + replica.partition().partition();
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
                tell(new MetadataCommand.ReplicaRemoved(
                        replica.topic().topicId(), replica.partition().partition(), node, change.since()));
            } else if (node == nodeId) {
                handOver();
            } else {
                var left = new ArrayList<>(voters());
                left.removeIf(peer -> peer.getId().equals(peerId(node)));
                LOG.info(
                        "{}: node {}, whose replica is {}, is taken out of the raft group", where, node, change.kind());
                begin(
                        false,
                        stillWanted(node, change).thenCompose(image -> groups.setMembers(division, left, List.of())));
            }
            return true;
        }

        private boolean add(int node, ReplicaChange change) {
            if (isMember(node)) {
                boolean caughtUp = isCaughtUp(node);
                if (caughtUp) {
                    LOG.info("{}: node {} has caught up and is a member of the raft group", where, node);
                    tell(new MetadataCommand.ReplicaJoined(
                            replica.topic().topicId(), replica.partition().partition(), node, change.since()));
                }
                return caughtUp;
            }
            var info = image.node(node).filter(MemberChanges::answers);
            if (info.isEmpty() || !mayFeedOneMore()) {
                return false;
            }
            var peer = RaftGroups.peer(node, info.get().nodeAddress(), RaftPeerRole.FOLLOWER);
            var mayBegin = isOpen(node, change.since()).thenCompose(open -> {
                if (!open) {
                    throw new CompletionException(new NotNowException());
                }
                return stillWanted(node, change);
            });
            begin(true, mayBegin.thenCompose(newest -> {
                LOG.info("{}: node {} is fed, and becomes a member of the raft group then", where, node);
                var more = new ArrayList<>(voters());
                more.add(peer);
                return groups.setMembers(division, more, List.of());
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
                    throw new CompletionException(new NotNowException());
                }
                return newest;
            });
        }

        /**
         * A notification that comes while Ratis opens a group there would be the last one that the group ever
         * takes.
         */
        private CompletableFuture<Boolean> isOpen(int node, long since) {
            var question = JoinQuestion.newBuilder()
                    .setRaftGroupId(Uuids.toBytes(groupId().getUuid()))
                    .setJoinedAt(since)
                    .build()
                    .toByteArray();
            return transport
                    .call(node, Reconciler.IS_OPEN, question, ASK_TIMEOUT)
                    .thenApply(MemberChanges::saysOpen);
        }

        private boolean isCaughtUp(int node) {
            var follower = Followers.of(division).get(node);
            return follower != null
                    && follower.silentMs() < respondingMs
                    && follower.entriesBehind() <= LeaderBalancer.MAX_LAG_ENTRIES;
        }

        private Collection<RaftPeer> voters() {
            return division.getRaftConf().getCurrentPeers(RaftPeerRole.FOLLOWER);
        }

        private boolean isMember(int node) {
            return division.getRaftConf().getPeer(peerId(node), RaftPeerRole.FOLLOWER, RaftPeerRole.LISTENER) != null;
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
            }
        }

        private void tell(MetadataCommand command) {
            begin(false, metadata.submit(command).thenAccept(result -> {
                if (result instanceof MetadataResult.Refused refused) {
                    LOG.warn("{}: {} is refused: {}", where, command, refused.message());
                }
            }));
        }

        private void begin(boolean joins, CompletableFuture<?> step) {
            var end = step.handle((done, failure) -> {
                if (failure != null && !(failure.getCause() instanceof NotNowException)) {
                    LOG.info("{}: its replicas are not changed yet: {}", where, failure.getMessage());
                }
                return failure == null;
            });
            attempts.put(groupId().getUuid(), new Attempt(joins, System.nanoTime(), end));
        }

        private RaftGroupId groupId() {
            return RaftGroupId.valueOf(replica.partition().raftGroupId());
        }
    }

    private static boolean saysOpen(byte[] answer) {
        try {
            return JoinAnswer.parseFrom(answer).getOpen();
        } catch (InvalidProtocolBufferException e) {
            throw new NewerFormatException("answer does not parse", e);
        }
    }

    /** The node has not begun to join yet, or is not to do so any more. */
    private static final class NotNowException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private static boolean answers(NodeInfo node) {
        return node.state() == NodeState.ALIVE || node.state() == NodeState.DRAINING;
    }

    private static RaftPeerId peerId(int node) {
        return RaftPeerId.valueOf(Integer.toString(node));
    }
}
