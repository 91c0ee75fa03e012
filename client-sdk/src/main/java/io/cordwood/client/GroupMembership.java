package io.cordwood.client;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The group as one of its members sees it: which partitions it owns, and where its progress is kept. A
 * port; what is behind it keeps the member alive, whatever the member does with its records and however
 * long that takes.
 *
 * <p>Contract: {@link #commit}, {@link #acknowledge} and {@link #leave} reach the group in the order of the
 * calls. A partition is assigned to nobody else before its revocation is acknowledged, the member is fenced
 * or has left. After {@link Listener#fenced} nothing is reported until {@link #join} is called again.
 *
 * <p><b>Thread:</b> calls come from the consumer's thread and must not block; reports may come from any,
 * one after the other.
 */
interface GroupMembership {
    /** Joins, or joins anew after being fenced. */
    void join(Listener listener);

    /**
     * Stores offsets; nothing is retried behind the call. Fails as a whole with {@link CordwoodException}.
     */
    CompletableFuture<Map<TopicPartition, CommitOutcome>> commit(List<Commit> commits);

    /** The member does nothing with these any more. */
    void acknowledge(List<TopicPartition> revoked);

    /** Ends the membership at once; what is owned is free for others. */
    void leave();

    /** Told what changes. */
    interface Listener {
        /** These are the member's from now on; or already are, and go on under a newer epoch. */
        void assigned(List<Assignment> assignments);

        /** These are wanted back, acknowledged at the latest after this time. */
        void revoked(List<TopicPartition> partitions, Duration timeToFinish);

        /** The member owns nothing any more: others may have everything already. */
        void fenced(String reason);

        /** The member is not let in, and trying again will not help. */
        void refused(CordwoodException reason);
    }

    /**
     * A partition that the member owns.
     *
     * @param topicId of the topic that is meant, where another one of that name was there before
     * @param offset of the next record to process
     * @param memberEpoch goes with each commit, and tells zombies
     */
    record Assignment(TopicPartition partition, UUID topicId, long offset, int memberEpoch) {}

    /**
     * Progress to store.
     *
     * @param offset of the next record to process
     */
    record Commit(TopicPartition partition, long offset, int memberEpoch) {}

    /** What became of one partition's commit. */
    enum CommitOutcome {
        COMMITTED,
        /** The member does not own the partition any more. */
        NOT_OWNED,
        /** The whole member was replaced or is taken for dead. */
        FENCED
    }
}
