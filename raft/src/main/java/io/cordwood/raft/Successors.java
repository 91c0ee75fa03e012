package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.NodeState;
import io.cordwood.metadata.PartitionInfo;
import io.cordwood.metadata.ReplicaChanges;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
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
    private final Supplier<MetadataImage> image;

    /** @param hasRoom of another node's id */
    Successors(RaftTimings timings, IntPredicate hasRoom, Supplier<MetadataImage> image) {
        respondingMs = timings.electionTimeoutMax().toMillis();
        this.hasRoom = hasRoom;
        this.image = image;
    }

    /** Empty where none has room and stays: others would refuse batches, too, or hand it on. */
    OptionalInt withRoom(Division division, ReplicaChanges changes) {
        return best(division, changes, node -> hasRoom.test(node) && !isDraining(node));
    }

    /**
     * One with room that stays where there is one, and else one that stays: for a node that ceases to lead
     * whoever comes after it.
     */
    OptionalInt of(Division division, ReplicaChanges changes) {
        var found = withRoom(division, changes);
        if (found.isEmpty()) {
            found = best(division, changes, node -> !isDraining(node));
        }
        return found.isPresent() ? found : best(division, changes, node -> true);
    }

    /** The same, where the changes are those that this node knows of. */
    OptionalInt of(Division division) {
        var group = division.getGroup().getGroupId().getUuid();
        var changes = image.get().topics().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition -> partition.raftGroupId().equals(group))
                .map(PartitionInfo::changes)
                .findFirst();
        return of(division, changes.orElse(ReplicaChanges.NEVER)); // the metadata's own members do not change so
    }

    private OptionalInt best(Division division, ReplicaChanges changes, IntPredicate isFit) {
        var candidates = candidates(division, changes);
        candidates.keySet().removeIf(node -> !isFit.test(node));
        return LeaderBalancer.successor(candidates, respondingMs);
    }

    private boolean isDraining(int node) {
        return image.get()
                .node(node)
                .filter(info -> info.state() == NodeState.DRAINING)
                .isPresent();
    }

    private static Map<Integer, Followers.Follower> candidates(Division division, ReplicaChanges changes) {
        var candidates = new TreeMap<>(Followers.of(division));
        candidates
                .keySet()
                .removeIf(node -> !RaftGroups.hasVote(division.getRaftConf(), node)
                        || changes.of(node).isPresent());
        return candidates;
    }
}
