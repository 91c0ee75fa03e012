package io.cordwood.raft;

import com.google.protobuf.ByteString;
import io.cordwood.metadata.FeatureRules;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeInfo;
import io.cordwood.proto.internal.v1.LeaderAnswer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/**
 * This node's division of the metadata group: takes commands and reads while it leads, else says who does.
 *
 * <p>Thread: any; {@link #takeSnapshot} blocks.
 */
final class MetadataGroup {
    private static final long ATTEMPT_SECONDS = 3;

    private final RaftGroups groups;
    private final MetadataView view;
    private volatile @Nullable RaftGroupId groupId;

    MetadataGroup(RaftGroups groups, MetadataView view) {
        this.groups = groups;
        this.view = view;
    }

    /** The group is on this node from now on. */
    void opened(RaftGroupId id) {
        groupId = id;
    }

    Optional<RaftGroupId> id() {
        return Optional.ofNullable(groupId);
    }

    Optional<Division> division() {
        return id().flatMap(groups::division);
    }

    boolean leads() {
        return division().map(found -> found.getInfo().isLeaderReady()).orElse(false);
    }

    /** The term in which it leads; see {@link ClusterMetadata#leadingTerm}. */
    OptionalLong leadingTerm() {
        var found = division();
        if (found.isEmpty()) {
            return OptionalLong.empty();
        }
        var info = found.get().getInfo();
        long term = info.getCurrentTerm();
        boolean leads = info.isLeaderReady();
        // Terms only rise: the same before and after, it is that of the leadership found between.
        return leads && info.getCurrentTerm() == term ? OptionalLong.of(term) : OptionalLong.empty();
    }

    OptionalInt leaderNodeId() {
        var leader = division().map(found -> found.getInfo().getLeaderId());
        return leader.isPresent() ? OptionalInt.of(Integer.parseInt(leader.get().toString())) : OptionalInt.empty();
    }

    /**
     * The likeliest leader first, then those that may be it.
     *
     * @param config names whom to ask before the metadata is known
     */
    List<Integer> leaderCandidates(RaftNodeConfig config) {
        var candidates = new LinkedHashSet<Integer>();
        leaderNodeId().ifPresent(candidates::add);
        view.image().nodes().values().stream().filter(NodeInfo::voter).forEach(node -> candidates.add(node.nodeId()));
        candidates.addAll(config.initialNodes().keySet());
        return new ArrayList<>(candidates);
    }

    /** Puts a command in the log and answers with its result once it is applied. */
    CompletableFuture<byte[]> submit(byte[] command) {
        // What does not parse, or not fit, must not reach the log.
        var parsed = MetadataCodec.decodeCommand(ByteBuffer.wrap(command));
        if (command.length > MetadataCodec.MAX_COMMAND_BYTES) {
            throw new IllegalArgumentException(parsed.getClass().getSimpleName() + " of " + command.length
                    + " bytes, at most " + MetadataCodec.MAX_COMMAND_BYTES);
        }
        var early = view.image().formed()
                ? FeatureRules.check(parsed, view.image())
                : Optional.<MetadataResult.Refused>empty();
        if (early.isPresent() && leads()) {
            return CompletableFuture.completedFuture(value(MetadataCodec.encode(early.get())));
        }
        return ask(command);
    }

    /**
     * Answers with a raft index such that the image at it, or a later one, holds all that was acknowledged
     * before.
     */
    CompletableFuture<byte[]> readIndex() {
        if (!leads()) {
            return CompletableFuture.completedFuture(hint(leaderNodeId()));
        }
        return groups.confirmLeadership(id().orElseThrow(), Duration.ofSeconds(ATTEMPT_SECONDS))
                .thenApply(confirmed -> value(ByteBuffer.allocate(Long.BYTES)
                        .putLong(view.image().index())
                        .array()))
                // Who was deposed meanwhile may know its successor: who asks need not search.
                .exceptionallyCompose(failure -> leads()
                        ? CompletableFuture.failedFuture(failure)
                        : CompletableFuture.completedFuture(hint(leaderNodeId())));
    }

    /** Answers what only the leader does. */
    CompletableFuture<byte[]> whileLeading(Supplier<byte[]> answer) {
        if (!leads()) {
            return CompletableFuture.completedFuture(hint(leaderNodeId()));
        }
        return CompletableFuture.completedFuture(value(answer.get()));
    }

    private CompletableFuture<byte[]> ask(byte[] command) {
        if (!leads()) {
            return CompletableFuture.completedFuture(hint(leaderNodeId()));
        }
        var content = UnsafeByteOperations.unsafeWrap(command);
        return groups.submit(id().orElseThrow(), (Message) () -> content, RaftClientRequest.writeRequestType())
                .orTimeout(ATTEMPT_SECONDS, TimeUnit.SECONDS)
                .thenApply(reply -> reply.isSuccess()
                        ? value(reply.getMessage().getContent().toByteArray())
                        : refusal(reply));
    }

