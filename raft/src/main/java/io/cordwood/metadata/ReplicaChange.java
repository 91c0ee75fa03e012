package io.cordwood.metadata;

/**
 * What is being done about one replica of a partition.
 *
 * @param since raft index of the command that began it: a change of the same kind that begins later is
 *     another one
 */
public record ReplicaChange(Kind kind, long since) {

    /** What a replica's change is about. */
    public enum Kind {
        /**
         * The node has no replica any more. Its membership in the raft group must end before it may have one again:
         * under the old one an empty log would vote for the loss of what the lost one had acknowledged.
         */
        LOST,
        /**
         * The node is no member of the raft group, or about to become one: it opens the group empty, and the leader
         * adds it.
         */
        JOINING,
        /** The leader takes the node out of the raft group; the replica is deleted then. */
        LEAVING
    }

    public ReplicaChange {
        if (since < 1) {
            throw new IllegalArgumentException("a change begins at a raft index from 1 on: " + since);
        }
    }
}
