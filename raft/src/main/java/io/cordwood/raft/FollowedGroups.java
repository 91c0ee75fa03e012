package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of this node in which another one leads.
 *
 * <p>Thread: any. {@link #stand} waits for a force of the vote.
 */
final class FollowedGroups {
    private static final Logger LOG = LoggerFactory.getLogger(FollowedGroups.class);

    private final RaftGroups groups;
    private final int self;
    private final BooleanSupplier hasRoom;
    private final Supplier<MetadataImage> image;

    /**
     * A group in which this node has a vote.
     *
     * @param leader node id of who leads
     * @param last entry of the log here, of the term in which it leads
     * @param electorates see {@link LeaderConfirmation#electorates}
     * @param mayLead whether this node's replica is one that shall lead
     */
    record Followed(RaftGroupId group, int leader, TermIndex last, List<Set<Integer>> electorates, boolean mayLead) {

        long term() {
            return last.getTerm();
        }

        Succession.End end() {
            return new Succession.End(last, mayLead);
        }

        /** Of all those with a vote, each set of them for itself. */
        boolean isMajority(Set<Integer> nodes) {
            return electorates.stream()
                    .allMatch(voters ->
                            2 * voters.stream().filter(nodes::contains).count() > voters.size());
        }
    }

    /** @param hasRoom whether this node takes batches */
    FollowedGroups(RaftGroups groups, int self, BooleanSupplier hasRoom, Supplier<MetadataImage> image) {
        this.groups = groups;
        this.self = self;
        this.hasRoom = hasRoom;
        this.image = image;
    }

    /**
     * Leaders that were not heard for so long in any of the groups that they lead here. Of a group which this
     * node joins Ratis does not keep when its leader was heard.
     */
    Set<Integer> silentLeaders(Duration time) {
        var leaders = new HashSet<Integer>();
        var heard = new HashSet<Integer>();
        for (Division division : groups.open()) {
            if (!RaftGroups.hasVote(division.getRaftConf(), self)) {
                continue;
            }
            leaderOf(division).ifPresent(leader -> {
                leaders.add(leader);
                if (!heard.contains(leader) && silentMs(division) < time.toMillis()) {
                    heard.add(leader);
                }
            });
        }
        leaders.removeAll(heard);
        return leaders;
    }

    private static Optional<Integer> leaderOf(Division division) {
        return Optional.of(division.getInfo())
                .filter(info -> info.isFollower())
                .map(info -> info.getLeaderId())
                .map(leader -> Integer.parseInt(leader.toString()));
    }

    private static long silentMs(Division division) {
        try {
            return division.getInfo()
                    .getRoleInfoProto()
                    .getFollowerInfo()
                    .getLeaderInfo()
                    .getLastRpcElapsedTimeMs();
        } catch (IllegalStateException e) {
            return 0; // its role changes: somebody is heard
        }
    }

    /**
     * Those that follow a node, and have an entry of the term in which it leads: where none came here yet, Ratis
     * lets nobody stand for election before its time.
     */
    List<Followed> of(int leader) {
        boolean isFit = isFit();
        var changing = isFit ? changing() : Set.<UUID>of();
        return groups.open().stream()
                .filter(division -> leaderOf(division).equals(Optional.of(leader)))
                .filter(division -> RaftGroups.hasVote(division.getRaftConf(), self))
                .flatMap(division -> RaftGroups.lastEntry(division)
                        .filter(last -> last.getTerm() == division.getInfo().getCurrentTerm())
                        .map(last -> new Followed(
                                division.getMemberId().getGroupId(),
                                leader,
                                last,
                                LeaderConfirmation.electorates(division.getRaftConf()),
                                isFit && stays(division) && isWhole(division) && !changing.contains(uuid(division))))
                        .stream())
                .toList();
    }

    /** What it would lead it would have to hand on. */
    private boolean isFit() {
        return hasRoom.getAsBoolean()
                && image.get()
                        .node(self)
                        .filter(node -> node.state() == NodeState.DRAINING)
                        .isEmpty();
    }

    /** Groups whose replica here joins, leaves or is lost. */
    private Set<UUID> changing() {
        return image.get().replicasOn(self).stream()
                .map(MetadataImage.Replica::partition)
                .filter(partition -> partition.changes().of(self).isPresent())
                .map(partition -> partition.raftGroupId())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Ratis refuses who is being taken out, and closes its division. */
    private static boolean stays(Division division) {
        return division.getRaftConf().getCurrentPeers().stream()
                .anyMatch(peer -> peer.getId().equals(division.getId()));
    }

    private static boolean isWhole(Division division) {
        return !(division.getStateMachine() instanceof PartitionStateMachine partition && partition.isRefetching());
    }

    private static UUID uuid(Division division) {
        return division.getMemberId().getGroupId().getUuid();
    }

    /**
     * Has this node stand for election, as if the leader that is gone had asked it to: at once, and without asking
     * first whether it would win. Only as long as it follows that one in the same term: Ratis compares both under
     * the division's lock.
     *
     * @return whether it stands
     */
    boolean stand(Followed group) {
        var division = groups.division(group.group());
        return division.isPresent() && stand(group, division.get());
    }

    private static boolean stand(Followed group, Division division) {
        var leader = RaftGroupMemberId.valueOf(RaftGroups.peerId(group.leader()), group.group());
        var request = StartLeaderElectionRequestProto.newBuilder()
                .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(leader, division.getId()))
                .setLeaderLastEntry(group.last().toProto())
                .build();
        try {
            return division.getRaftServer()
                    .startLeaderElection(request)
                    .getServerReply()
                    .getSuccess();
        } catch (IOException | IllegalStateException e) {
            LOG.debug("{} does not stand for election: {}", division.getMemberId(), e.toString());
            return false; // it is closing, or could not write its vote, see LostElections
        }
    }
}
