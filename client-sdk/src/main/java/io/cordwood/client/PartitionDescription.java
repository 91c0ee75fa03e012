package io.cordwood.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * State of a partition as its leader tells it. Where the leader did not answer, {@code error} says why and
 * what only it knows is empty.
 *
 * @param leader node id
 * @param leaderEpoch epoch of that leader, as acknowledgements carry it
 * @param term Raft term of the partition's group
 * @param highWatermark exclusive end of what is committed
 * @param logStartOffset first offset that is kept
 * @param sizeBytes bytes of the leader's segment files
 */
public record PartitionDescription(
        TopicPartition partition,
        OptionalInt leader,
        OptionalInt leaderEpoch,
        OptionalLong term,
        OptionalLong highWatermark,
        OptionalLong logStartOffset,
        OptionalLong sizeBytes,
        List<Replica> replicas,
        Optional<CordwoodException> error) {
    public PartitionDescription {
        replicas = List.copyOf(replicas);
    }

    /**
     * One replica; empty numbers where it did not answer.
     *
     * @param highWatermark exclusive end of what it has committed and applied
     * @param sizeBytes bytes of its segment files
     * @param lagRecords records that the leader has committed and it has not applied yet
     * @param lagEntries entries of the leader's log that it has not confirmed
     * @param compaction empty where the topic is not compacted and nothing of compaction is left to finish too
     * @param change what is being done about it; empty where it is sound
     * @param dead what becomes of it; empty where its node is not dead
     */
    public record Replica(
            int nodeId,
            OptionalLong highWatermark,
            OptionalLong sizeBytes,
            OptionalLong lagRecords,
            OptionalLong lagEntries,
            ReplicaState state,
            Optional<Compaction> compaction,
            Optional<ReplicaChange> change,
            Optional<DeadReplica> dead) {

        /** One whose node is not dead. */
        public Replica(
                int nodeId,
                OptionalLong highWatermark,
                OptionalLong sizeBytes,
                OptionalLong lagRecords,
                OptionalLong lagEntries,
                ReplicaState state,
                Optional<Compaction> compaction,
                Optional<ReplicaChange> change) {
            this(nodeId, highWatermark, sizeBytes, lagRecords, lagEntries, state, compaction, change, Optional.empty());
        }

        /** A sound one. */
        public Replica(
                int nodeId,
                OptionalLong highWatermark,
                OptionalLong sizeBytes,
                OptionalLong lagRecords,
                OptionalLong lagEntries,
                ReplicaState state,
                Optional<Compaction> compaction) {
            this(nodeId, highWatermark, sizeBytes, lagRecords, lagEntries, state, compaction, Optional.empty());
        }
    }

    /**
     * How far compaction has come in a replica.
     *
     * @param compactedEndOffset no two records below it have the same key
     * @param sealedEndOffset it comes no further than here: the newest segment still grows
     * @param running whether a pass is being made there, or files of one are fetched
     * @param doneBytes what the running or newest pass has read
     * @param totalBytes what it reads at most; what is new is read twice
     * @param lastError why files that a leader decided on are missing, or why the newest pass of a replica that
     *     leads failed or was void; empty where neither is so
     * @param pending for how long files that the leader decided on have been missing there: no checkpoint is
     *     taken meanwhile; empty where none are
     * @param retry when the next try comes at the earliest; empty where nothing waits for one
     */
    public record Compaction(
            long compactedEndOffset,
            long sealedEndOffset,
            boolean running,
            long doneBytes,
            long totalBytes,
            String lastError,
            Optional<Duration> pending,
            Optional<Duration> retry) {}

    /**
     * A replica whose node is dead.
     *
     * @param reason why it waits or stays there; empty where nothing is in its way
     */
    public record DeadReplica(Standing standing, String reason) {}

    /** What becomes of a replica whose node is dead. */
    public enum Standing {
        /** Another node is about to have it, or nobody is. */
        MOVING,
        /** It waits for its node, or for its turn to be given to another. */
        WAITING,
        /** It stays: no other node can take it. */
        NO_TAKER,
        /** It stays: less than a majority of the partition's replicas is sound. */
        NO_MAJORITY,
        /** Something that this client does not know. */
        UNKNOWN
    }

    /** What is being done about a replica. */
    public enum ReplicaChange {
        /** Its node has lost it; its old membership ends, and it is rebuilt then. */
        LOST,
        /** It is fed, and becomes a member when it has caught up. */
        JOINING,
        /** It goes when no other replica joins any more. */
        LEAVING,
        /** A change that this client does not know. */
        UNKNOWN
    }

    /** State of a replica. */
    public enum ReplicaState {
        /** It leads. */
        LEADER,
        /** It follows closely. */
        FOLLOWER,
        /** It is far behind the leader. */
        CATCHING_UP,
        /** Its node did not answer. */
        SILENT,
        /** Its node answered, and has no such replica open: it was set aside, or is not made yet. */
        MISSING,
        /** A state that this client does not know. */
        UNKNOWN
    }
}
