package io.cordwood.store;

import io.cordwood.batch.RecordBatch;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The idempotent producers of one partition: per producer id the epoch and the last {@value #BATCHES_KEPT} batches.
 *
 * <p>Invariants: the same appends and expiries give the same state, in the same order (least recently used first); the
 * only clock is the leader's time that the entries carry. A duplicate is recognised only while its batch is among those
 * kept; an older one is out of order.
 *
 * <p><b>Thread:</b> one owner.
 *
 * <p><b>Source:</b> Kafka's idempotent producer, KIP-98, and KAFKA-5494, which keeps five batches.
 */
public final class ProducerState {
    /** So many batches of a producer may be unanswered at once. All nodes of a cluster run programs with the same number. */
    public static final int BATCHES_KEPT = 32;

    public static final int DEFAULT_PRODUCERS_MAX = 10_000;
    public static final Duration DEFAULT_EXPIRY = Duration.ofHours(24);

    /** What becomes of a producer's batch. */
    public sealed interface Decision {
        /** It is the next one. */
        record Append() implements Decision {}

        /** It is in the log already, at these offsets. */
        record Duplicate(long baseOffset, long endOffset) implements Decision {}

        record OutOfOrder(int expectedSequence) implements Decision {}

        record Fenced(short currentEpoch) implements Decision {}

        record TooMany(int limit) implements Decision {}
    }

    private static final Decision APPEND = new Decision.Append();

    private final int producersMax;
    private final long expiryMs;
    /** In order of last use, because append takes an id out and puts it in again at the end. */
    private final LinkedHashMap<Long, Producer> producers = new LinkedHashMap<>();

    public ProducerState() {
        this(DEFAULT_PRODUCERS_MAX, DEFAULT_EXPIRY);
    }

    /**
     * @param producersMax {@link #check} refuses a new producer at this number; {@link #append} never does, because a
     *     replica follows what its leader decided
     */
    public ProducerState(int producersMax, Duration expiry) {
        if (producersMax < 1 || expiry.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "producersMax " + producersMax + " and expiry " + expiry + " must be positive");
        }
        this.producersMax = producersMax;
        this.expiryMs = expiry.toMillis();
    }

    /** The state that {@link #entries} described. */
    public static ProducerState of(int producersMax, Duration expiry, List<ProducerEntry> entries) {
        var state = new ProducerState(producersMax, expiry);
        for (var entry : entries) {
            if (state.producers.put(entry.producerId(), Producer.of(entry)) != null) {
                throw new IllegalArgumentException("producer " + entry.producerId() + " is there twice");
            }
        }
        return state;
    }

    public static ProducerState of(List<ProducerEntry> entries) {
        return of(DEFAULT_PRODUCERS_MAX, DEFAULT_EXPIRY, entries);
    }

    public Decision check(long producerId, short epoch, int firstSequence, int recordCount) {
        requireBatch(producerId, epoch, firstSequence, recordCount);
        var producer = producers.get(producerId);
        if (producer == null) {
            return producers.size() < producersMax ? APPEND : new Decision.TooMany(producersMax);
        }
        if (epoch < producer.epoch) {
            return new Decision.Fenced(producer.epoch);
        }
        if (epoch > producer.epoch) {
            return firstSequence == 0 ? APPEND : new Decision.OutOfOrder(0);
        }
        int kept = producer.find(firstSequence, recordCount);
        if (kept >= 0) {
            long base = producer.baseOffsets[kept];
            return new Decision.Duplicate(base, base + recordCount);
        }
        int expected = producer.nextSequence();
        return firstSequence == expected ? APPEND : new Decision.OutOfOrder(expected);
    }

    /** Takes the batch as it was decided; never refuses. */
    public void append(long producerId, short epoch, ProducerEntry.Batch batch, long leaderTimeMs) {
        requireBatch(producerId, epoch, batch.firstSequence(), batch.recordCount());
        var producer = producers.remove(producerId);
        if (producer == null || producer.epoch != epoch) {
            producer = new Producer(epoch);
        }
        producer.add(batch);
        producer.lastUsedMs = leaderTimeMs;
        producers.put(producerId, producer);
    }

    /** Forgets the producers whose last batch is as old as the expiry, or older. */
    public void expire(long leaderTimeMs) {
        // Leader time never falls, so the least recently used one is the oldest.
        var oldestFirst = producers.values().iterator();
        while (oldestFirst.hasNext() && leaderTimeMs - oldestFirst.next().lastUsedMs >= expiryMs) {
            oldestFirst.remove();
        }
    }

    public boolean contains(long producerId) {
        return producers.containsKey(producerId);
    }

    /** Copies what is known of one producer into another state that does not know it; nothing where it is unknown here. */
    public void copyTo(ProducerState target, long producerId) {
        var producer = producers.get(producerId);
        if (producer != null && target.producers.putIfAbsent(producerId, producer.copy()) != null) {
            throw new IllegalArgumentException("producer " + producerId + " is there already");
        }
    }

    public int size() {
        return producers.size();
    }

    public ProducerState copy() {
        var copy = new ProducerState(producersMax, Duration.ofMillis(expiryMs));
        for (Map.Entry<Long, Producer> entry : producers.entrySet()) {
            copy.producers.put(entry.getKey(), entry.getValue().copy());
        }
        return copy;
    }

    /** Least recently used first. */
    public List<ProducerEntry> entries() {
        return producers.entrySet().stream()
                .map(entry -> entry.getValue().toEntry(entry.getKey()))
                .toList();
    }

    private static void requireBatch(long producerId, short epoch, int firstSequence, int recordCount) {
        if (producerId < 0 || epoch < 0 || firstSequence < 0 || recordCount < 1) {
            throw new IllegalArgumentException("producer " + producerId + ", epoch " + epoch + ", sequence "
                    + firstSequence + ", " + recordCount + " records is no idempotent batch");
        }
    }

    /** A ring of the newest batches; as small as most producers need it until it is full for the first time. */
    private static final class Producer {
        private static final int BATCHES_AT_FIRST = 4;

        private final short epoch;
        private int[] firstSequences;
        private int[] recordCounts;
        private long[] baseOffsets;
        private int size;
        private int newest = -1;
        private long lastUsedMs;

        Producer(short epoch) {
            this(epoch, new int[BATCHES_AT_FIRST], new int[BATCHES_AT_FIRST], new long[BATCHES_AT_FIRST]);
        }

        private Producer(short epoch, int[] firstSequences, int[] recordCounts, long[] baseOffsets) {
            this.epoch = epoch;
            this.firstSequences = firstSequences;
            this.recordCounts = recordCounts;
            this.baseOffsets = baseOffsets;
        }

        static Producer of(ProducerEntry entry) {
            int size = entry.batches().size();
            var producer = new Producer(entry.epoch(), new int[size], new int[size], new long[size]);
            entry.batches().forEach(producer::add);
            producer.lastUsedMs = entry.lastUsedMs();
            return producer;
        }

        void add(ProducerEntry.Batch batch) {
            if (size == firstSequences.length && size < BATCHES_KEPT) {
                grow();
            }
            newest = (newest + 1) % firstSequences.length;
            size = Math.min(size + 1, BATCHES_KEPT);
            firstSequences[newest] = batch.firstSequence();
            recordCounts[newest] = batch.recordCount();
            baseOffsets[newest] = batch.baseOffset();
        }

        /** It was never full, so the oldest batch is at its beginning. */
        private void grow() {
            int capacity = Math.min(2 * size, BATCHES_KEPT);
            firstSequences = Arrays.copyOf(firstSequences, capacity);
            recordCounts = Arrays.copyOf(recordCounts, capacity);
            baseOffsets = Arrays.copyOf(baseOffsets, capacity);
        }

        /** The place of this very batch in the ring, or -1. */
        int find(int firstSequence, int recordCount) {
            for (int i = 0; i < size; i++) {
                if (firstSequences[i] == firstSequence && recordCounts[i] == recordCount) {
                    return i;
                }
            }
            return -1;
        }

        int nextSequence() {
            return RecordBatch.sequenceAfter(firstSequences[newest], recordCounts[newest]);
        }

        Producer copy() {
            var copy = new Producer(epoch, firstSequences.clone(), recordCounts.clone(), baseOffsets.clone());
            copy.size = size;
            copy.newest = newest;
            copy.lastUsedMs = lastUsedMs;
            return copy;
        }

        ProducerEntry toEntry(long producerId) {
            var batches = new ProducerEntry.Batch[size];
            for (int i = 0; i < size; i++) {
                int at = (newest - size + 1 + i + firstSequences.length) % firstSequences.length;
                batches[i] = new ProducerEntry.Batch(firstSequences[at], recordCounts[at], baseOffsets[at]);
            }
            return new ProducerEntry(producerId, epoch, lastUsedMs, List.of(batches));
        }
    }
}
