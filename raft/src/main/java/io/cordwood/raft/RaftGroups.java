package io.cordwood.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.AlreadyExistsException;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The administrative calls to this process's RaftServer, in terms of node ids.
 *
 * <p>Thread: any. Only those calls block that return no future.
 */
final class RaftGroups {
    private static final Logger LOG = LoggerFactory.getLogger(RaftGroups.class);
    private static final long SNAPSHOT_TIMEOUT_MS = 5000;

    private final RaftServer server;
    private final RatisClient client;
    private final TermQuestions terms;

    RaftGroups(RaftServer server, RatisClient client, TermQuestions terms) {
        this.server = server;
        this.client = client;
        this.terms = terms;
    }

    /** By which every group knows the node. */
    static RaftPeerId peerId(int nodeId) {
        return RaftPeerId.valueOf(Integer.toString(nodeId));
    }

    static RaftPeer peer(int nodeId, String address, RaftPeerRole role) {
        return RaftPeer.newBuilder()
                .setId(peerId(nodeId))
                .setAddress(address)
                .setStartupRole(role)
                .build();
    }

    static List<RaftPeer> peers(Map<Integer, String> addresses, RaftPeerRole role) {
        return addresses.entrySet().stream()
                .map(node -> peer(node.getKey(), node.getValue(), role))
                .toList();
    }

    /** The node whose install notification came with this. */
    static int leaderOf(RoleInfoProto role) {
        return Integer.parseInt(
                role.getFollowerInfo().getLeaderInfo().getId().getId().toStringUtf8());
    }

    Optional<Division> division(RaftGroupId groupId) {
        try {
            return Optional.of(server.getDivision(groupId));
        } catch (IOException e) {
            return Optional.empty(); // not, or no longer, on this node
        }
    }

    /** Those that are open on this node. */
    List<Division> open() {
        var open = new ArrayList<Division>();
        server.getGroupIds().forEach(id -> division(id).ifPresent(open::add));
        return open;
    }

    /** Groups in which this node is a candidate, with their term. */
    Map<RaftGroupId, Long> candidates() {
        var found = new HashMap<RaftGroupId, Long>();
        open().stream()
                .filter(division -> division.getInfo().isCandidate())
                .forEach(division -> found.put(
                        division.getGroup().getGroupId(), division.getInfo().getCurrentTerm()));
        return found;
    }

    /** Groups that this node leads and that have entries which are not committed. */
    Map<RaftGroupId, LostConfirmations.Unconfirmed> unconfirmed() {
        var found = new HashMap<RaftGroupId, LostConfirmations.Unconfirmed>();
        open().stream().filter(division -> division.getInfo().isLeader()).forEach(division -> {
            long committed = division.getRaftLog().getLastCommittedIndex();
            if (lastEntry(division).filter(last -> last.getIndex() > committed).isPresent()) {
                found.put(
                        division.getGroup().getGroupId(),
                        new LostConfirmations.Unconfirmed(division.getInfo().getCurrentTerm(), committed));
            }
        });
        return found;
    }

    /** Of a group's raft log; empty where it has none, or is being closed. */
    static Optional<TermIndex> lastEntry(Division division) {
        try {
            return Optional.ofNullable(division.getRaftLog().getLastEntryTermIndex());
        } catch (IllegalStateException e) {
            return Optional.empty(); // Ratis closes the log of a group before it forgets the group
        }
    }

    /**
     * Asks the other members of a group that this node leads to stand for election, one after the other until
     * one does: as a hand-over does, but also where the leader does not know whether they have all its entries.
     * They know it themselves, and refuse where they have not. Those are asked that were sent all, and stay
     * members: one that is being taken out would close.
     *
     * @param answering only those that have answered within this time
     */
    void electAnother(RaftGroupId groupId, Duration answering) {
        division(groupId)
                .ifPresent(division -> lastEntry(division).ifPresent(last -> {
                    var stay = division.getRaftConf().getCurrentPeers(RaftPeerRole.FOLLOWER).stream()
                            .map(RaftPeer::getId)
                            .toList();
                    var asked = Followers.of(division).entrySet().stream()
                            .filter(follower -> follower.getValue().silentMs() < answering.toMillis())
                            .filter(follower -> follower.getValue().nextIndex() > last.getIndex())
                            .map(follower -> peerId(follower.getKey()))
                            .filter(stay::contains)
                            .anyMatch(peer -> division.getInfo().isLeader() && stands(division, last, peer));
                    if (!asked) {
                        LOG.debug("{}: nobody is there to be elected", division.getMemberId());
                    }
                }));
    }

