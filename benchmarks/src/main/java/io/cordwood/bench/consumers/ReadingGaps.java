package io.cordwood.bench.consumers;

import java.util.ArrayList;
import java.util.List;

/**
 * When each record of a topic was acknowledged to who wrote it, and when it was handed to who reads it.
 *
 * <p>A reading gap is a time in which a partition had something to read and gave nothing: up to a record's
 * delivery, from the delivery of the one before, or from its own acknowledgement where that came later.
 *
 * <p>Invariants: offsets are dense, from 0. A gap that has not ended counts for as long as it is.
 *
 * <p><b>Thread:</b> any; the lock of a partition guards what is known of it.
 */
final class ReadingGaps {
    private static final double NANOS_PER_MS = 1e6;

    private final List<Partition> partitions = new ArrayList<>();

    /** Times of one partition, by offset. */
    private static final class Partition {
        private final List<Long> acknowledged = new ArrayList<>();
        private final List<Long> delivered = new ArrayList<>();

        synchronized void acknowledge(long nowNanos) {
            acknowledged.add(nowNanos);
        }

        /** One that is delivered again says nothing new. */
        synchronized void deliver(long offset, long nowNanos) {
            if (offset > delivered.size()) {
                throw new IllegalStateException("offset " + offset + " was read, behind " + (delivered.size() - 1));
            }
            if (offset == delivered.size()) {
                delivered.add(nowNanos);
            }
        }

        synchronized long longestNanos(long from, long to) {
            long longest = 0;
            long before = from;
            for (int offset = 0; offset < acknowledged.size(); offset++) {
                boolean isDelivered = offset < delivered.size();
                long given = isDelivered ? Math.min(delivered.get(offset), to) : to;
                long since = Math.max(before, acknowledged.get(offset));
                longest = Math.max(longest, given - since);
                before = Math.max(before, given);
            }
            return longest;
        }
    }

    ReadingGaps(int count) {
        for (int i = 0; i < count; i++) {
            partitions.add(new Partition());
        }
    }

    /** The next record of the partition, in order. */
    void acknowledged(int partition, long nowNanos) {
        partitions.get(partition).acknowledge(nowNanos);
    }

    void delivered(int partition, long offset, long nowNanos) {
        partitions.get(partition).deliver(offset, nowNanos);
    }

    /**
     * The longest gap of a partition between two moments of {@link System#nanoTime}; what was before is cut
     * off.
     */
    double longestMs(int partition, long fromNanos, long toNanos) {
        return partitions.get(partition).longestNanos(fromNanos, toNanos) / NANOS_PER_MS;
    }
}
