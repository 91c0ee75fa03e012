package io.cordwood.client;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The group as one of its members sees it: which partitions it owns, and where its progress is kept. A
 * port; what is behind it keeps the member alive, whatever the member does with its records and however
 * long that takes.
 *
 * <p>Contract: {@link #commit}, {@link #acknowledge} and {@link #leave} reach the group in the order of the
 * calls. A partition is assigned to nobody else before its revocation is acknowledged, the member is fenced
 * or has left. After {@link Listener#fenced} nothing is reported until {@link #join} is called again, nor
 * anything after {@link Listener#refused}.
 *
 * <p><b>Thread:</b> calls come from the consumer's thread and must not block; reports and questions may
 * come from any, one after the other.
 */
interface GroupMembership {
    /** Joins, or joins anew after being fenced or finding out that it was. */
    void join(Listener listener);

    /**
     * Stores offsets; nothing is retried behind the call. Fails as a whole with {@link CordwoodException}.
     */
    CompletableFuture<Map<TopicPartition, CommitOutcome>> commit(List<Commit> commits);

    /**
     * The member does nothing with these any more.
     *
     * @param epoch of the newest assignment that the member has seen, which asks for them
     */
    void acknowledge(long epoch, List<PartitionId> revoked);

    /**
     * Ends the membership. Done when the group knows, or is not waited for any more.
     *
     * @param forGood what is owned is free for others at once; otherwise that of a static member is kept
     *     for whoever comes next under its instance id, while its session lasts
     * @param held where the member stopped, no more than {@link HeldPartition#MAX} partitions: told before
     *     the leave
     * @param patience for the group to know; what was said before reaches it also later
     */
    CompletableFuture<@Nullable Void> leave(boolean forGood, List<HeldPartition> held, Duration patience);

    /** Told what changes. */
    interface Listener {
        /** The whole of what is the member's from now on. It may come again with nothing new. */
        void assigned(Assignments whole);

        /** The member owns nothing any more: others may have everything already. */
        void fenced(String reason);

        /**
         * Where the member does not just read on, no more than {@link HeldPartition#MAX} partitions;
         * completed by any thread, or never where the consumer has ended.
         */
        CompletableFuture<List<HeldPartition>> held();

        /**
         * The member is not let in, or is cut off, and trying again will not help: nothing that it has can be
         * committed.
         */
        void refused(CordwoodException reason);

        /** The member is one still, and cannot go on. */
        void failed(CordwoodException reason);

        /**
         * These are the member's own, but nothing is committed there, and the group begins nowhere then:
         * the member cannot go on.
         */
        void beginsNowhere(List<PartitionId> partitions, CordwoodException reason);
    }

    /**
     * What a member owns. What it has and does not find here, with the same since, is not its own any more.
     *
     * @param epoch rises with each change
     * @param outOfRange where to go on when a position is not kept any more
     * @param revoked to be given up and then acknowledged; what is under way may end and be committed, but
     *     what the member does not have is acknowledged at once
     */
    record Assignments(long epoch, OutOfRange outOfRange, List<Assignment> assigned, List<Revocation> revoked) {
        public Assignments {
            assigned = List.copyOf(assigned);
            revoked = List.copyOf(revoked);
        }
    }

    /**
     * A partition that the member owns.
     *
     * @param topicId of the topic that is meant, where another one of that name was there before
     * @param since epoch since which it is the member's; another one than before means that it was somebody
     *     else's meanwhile, or that its offset was set
     * @param offset of the next record to process
     * @param committed what the group has stored of that; -1 where that is nothing
     * @param metadata text beside it
     */
    record Assignment(
            TopicPartition partition, UUID topicId, long since, long offset, long committed, String metadata) {
        PartitionId id() {
            return new PartitionId(topicId, partition.partition());
        }
    }

    /** A partition that the member shall give up. */
    record Revocation(PartitionId id, long since) {}

    /**
     * Progress to store.
     *
     * @param offset of the next record to process
     * @param leaderEpoch of the record before; -1 where that is not known
     * @param metadata text beside the offset
     * @param memberEpoch of the newest assignment in which the partition was the member's; tells zombies
     */
    record Commit(
            TopicPartition partition, UUID topicId, long offset, int leaderEpoch, String metadata, long memberEpoch) {
        public Commit {
            if (offset < 0) {
                throw new IllegalArgumentException("offset " + offset + " of " + partition + " must be at least 0");
            }
        }
    }

    /**
     * What became of one partition's commit.
     *
     * @param reason set exactly where it is refused for good
     */
    record CommitOutcome(Fate fate, @Nullable CordwoodException reason) {
        enum Fate {
            COMMITTED,
            UNCONFIRMED,
            OUT_OF_RANGE,
            REFUSED,
            NOT_OWNED,
            FENCED
        }

        /** It is stored, or a later one is. */
        static final CommitOutcome COMMITTED = new CommitOutcome(Fate.COMMITTED, null);
        /** It is not known to be stored, and may be sent again. */
        static final CommitOutcome UNCONFIRMED = new CommitOutcome(Fate.UNCONFIRMED, null);
        /** It lies outside of the log as the group knows it, which may lag for a moment. */
        static final CommitOutcome OUT_OF_RANGE = new CommitOutcome(Fate.OUT_OF_RANGE, null);
        /** The member does not own the partition any more. */
        static final CommitOutcome NOT_OWNED = new CommitOutcome(Fate.NOT_OWNED, null);
        /** The whole member was replaced or is taken for dead. */
        static final CommitOutcome FENCED = new CommitOutcome(Fate.FENCED, null);

        public CommitOutcome {
            if ((fate == Fate.REFUSED) != (reason != null)) {
                throw new IllegalArgumentException(fate + " for the reason " + reason);
            }
        }

        /** It is not taken, also when it is sent again. */
        static CommitOutcome refused(CordwoodException reason) {
            return new CommitOutcome(Fate.REFUSED, reason);
        }
    }
}
