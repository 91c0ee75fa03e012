package io.cordwood.server.tracing;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * The newest batches of the node that are part of a recorded trace, so that their delivery can be one, too:
 * batches do not carry it. One that is read later than that, or at another node, is not found; and where a
 * topic was deleted and made anew, one of the old topic may be, at the same offsets.
 *
 * <p>Invariant: whichever comes first, a delivery and the batch in it meet once; a reader may be faster
 * than the answer to the publisher. At most so many of both are kept, the newest.
 *
 * <p><b>Thread:</b> any. The monitor guards both queues, so that of two that come at once one is the first.
 */
final class RecentBatches {
    private final int max;
    private final Deque<Batch> batches = new ArrayDeque<>();
    private final Deque<Range> deliveries = new ArrayDeque<>();

    /**
     * One of them.
     *
     * @param headers name the span of its commit
     */
    record Batch(Range range, Map<String, String> headers) {
        Batch {
            headers = Map.copyOf(headers);
        }
    }

    /** @param end exclusive */
    record Range(Place place, long start, long end) {
        private boolean overlaps(Range other) {
            return place.equals(other.place) && start < other.end && end > other.start;
        }
    }

    RecentBatches(int max) {
        this.max = max;
    }

    /** Returns how many deliveries were faster. */
    synchronized int committed(Batch batch) {
        keep(batches, batch);
        return (int) deliveries.stream().filter(batch.range()::overlaps).count();
    }

    /** Returns the batches in it, at most this many. */
    synchronized List<Batch> delivered(Range range, int atMost) {
        keep(deliveries, range);
        return batches.stream()
                .filter(batch -> batch.range().overlaps(range))
                .limit(atMost)
                .toList();
    }

    private <T> void keep(Deque<T> queue, T newest) {
        if (queue.size() >= max) {
            queue.removeFirst();
        }
        queue.addLast(newest);
    }
}
