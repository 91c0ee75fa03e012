package io.cordwood.client;

import org.jspecify.annotations.Nullable;

/**
 * Reads the partitions that a member owns, ahead of what it takes and within a bound of bytes. A port: the
 * log is subscribed to in production, made up in tests.
 *
 * <p>Contract: {@link #next} gives each record from the position on, in order, once. A partition is told as
 * available when records have come after {@link #next} had none; it is never told between {@link #remove}
 * and {@link #add}.
 *
 * <p><b>Thread:</b> the consumer's, also for the listener.
 */
interface RecordSource {
    /** @param partition from its offset on; it is not read yet */
    void add(GroupMembership.Assignment partition);

    void remove(TopicPartition partition);

    /** Goes on from elsewhere. */
    void seek(TopicPartition partition, long offset);

    /** While held, a partition is not read further, and gives up room for others. */
    void hold(TopicPartition partition, boolean held);

    /** The next record, or null when none is there now. */
    @Nullable
    ConsumedRecord next(TopicPartition partition);

    /**
     * The offset of the next record that {@link #next} gives, or one below it without records in between.
     */
    long position(TopicPartition partition);

    /**
     * For how long a partition was not read because what has come fills its bounds; 0 where it is read,
     * held, or waits for more.
     */
    long fullNanos(TopicPartition partition, long now);

    /**
     * Does what is due.
     *
     * @return when to be called again at the latest
     */
    long advance(long now);

    void close();

    /** Told what comes. */
    interface Listener {
        void available(TopicPartition partition);

        /** Everything before the failure was given; the partition is tried again where that can help. */
        void failed(TopicPartition partition, CordwoodException reason);

        /** After a failure its leader has nothing that is new, and nothing to find fault with. */
        void recovered(TopicPartition partition);
    }
}
