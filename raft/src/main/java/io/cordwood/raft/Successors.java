package io.cordwood.raft;

import io.cordwood.metadata.ReplicaChanges;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer.Division;

/**
 * Who may take over what this node leads: a member with a vote whose replica stays, and that answers and is
 * close behind. Everything that hands over asks here: what one part hands over another must not hand back.
 *
 * <p>Thread: any.
 */
final class Successors {
    private final long respondingMs;
    private final IntPredicate hasRoom;

    /** @param hasRoom of another node's id */
    Successors(RaftTimings timings, IntPredicate hasRoom) {
        respondingMs = timings.electionTimeoutMax().toMillis();
        this.hasRoom = hasRoom;
    }

    /** Empty where none has room: others would refuse batches, too. */
    OptionalInt withRoom(Division division, ReplicaChanges changes) {
        var candidates = candidates(division, changes);
        candidates.keySet().removeIf(node -> !hasRoom.test(node));
        return LeaderBalancer.successor(candidates, respondingMs);
    }

    /** One with room where there is one: for a node that ceases to lead whoever comes after it. */
    OptionalInt of(Division division, ReplicaChanges changes) {
        var found = withRoom(division, changes);
        return found.isPresent() ? found : LeaderBalancer.successor(candidates(division, changes), respondingMs);
    }

    private static Map<Integer, Followers.Follower> candidates(Division division, ReplicaChanges changes) {
        var candidates = new TreeMap<>(Followers.of(division));
        candidates
                .keySet()
                .removeIf(node -> !hasVote(division, node) || changes.of(node).isPresent());
        return candidates;
    }

    /** One that is fed before it becomes a member has none. */
    private static boolean hasVote(Division division, int node) {
        var id = RaftPeerId.valueOf(Integer.toString(node));
        return division.getRaftConf().getPeer(id, RaftPeerRole.FOLLOWER) != null;
    }
}
