package io.cordwood.client;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One ownership of a partition, from its assignment until it is gone; a partition that comes back is
 * another ownership.
 *
 * <p>Invariants: what is committed never falls; once gone it is never committed again. Every record taken
 * and not over is in {@link #unfinished}, those under way also in {@link #underWay}, the one that began
 * first in front.
 *
 * <p><b>Thread:</b> the consumer's.
 */
final class OwnedPartition {
    enum Phase {
        /** Told to the listener; read ahead, nothing is given yet. */
        STARTING,
        /** Nothing is committed yet: the place where it begins is, before a record is given. */
        COMMITTING_START,
        ACTIVE,
        /** Nothing more is begun; what is under way may end. */
        REVOKING,
        GONE
    }

    final TopicPartition partition;
    final PartitionId id;
    /** Member's epoch since which it is its own. */
    final long since;

    final Set<TakenRecord> unfinished = new LinkedHashSet<>();
    /** With the time when it began. */
    final Map<TakenRecord, Long> underWay = new LinkedHashMap<>();
    /** Taken, and given once their commit is confirmed: at most once only. */
    final ArrayDeque<TakenRecord> staged = new ArrayDeque<>();
    /** At most once only: the offset behind the last record that was staged. */
    long stagedTo;
    /** May be handled as soon as a worker is free, or given once the partition is resumed. */
    final ArrayDeque<TakenRecord> runnable = new ArrayDeque<>();

    Phase phase = Phase.STARTING;
    /** Of the newest assignment that it was in; goes with each commit. */
    long memberEpoch;
    /** Text beside its commits. */
    String metadata;

    ProgressTracker progress;
    boolean paused;
    /** The source may have records. */
    boolean available;
    /** Waits to be looked at for records. */
    boolean listed;
    /** Since when it does, where it does. */
    long listedNanos;
    /** Waits for a worker. */
    boolean inTurn;
    /** Of records taken and not over. */
    long takenBytes;
    /** Confirmed by the group; -1 where that is nothing, so that where it began is committed, too. */
    long committed;
    /** The newest offset on its way to the group, or -1. */
    long committing = -1;
    /** The newest offset that was ever on its way: it may be committed, whatever the answer was. */
    long sentTo = -1;
    /** Committed without waiting for the interval up to here. */
    long urgentTo;
    /** The group waits for it to be acknowledged. */
    boolean wantedBack;
    /** The listener has let go of it. */
    boolean released;

    /** Since when commits of it lie outside of the log as the group knows it. */
    @Nullable
    Long refusedSinceNanos;

    /** The group will not take what is done: nothing more is sent. */
    boolean uncommittable;

    /** Why it cannot be read at the moment. */
    @Nullable
    CordwoodException failure;

    /** Times in a row that reading it failed with what waiting does not cure; it is tried again all the same. */
    int readFailures;

    /** Why it does not go on, and the member ends. */
    @Nullable
    RuntimeException stopped;

    /** Where it does not: of the record that has failed, or that is not there. */
    long stoppedAt;

    private final ConsumerConfig config;

    OwnedPartition(GroupMembership.Assignment assignment, long memberEpoch, ConsumerConfig config) {
        this.partition = assignment.partition();
        this.id = assignment.id();
        this.since = assignment.since();
        this.memberEpoch = memberEpoch;
        this.metadata = assignment.metadata();
        this.committed = assignment.committed();
        this.urgentTo = assignment.offset();
        this.stagedTo = assignment.offset();
        this.config = config;
        this.progress = new ProgressTracker(config.windowRecords(), assignment.offset());
    }

    /** Everything up to here may be committed; at most once, that is all that was staged. */
    long committable() {
        long reached = config.atMostOnce() ? stagedTo : progress.committable();
        return Math.max(committed, reached);
    }

    /** Of the record before what may be committed; -1 where that is not known. */
    int leaderEpoch() {
        return config.atMostOnce() ? -1 : progress.leaderEpoch();
    }

    boolean isBehind() {
        return !uncommittable && committable() > committed;
    }

    /** Whether its own state lets records be taken; the consumer's memory is not its business. */
    boolean isOpen() {
        return phase == Phase.ACTIVE && !paused && !progress.isFull() && staged.isEmpty();
    }

    /** At most once only: taken, committed or perhaps so, and not done; nobody is given these again. */
    int onlyGivenHere() {
        int uncommitted = sentTo < stagedTo ? staged.size() : 0;
        return config.atMostOnce() ? unfinished.size() - underWay.size() - uncommitted : 0;
    }

    /** Staged records that no commit covers yet are left to whoever owns the partition next. */
    void dropStaged() {
        if (!staged.isEmpty() && committing < stagedTo) {
            stagedTo = Math.max(committed, committing);
        }
        staged.clear();
    }

    /** Up to here there are no more records; nothing has to wait for a commit of holes. */
    void passTo(long offset) {
        progress.passTo(offset);
        if (staged.isEmpty()) {
            stagedTo = progress.position();
        }
    }

    /** Goes on from elsewhere; what was taken before means nothing any more. */
    void moveTo(long offset) {
        progress = new ProgressTracker(config.windowRecords(), offset);
        available = false;
        recovered();
    }

    /** It cannot be read now. */
    void failed(CordwoodException reason) {
        failure = reason;
        if (!reason.retryable()) {
            readFailures++;
        }
    }

    /** It can be read. */
    void recovered() {
        failure = null;
        readFailures = 0;
    }

    void stop(long offset, RuntimeException reason) {
        stopped = reason;
        stoppedAt = offset;
    }

    boolean isGone() {
        return phase == Phase.GONE;
    }

    @Override
    public String toString() {
        return partition + " " + phase + ", epoch " + memberEpoch;
    }
}
