package io.cordwood.metadata;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is being done about the replicas of a partition.
 *
 * @param byNode node id to change; a node that is not in it has a sound replica
 * @param lastAt raft index of the newest command that began or ended a change; 0 where there never was one
 */
public record ReplicaChanges(SortedMap<Integer, ReplicaChange> byNode, long lastAt) {
    /** A partition whose replicas are those that it was created with. */
    public static final ReplicaChanges NEVER = new ReplicaChanges(new TreeMap<>(), 0);

    public ReplicaChanges {
        byNode = Collections.unmodifiableSortedMap(new TreeMap<>(byNode));
        for (ReplicaChange change : byNode.values()) {
            if (change.since() > lastAt) {
                throw new IllegalArgumentException(change + " began after the last change, " + lastAt);
            }
        }
    }

    public boolean none() {
        return byNode.isEmpty();
    }

    public Optional<ReplicaChange> of(int nodeId) {
        return Optional.ofNullable(byNode.get(nodeId));
    }

    public boolean is(int nodeId, ReplicaChange.Kind kind) {
        return of(nodeId).filter(change -> change.kind() == kind).isPresent();
    }

    public boolean any(ReplicaChange.Kind kind) {
        return byNode.values().stream().anyMatch(change -> change.kind() == kind);
    }

    /**
     * Whether this replica leaves as soon as another one has joined that began at the same time: a move. Until
     * then it is a member, and as good as one that stays.
     */
    public boolean awaitsSuccessor(int nodeId) {
        return of(nodeId)
                .filter(change -> change.kind() == ReplicaChange.Kind.LEAVING)
                .filter(change -> byNode.containsValue(new ReplicaChange(ReplicaChange.Kind.JOINING, change.since())))
                .isPresent();
    }

    ReplicaChanges with(int nodeId, ReplicaChange.Kind kind, long index) {
        var next = new TreeMap<>(byNode);
        next.put(nodeId, new ReplicaChange(kind, index));
        return new ReplicaChanges(next, index);
    }

    /**
     * A replica that is not sound is to leave: it keeps its beginning, by which it is told from one that is
     * whole until its successor has joined.
     */
    ReplicaChanges leavingUnsound(int nodeId, long index) {
        var next = new TreeMap<>(byNode);
        next.computeIfPresent(nodeId, (node, change) -> new ReplicaChange(ReplicaChange.Kind.LEAVING, change.since()));
        return new ReplicaChanges(next, index);
    }

    ReplicaChanges without(int nodeId, long index) {
        var next = new TreeMap<>(byNode);
        next.remove(nodeId);
        return new ReplicaChanges(next, index);
    }
}
