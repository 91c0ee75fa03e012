package io.cordwood.raft;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.ReplicaChange;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups that Ratis closed by itself, until they are removed, and what that means: a member that is taken
 * out closes when it hears of that, or when it asks for votes in vain; any other would be missed by everybody,
 * and ends the node.
 *
 * <p>Invariant: what the metadata says decides, and never how long it has said so or said nothing. Where nobody
 * can tell it that a replica is gone, a node that ended would close the same group again after its start, and
 * take its sound replicas along each time.
 *
 * <p>Thread: the reconciler's; {@link #add} by any.
 */
final class ClosedGroups {
    private static final Logger LOG = LoggerFactory.getLogger(ClosedGroups.class);

    private final int nodeId;
    private final NodeHalt halt;
    private final Set<UUID> closed = ConcurrentHashMap.newKeySet();
    /** Of which the log has that no metadata says why. */
    private final Set<UUID> unexplained = new HashSet<>();
    /** Of which the log has that their membership ends. */
    private final Set<UUID> leaving = new HashSet<>();

    ClosedGroups(int nodeId, NodeHalt halt) {
        this.nodeId = nodeId;
        this.halt = halt;
    }

    static IllegalStateException cause() {
        return new IllegalStateException("the division closed by itself, its log says why");
    }

    void add(UUID groupId) {
        closed.add(groupId);
    }

    /** As of now: an image that is asked for later says why they closed, an older one need not. */
    Set<UUID> all() {
        return Set.copyOf(closed);
    }

    /** The group is not here any more, or is made anew. */
    void removed(UUID groupId) {
        closed.remove(groupId);
        unexplained.remove(groupId);
        leaving.remove(groupId);
    }

    /** The newest metadata cannot be had: it may have ended a membership meanwhile. */
    void noImage(Set<UUID> closedBefore) {
        for (UUID id : closedBefore) {
            if (closed.contains(id) && !leaving.contains(id) && unexplained.add(id)) {
                LOG.warn(
                        "node {}: Ratis closed group {}, which takes no part; whether it was to leave is judged when the"
                                + " metadata can be read again",
                        nodeId,
                        id);
            }
        }
    }

    /**
     * Looks at all of them once more: what a replica was to leave for may have been called off.
     *
     * @param closedBefore those that were closed before the image was asked for
     * @param wanted the replicas that are to be here
     * @param isOutlived whether what is here of a replica is of a membership that has ended
     */
    void judge(
            Set<UUID> closedBefore,
            Map<UUID, MetadataImage.Replica> wanted,
            Predicate<MetadataImage.Replica> isOutlived) {
        for (UUID id : closedBefore) {
            var replica = wanted.get(id);
            if (replica == null) {
                removed(id);
            } else if (!mayHaveEnded(replica) && !isOutlived.test(replica)) {
                removed(id);
                halt.failed("Ratis closed the group of " + Reconciler.name(replica), cause());
            } else if (leaving.add(id)) {
                LOG.warn(
                        "{}: the membership of node {} ends, and Ratis closed the group here; its files go when the"
                                + " metadata has that it is over",
                        Reconciler.name(replica),
                        nodeId);
            }
        }
    }

    /** No leader takes out a replica that is sound, or one that leaves before its successor has joined. */
    private boolean mayHaveEnded(MetadataImage.Replica replica) {
        var changes = replica.partition().changes();
        return changes.is(nodeId, ReplicaChange.Kind.LOST)
                || (changes.is(nodeId, ReplicaChange.Kind.LEAVING) && !changes.awaitsSuccessor(nodeId));
    }
}