    private boolean stands(Division division, TermIndex last, RaftPeerId peer) {
        var request = StartLeaderElectionRequestProto.newBuilder()
                .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(division.getMemberId(), peer))
                .setLeaderLastEntry(last.toProto())
                .build();
        try {
            boolean stands = server.getServerRpc()
                    .startLeaderElection(request)
                    .getServerReply()
                    .getSuccess();
            LOG.info(
                    "{}: nothing is committed, although all up to {} was sent: node {} {}",
                    division.getMemberId(),
                    last,
                    peer,
                    stands ? "stands for election" : "does not stand for election, it has less");
            return stands;
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: node {} is not asked to stand for election: {}", division.getMemberId(), peer, e.toString());
            return false;
        }
    }

    /** Opens a group, or creates it when this node has no directory of it. */
    void add(RaftGroupId groupId, Collection<RaftPeer> peers) throws IOException {
        var group = RaftGroup.valueOf(groupId, peers);
        try {
            check(server.groupManagement(
                    GroupManagementRequest.newAdd(client.id(), server.getId(), client.nextCallId(), group, false)));
        } catch (AlreadyExistsException e) {
            if (division(groupId).isEmpty()) {
                throw e; // not as wanted: it is closing, or failed to open
            }
        } catch (CompletionException e) {
            forget(groupId);
            throw new IOException("group " + groupId + " does not open: " + e.getMessage(), e);
        }
    }

    /**
     * Ratis throws like this, and keeps the group in its map, when the group failed faster than Ratis logs its
     * name.
     */
    private void forget(RaftGroupId groupId) {
        try {
            var unused = server.groupManagement(GroupManagementRequest.newRemove(
                    client.id(), server.getId(), client.nextCallId(), groupId, false, false));
        } catch (IOException | CompletionException e) {
            LOG.debug("group {} is forgotten: {}", groupId, e.getMessage()); // it was removed before the throw
        }
    }

    /** Closes a group and leaves its files as they are. */
    void close(RaftGroupId groupId) throws IOException {
        check(server.groupManagement(GroupManagementRequest.newRemove(
                client.id(), server.getId(), client.nextCallId(), groupId, false, false)));
    }

    /** Closes a group and deletes its raft log. */
    void remove(RaftGroupId groupId) throws IOException {
        check(server.groupManagement(GroupManagementRequest.newRemove(
                client.id(), server.getId(), client.nextCallId(), groupId, true, false)));
    }

    /** With a vote or without; one that is fed before it becomes a member is none. */
    static boolean isMember(RaftConfiguration members, int nodeId) {
        return members.getPeer(peerId(nodeId), RaftPeerRole.FOLLOWER, RaftPeerRole.LISTENER) != null;
    }

    static boolean hasVote(RaftConfiguration members, int nodeId) {
        return members.getPeer(peerId(nodeId), RaftPeerRole.FOLLOWER) != null;
    }

    /** Whether a node is a member without a vote; while the members change it may be named as both. */
    static boolean isListener(RaftConfiguration members, int nodeId) {
        return members.getPeer(peerId(nodeId), RaftPeerRole.LISTENER) != null;
    }

    /**
     * Whether nothing is being changed about the members of a group, as its ready leader knows them: a
     * configuration that is not committed may come to nothing.
     */
    static boolean hasSettledMembers(Division division) {
        var conf = division.getRaftConf();
        return division.getInfo().isLeaderReady()
                && conf.getPreviousPeers(RaftPeerRole.FOLLOWER).isEmpty()
                && conf.getPreviousPeers(RaftPeerRole.LISTENER).isEmpty()
                && conf.getLogEntryIndex() <= division.getRaftLog().getLastCommittedIndex();
    }

    /**
     * Asks the leader, this node, for other members; fails where they are not those any more that the change
     * was made from. A new member is fed before it counts, and the future completes when it has caught up: it
     * fails where it does not answer.
     */
    CompletableFuture<RaftClientReply> setMembers(
            Division division, RaftConfiguration before, Collection<RaftPeer> voters, Collection<RaftPeer> listeners) {
        var arguments = SetConfigurationRequest.Arguments.newBuilder()
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                .setServersInCurrentConf(List.copyOf(before.getCurrentPeers(RaftPeerRole.FOLLOWER)))
                .setListenersInCurrentConf(List.copyOf(before.getCurrentPeers(RaftPeerRole.LISTENER)))
                .setServersInNewConf(List.copyOf(voters))
                .setListenersInNewConf(List.copyOf(listeners))
                .build();
        try {
            return server.setConfigurationAsync(new SetConfigurationRequest(
                            client.id(),
                            server.getId(),
                            division.getGroup().getGroupId(),
                            client.nextCallId(),
                            arguments))
                    .thenCompose(RaftGroups::successful);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    void takeSnapshot(RaftGroupId groupId) throws IOException {
        check(server.snapshotManagement(SnapshotManagementRequest.newCreate(
                client.id(), server.getId(), groupId, client.nextCallId(), SNAPSHOT_TIMEOUT_MS)));
    }

    /** Asks the leader, this node, to hand over to another member; fails when it did not within the time. */
    CompletableFuture<RaftClientReply> transferLeadership(RaftGroupId groupId, int toNode, long timeoutMs) {
        try {
            var request = new TransferLeadershipRequest(
                    client.id(), server.getId(), groupId, client.nextCallId(), peerId(toNode), timeoutMs);
            return server.transferLeadershipAsync(request).thenCompose(RaftGroups::successful);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** This node leads the group no more; it may be elected again. */
    CompletableFuture<RaftClientReply> stepDown(RaftGroupId groupId, long timeoutMs) {
        try {
            return server.transferLeadershipAsync(new TransferLeadershipRequest(
                            client.id(), server.getId(), groupId, client.nextCallId(), null, timeoutMs))
                    .thenCompose(RaftGroups::successful);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Completes when a majority has confirmed that this node leads the group, after it was asked, and what
     * it knew to be committed is applied.
     *
     * @param within both together
     */
    CompletableFuture<RaftClientReply> confirmLeadership(RaftGroupId groupId, Duration within) {
        long beganNanos = System.nanoTime();
        return confirmTerm(groupId, within)
                .thenCompose(confirmation -> confirmation == Confirmation.CONFIRMED
                        ? readIndex(groupId, within.minusNanos(System.nanoTime() - beganNanos))
                        : CompletableFuture.failedFuture(new IOException(
                                "no majority confirms that this node leads " + groupId + ": " + confirmation)));
    }

    private CompletableFuture<Confirmation> confirmTerm(RaftGroupId groupId, Duration within) {
        var division = division(groupId);
        if (division.isEmpty()) {
            return CompletableFuture.completedFuture(Confirmation.NOT_LEADER);
        }
        // Ratis gives up the role before it takes the next term: who is ready in between leads in this one.
        var info = division.get().getInfo();
        long term = info.getCurrentTerm();
        return info.isLeaderReady() && info.getCurrentTerm() == term
                ? LeaderConfirmation.of(division.get(), term, terms, within, () -> readIndex(groupId, within))
                : CompletableFuture.completedFuture(Confirmation.NOT_LEADER);
    }

    /** Waits until what is committed is applied. It confirms nothing, see {@link LeaderConfirmation}. */
    private CompletableFuture<RaftClientReply> readIndex(RaftGroupId groupId, Duration within) {
        return submit(groupId, Message.EMPTY, RaftClientRequest.readRequestType())
                .orTimeout(within.toMillis(), TimeUnit.MILLISECONDS)
                .thenCompose(RaftGroups::successful);
    }

    /** Straight to the division: through the RaftServer each request would wait for a thread of a pool. */
    CompletableFuture<RaftClientReply> submit(RaftGroupId groupId, Message message, RaftClientRequest.Type type) {
        try {
            var request = RaftClientRequest.newBuilder()
                    .setClientId(client.id())
                    .setServerId(server.getId())
                    .setGroupId(groupId)
                    .setCallId(client.nextCallId())
                    .setMessage(message)
                    .setType(type)
                    .build();
            return ((RaftClientAsynchronousProtocol) server.getDivision(groupId)).submitClientRequestAsync(request);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static CompletableFuture<RaftClientReply> successful(RaftClientReply reply) {
        return reply.isSuccess()
                ? CompletableFuture.completedFuture(reply)
                : CompletableFuture.failedFuture(new IOException(reply.toString(), reply.getException()));
    }

    private static void check(RaftClientReply reply) throws IOException {
        if (!reply.isSuccess()) {
            throw new IOException(reply.toString(), reply.getException());
        }
    }
}
