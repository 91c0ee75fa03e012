package io.cordwood.chaos.history;

import io.cordwood.client.TopicPartition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody did, or saw. The same value type stands at the begin of an operation and at its end: results
 * are {@code null} as long as they are not known.
 *
 * <p>The name of a topic stands for one life of a topic. Topics that a run deletes are no subject of these
 * operations, and neither are compacted ones, whose offsets have holes.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed interface Operation {

    /** An operation on one partition. */
    sealed interface OfPartition extends Operation {
        TopicPartition partition();
    }

    /** An operation of a group in one partition. */
    sealed interface OfGroup extends OfPartition {
        String group();
    }

    /** An operation that adds one record to a partition. */
    sealed interface Write extends OfPartition {
        Value value();

        /** Where the record is. */
        @Nullable
        Long offset();
    }

    /** Records that somebody got from a partition. */
    sealed interface View extends OfPartition {
        /** The offset that was asked for. */
        long position();

        /** In the order in which they came. */
        List<Seen> records();

        /** Where to go on; with {@link EventType#OK} only. */
        @Nullable
        Long nextPosition();
    }

    /**
     * A record is given to a producer, which repeats by itself what it may repeat.
     *
     * @param idempotent whether its producer promises one copy of each record in the order of the numbers
     * @param offset with {@link EventType#OK}
     * @param leaderEpoch with {@link EventType#OK}, where the answer tells
     */
    record Produce(
            TopicPartition partition,
            Value value,
            boolean idempotent,
            @Nullable Long offset,
            @Nullable Integer leaderEpoch)
            implements Write {
        public static Produce of(TopicPartition partition, Value value, boolean idempotent) {
            return new Produce(partition, value, idempotent, null, null);
        }

        public Produce at(long offset, @Nullable Integer leaderEpoch) {
            return new Produce(partition, value, idempotent, offset, leaderEpoch);
        }
    }

    /**
     * A record is appended where the partition ends at an offset, and not repeated.
     *
     * @param offset with {@link EventType#OK}
     * @param foundEnd with {@link EventType#FAIL}: the end for which it was refused; none where it was refused
     *     for something else
     */
    record AppendIf(
            TopicPartition partition,
            Value value,
            long expectedEnd,
            @Nullable Long offset,
            @Nullable Long foundEnd) implements Write {
        public static AppendIf of(TopicPartition partition, Value value, long expectedEnd) {
            return new AppendIf(partition, value, expectedEnd, null, null);
        }

        public AppendIf at(long offset) {
            return new AppendIf(partition, value, expectedEnd, offset, null);
        }

        public AppendIf refused(long foundEnd) {
            return new AppendIf(partition, value, expectedEnd, null, foundEnd);
        }
    }

    /**
     * Where a partition ends is asked for.
     *
     * @param highWatermark with {@link EventType#OK}
     */
    record EndOffset(TopicPartition partition, @Nullable Long highWatermark) implements OfPartition {
        public static EndOffset of(TopicPartition partition) {
            return new EndOffset(partition, null);
        }

        public EndOffset at(long highWatermark) {
            return new EndOffset(partition, highWatermark);
        }
    }

    /**
     * A reader asks for the records from an offset on. All reads of one process in one partition are one pass
     * from where it began: a reader that begins anew somewhere else takes another process name.
     *
     * @param waits whether it stays open until there are records, whoever has to be asked again for them; else
     *     it is a single try, and who made it makes another one where it fails
     * @param logStart with {@link EventType#FAIL}: the log start, where the position lies below it. The reader
     *     goes on there
     */
    record Read(
            TopicPartition partition,
            long position,
            boolean waits,
            List<Seen> records,
            @Nullable Long nextPosition,
            @Nullable Long logStart)
            implements View {
        /** How the detail of one begins that failed because its reader must not take what came. */
        public static final String UNSOUND = "unsound: ";

        public Read {
            records = List.copyOf(records);
        }

        public static Read of(TopicPartition partition, long position) {
            return new Read(partition, position, false, List.of(), null, null);
        }

        public static Read waiting(TopicPartition partition, long position) {
            return new Read(partition, position, true, List.of(), null, null);
        }

        public Read got(List<Seen> records, long nextPosition) {
            return new Read(partition, position, waits, records, nextPosition, null);
        }

        public Read trimmed(long logStart) {
            return new Read(partition, position, waits, List.of(), null, logStart);
        }
    }

    /**
     * A part of what a partition has after everything was healed and came to rest: one operation for each
     * answer, from the log start to the end.
     *
     * @param logStart first offset that is kept
     * @param endOffset exclusive end of what is committed
     */
    record FinalRead(
            TopicPartition partition,
            long logStart,
            long endOffset,
            long position,
            List<Seen> records,
            @Nullable Long nextPosition)
            implements View {
        public FinalRead {
            records = List.copyOf(records);
        }

        public static FinalRead of(TopicPartition partition, long logStart, long endOffset, long position) {
            return new FinalRead(partition, logStart, endOffset, position, List.of(), null);
        }

        public FinalRead got(List<Seen> records, long nextPosition) {
            return new FinalRead(partition, logStart, endOffset, position, records, nextPosition);
        }
    }

    /**
     * What one replica has after everything was healed and came to rest.
     *
     * @param hash of offsets, leader epochs and bytes from the log start to the end
     */
    record ReplicaState(TopicPartition partition, int node, long logStart, long endOffset, String hash)
            implements OfPartition {}

    /** A node that says that it leads a partition, noted when it changed. */
    record LeaderSeen(TopicPartition partition, int node, int epoch) implements OfPartition {}

    /**
     * What lies before an offset may be dropped from now on: somebody asked for it. For a topic that drops by
     * age or size it is noted once at the begin, with {@link Long#MAX_VALUE}.
     */
    record Trim(TopicPartition partition, long before) implements OfPartition {}

    /**
     * A repair of a partition's newest segment, or harm that may have led to one: it takes one offset that no
     * record has.
     *
     * @param offset which one, where that is known
     */
    record Repair(TopicPartition partition, @Nullable Long offset) implements OfPartition {}

    /**
     * A fault: {@link EventType#INVOKE} when it sets in, {@link EventType#OK} when it is over, {@link
     * EventType#FAIL} where it could not be made.
     *
     * @param nodes whom it is done to; of a cut first the one whose bytes do not arrive
     * @param what in words: which file, which direction, how long
     */
    record Fault(HarmKind kind, List<Integer> nodes, String what) implements Operation {
        public Fault {
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * What a run means to see of a topic: without that the silence of all judges says nothing of it. Noted once,
     * at the begin.
     *
     * @param partitions from 0 to there, exclusive; it may get more of them
     * @param replicas of each of these in the end
     * @param nodes whose {@link Resources} are sampled
     * @param readers processes that read the topic, or how the names of their passes begin before a dot
     */
    record Planned(String topic, int partitions, int replicas, List<Integer> nodes, List<String> readers)
            implements Operation {
        public Planned {
            nodes = List.copyOf(nodes);
            readers = List.copyOf(readers);
        }
    }

    /** From now on no fault is at work, until the next one begins. */
    record Heal() implements Operation {}

    /** What a node's process holds. */
    record Resources(int node, long rssBytes, long heapBytes, long directBytes, int openFiles, int threads)
            implements Operation {}

    /**
     * What a run means to see of a group: members come and go until the last {@link Heal}, and in the end all have
     * left. Noted once, at the begin.
     *
     * @param topics that its members read
     */
    record PlannedGroup(String group, List<String> topics) implements Operation {
        public PlannedGroup {
            topics = List.copyOf(topics);
        }
    }

    /**
     * A member is told that a partition is its own: noted when it hears of it for the first time. Its process is the
     * member; one that starts anew takes another name.
     *
     * @param since the epoch from which on it may commit. They rise from owner to owner, whoever it is
     * @param offset of the next record to process, as committed then; none where nothing was
     */
    record Owned(
            String group,
            TopicPartition partition,
            long since,
            @Nullable Long offset) implements OfGroup {}

    /** A member has a partition no more, or not for long. */
    record Parted(String group, TopicPartition partition, Parting how) implements OfGroup {}

    /** How a member and a partition part. */
    enum Parting {
        /** The application is told to finish. */
        REVOKED,
        /** The group is told, by a message that is sent now, that nothing is done with it any more. */
        RELEASED,
        /** The application is told that others have it. */
        LOST
    }

    /** The application of a member has a record: from when it is given to it until it is done with it. */
    record Handled(String group, TopicPartition partition, Seen record) implements OfGroup, View {
        @Override
        public long position() {
            return record.offset();
        }

        @Override
        public List<Seen> records() {
            return List.of(record);
        }

        @Override
        public Long nextPosition() {
            return record.offset() + 1;
        }
    }

    /**
     * A member commits an offset: from when that is sent to the answer of the coordinator. {@link EventType#OK} where
     * that is that it is committed, {@link EventType#FAIL} where it was refused.
     *
     * @param epoch that it names, of the member
     * @param offset of the next record to process
     * @param late whether it comes from somebody who knows that the partition, or the epoch, is the member's no more
     */
    record Commit(String group, TopicPartition partition, long epoch, long offset, boolean late) implements OfGroup {
        public static Commit of(String group, TopicPartition partition, long epoch, long offset) {
            return new Commit(group, partition, epoch, offset, false);
        }

        public Commit asLate() {
            return new Commit(group, partition, epoch, offset, true);
        }
    }

    /**
     * What a group has committed when all its members have left.
     *
     * @param offset none where nothing is committed
     */
    record GroupOffset(
            String group,
            TopicPartition partition,
            @Nullable Long offset) implements OfGroup {}
}