    private byte[] refusal(RaftClientReply reply) {
        var exception = reply.getException();
        if (exception instanceof NotLeaderException notLeader && notLeader.getSuggestedLeader() != null) {
            return hint(OptionalInt.of(
                    Integer.parseInt(notLeader.getSuggestedLeader().getId().toString())));
        }
        if (exception instanceof NotLeaderException) {
            return hint(OptionalInt.empty());
        }
        throw new IllegalStateException("metadata group: " + exception, exception);
    }

    /**
     * Whether the members of the group, this node leads it, are committed and none is being added or removed.
     */
    boolean hasSettledMembers() {
        return division().filter(RaftGroups::hasSettledMembers).isPresent();
    }

    /** Whether a node is a member, with a vote or without, as the newest configuration says. */
    boolean isMember(int nodeId) {
        return division()
                .filter(found -> RaftGroups.isMember(found.getRaftConf(), nodeId))
                .isPresent();
    }

    /** Makes a node that registered and is no member one, with a vote where the metadata gives it one. */
    CompletableFuture<?> addMember(NodeInfo node) {
        return setMembers(
                node.voter() ? RaftPeerRole.FOLLOWER : RaftPeerRole.LISTENER,
                (members, role) -> members.add(RaftGroups.peer(node.nodeId(), node.nodeAddress(), role)));
    }

    CompletableFuture<?> removeMember(int nodeId) {
        var id = RaftGroups.peerId(nodeId);
        boolean voter = RaftGroups.hasVote(division().orElseThrow().getRaftConf(), nodeId);
        return setMembers(
                voter ? RaftPeerRole.FOLLOWER : RaftPeerRole.LISTENER,
                (members, role) -> members.removeIf(peer -> peer.getId().equals(id)));
    }

    private CompletableFuture<?> setMembers(RaftPeerRole changed, BiConsumer<List<RaftPeer>, RaftPeerRole> change) {
        var division = division().orElseThrow();
        var before = division.getRaftConf();
        var voters = new ArrayList<>(before.getCurrentPeers(RaftPeerRole.FOLLOWER));
        var listeners = new ArrayList<>(before.getCurrentPeers(RaftPeerRole.LISTENER));
        change.accept(changed == RaftPeerRole.FOLLOWER ? voters : listeners, changed);
        return groups.setMembers(division, before, voters, listeners);
    }

    /**
     * Whether Ratis takes this node for what it is in the group. Who began to join without knowing the members
     * is a follower for Ratis until the group is opened again, also where it has no vote: without a leader for
     * an election timeout it would stand for election, find that it has none, and close for ever.
     *
     * <p>Source: Ratis 3.3.0, {@code RaftServerImpl.start}, {@code LeaderElection}.
     */
    boolean hasItsRole(int nodeId) {
        return division()
                .filter(found -> RaftGroups.hasVote(found.getRaftConf(), nodeId)
                        || (RaftGroups.isListener(found.getRaftConf(), nodeId)
                                && found.getInfo().isListener()))
                .isPresent();
    }

    /** Opens the group again, as a start would, when its files name this node as one without a vote. */
    void takeRole(int nodeId) throws IOException {
        var id = id().orElseThrow();
        var open = division();
        if (open.isPresent()) {
            var info = open.get().getInfo();
            boolean written = open.get().getRaftConf().getLogEntryIndex() <= info.getLastAppliedIndex();
            if (!written || !RaftGroups.isListener(open.get().getRaftConf(), nodeId)) {
                return;
            }
            ((MetadataStateMachine) open.get().getStateMachine()).expectClose();
            groups.close(id);
        }
        groups.add(id, List.of());
    }

    /** So that the next start replays little. */
    void takeSnapshot() throws IOException {
        var id = id();
        if (id.isPresent()) {
            groups.takeSnapshot(id.get());
        }
    }

    /** What a start would apply again; nothing where the group is not open. */
    MetadataStateMachine.Unsaved sinceSnapshot() {
        return division()
                .map(found -> ((MetadataStateMachine) found.getStateMachine()).sinceSnapshot())
                .orElse(MetadataStateMachine.Unsaved.NOTHING);
    }

    static byte[] value(byte[] value) {
        return LeaderAnswer.newBuilder()
                .setValue(ByteString.copyFrom(value))
                .build()
                .toByteArray();
    }

    static byte[] hint(OptionalInt leader) {
        return LeaderAnswer.newBuilder().setLeaderHint(leader.orElse(0)).build().toByteArray();
    }
}
