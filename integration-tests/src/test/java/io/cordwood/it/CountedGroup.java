package io.cordwood.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cordwood.client.ConsumedRecord;
import io.cordwood.client.Consumer;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A topic that is written faster than its group processes it, and what both count themselves, without
 * asking the cluster: between which bounds the lag must lie at each moment.
 *
 * <p>Invariant: what is asked for is counted before, what is confirmed afterwards. So the high watermark
 * lies between the records acknowledged and those sent, the committed offset between what was confirmed
 * and what was asked for.
 *
 * <p><b>Thread:</b> its fields under its lock; one thread of its own writes, one processes.
 */
final class CountedGroup implements AutoCloseable {
    private static final int WRITTEN_AT_ONCE = 6;
    private static final int PROCESSED_AT_ONCE = 20;
    private static final Duration WRITE_PAUSE = Duration.ofMillis(10);
    private static final Duration PROCESS_PAUSE = Duration.ofMillis(100);

    private final String topic;
    private final int partitions;
    private final Producer producer;
    private final Consumer consumer;
    private final ScheduledExecutorService writing = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledExecutorService processing = Executors.newSingleThreadScheduledExecutor();
    /** Timestamps of each partition's records, by offset. */
    private final Map<Integer, List<Long>> sentMillis = new HashMap<>();

    private final Map<Integer, Long> acknowledged = new HashMap<>();
    private final Map<Integer, Long> asked = new HashMap<>();
    private final Map<Integer, Long> confirmed = new HashMap<>();
    private final NavigableMap<Instant, Map<Integer, Count>> history = new TreeMap<>();
    private @Nullable Throwable failure;
    private long written;

    /** What is known of a partition at a moment, ends exclusive. */
    private record Count(long acknowledged, long sent, long confirmed, long asked) {}

    /** What a lag may be, both included. */
    record Bounds(long min, long max) {}

    CountedGroup(CordwoodClient client, String topic, int partitions) {
        this.topic = topic;
        this.partitions = partitions;
        this.producer = client.producer().linger(Duration.ZERO).open();
        this.consumer = client.consumer(topic)
                .topics(topic)
                .manualCommit()
                .maxPollRecords(PROCESSED_AT_ONCE)
                .open();
        count();
        every(writing, WRITE_PAUSE, this::write);
        every(processing, PROCESS_PAUSE, this::process);
    }

    private void every(ScheduledExecutorService thread, Duration pause, Runnable task) {
        var unused = thread.scheduleAtFixedRate(
                () -> {
                    try {
                        task.run();
                    } catch (CordwoodException e) {
                        failed(e);
                    }
                },
                0,
                pause.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void write() {
        for (int i = 0; i < WRITTEN_AT_ONCE; i++) {
            int partition = (int) (written++ % partitions);
            long now = System.currentTimeMillis();
            long offset;
            synchronized (this) {
                var sent = sentMillis.computeIfAbsent(partition, first -> new ArrayList<>());
                offset = sent.size();
                sent.add(now);
            }
            var record =
                    new ProducerRecord(topic, partition, null, ("value-" + offset).getBytes(UTF_8), List.of(), now);
            var unused = producer.send(record).whenComplete((stored, refusal) -> {
                if (refusal != null) {
                    failed(refusal);
                } else if (stored.offset() != offset) {
                    failed(new AssertionError(stored + " was sent as number " + offset));
                } else {
                    acknowledged(partition, offset);
                }
            });
        }
        count();
    }

    private void process() {
        var records = consumer.poll(PROCESS_PAUSE);
        synchronized (this) {
            records.forEach(record -> asked.merge(record.partition(), record.offset() + 1, Math::max));
        }
        count();
        commit(records);
        count();
    }

    private void commit(List<ConsumedRecord> records) {
        if (!records.isEmpty()) {
            var committed = consumer.commit(records).committed();
            synchronized (this) {
                committed.forEach((partition, offset) -> confirmed.merge(partition.partition(), offset, Math::max));
            }
        }
    }

    private synchronized void acknowledged(int partition, long offset) {
        acknowledged.merge(partition, offset + 1, Math::max);
    }

    private synchronized void failed(Throwable reason) {
        failure = failure == null ? reason : failure;
    }

    private synchronized void count() {
        var now = new HashMap<Integer, Count>();
        for (int partition = 0; partition < partitions; partition++) {
            now.put(
                    partition,
                    new Count(
                            acknowledged.getOrDefault(partition, 0L),
                            sentMillis.getOrDefault(partition, List.of()).size(),
                            confirmed.getOrDefault(partition, 0L),
                            asked.getOrDefault(partition, 0L)));
        }
        history.put(Instant.now(), now);
    }

    synchronized boolean hasCommittedEverywhere() {
        return confirmed.size() == partitions;
    }

    /** Of what was measured after the time and before this call. */
    synchronized Bounds lagSince(Instant begin, int partition) {
        if (failure != null) {
            throw new AssertionError("the load has failed", failure);
        }
        var before = Objects.requireNonNull(history.floorEntry(begin), "measured before the load began")
                .getValue()
                .getOrDefault(partition, new Count(0, 0, 0, 0));
        count();
        var after = history.lastEntry().getValue().getOrDefault(partition, new Count(0, 0, 0, 0));
        return new Bounds(Math.max(0, before.acknowledged - after.asked), Math.max(0, after.sent - before.confirmed));
    }

    synchronized long sentMillis(int partition, long offset) {
        return Objects.requireNonNull(sentMillis.get(partition)).get((int) offset);
    }

    @Override
    public void close() {
        writing.shutdownNow();
        processing.shutdownNow();
        consumer.close(Duration.ZERO);
        producer.close(Duration.ZERO);
    }
}
