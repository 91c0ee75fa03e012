package io.cordwood.it;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Publishes records at a fixed rate to all partitions of a topic in turn, whatever their acknowledgements take, and counts what
 * each waited for its own from the moment it was meant to be sent: a cluster that stands still delays many.
 *
 * <p><b>Thread:</b> the test's starts, asks and stops; one of its own sends.
 */
final class OpenLoop implements AutoCloseable {
    private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long MAX_MICROS = Duration.ofMinutes(10).toNanos() / 1_000;

    private final CordwoodClient client;
    private final Producer producer;
    private final String topic;
    private final int partitions;
    private final byte[] value;
    private final long gapNanos;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "open-loop");
    private volatile Histogram waits = new ConcurrentHistogram(MAX_MICROS, 3);
    private volatile boolean stopped;

    private OpenLoop(String bootstrap, String topic, int recordsPerSecond, int recordBytes) {
        this.topic = topic;
        client = CordwoodClient.connect(bootstrap.split(","));
        partitions = client.admin().topic(topic).partitionCount();
        producer = client.producer().open();
        value = new byte[recordBytes];
        gapNanos = SECOND_NANOS / recordsPerSecond;
    }

    static OpenLoop start(TestCluster cluster, String topic, int recordsPerSecond, int recordBytes) {
        return start(cluster.bootstrap(), topic, recordsPerSecond, recordBytes);
    }

    /** @param bootstrap any addresses of a cluster, with commas between */
    static OpenLoop start(String bootstrap, String topic, int recordsPerSecond, int recordBytes) {
        var loop = new OpenLoop(bootstrap, topic, recordsPerSecond, recordBytes);
        loop.thread.start();
        return loop;
    }

    /** The 99th percentile, in ms, of what was sent since the last call, or the start. */
    double p99Ms() {
        return percentilesMs(99)[0];
    }

    /** Percentiles, in ms, of what was sent since the last call, or the start. */
    double[] percentilesMs(double... percentiles) {
        var past = waits;
        waits = new ConcurrentHistogram(MAX_MICROS, 3);
        return Arrays.stream(percentiles)
                .map(percentile -> past.getValueAtPercentile(percentile) / 1_000.0)
                .toArray();
    }

    /** Returns when about so much was sent from now on. */
    void await(Duration time) {
        long goal = sent.get() + time.toNanos() / gapNanos;
        TestCluster.soon().atMost(time.plus(TestCluster.PATIENCE)).until(() -> sent.get() >= goal);
    }

    /** Sends no more and waits for what is under way; how many records were acknowledged. None may have failed. */
    long finish() {
        stop();
        producer.flush();
        TestCluster.soon().until(() -> acknowledged.get() + failures.size() >= sent.get());
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " records failed, the first: " + failures.peek());
        }
        return acknowledged.get();
    }

    private void run() {
        long begin = System.nanoTime();
        for (long i = 0; !stopped; i++) {
            long due = begin + i * gapNanos;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            send((int) (i % partitions), due);
        }
    }

    private void send(int partition, long dueNanos) {
        var into = waits;
        sent.incrementAndGet();
        var unused = producer.send(new ProducerRecord(topic, partition, null, value))
                .whenComplete((place, failure) -> {
                    if (failure != null) {
                        failures.add(failure.toString());
                        return;
                    }
                    into.recordValue(Math.min(MAX_MICROS, (System.nanoTime() - dueNanos) / 1_000));
                    acknowledged.incrementAndGet();
                });
    }

    private void stop() {
        stopped = true;
        TestCluster.soon().until(() -> !thread.isAlive());
    }

    @Override
    public void close() {
        stop();
        producer.close(Duration.ZERO);
        client.close();
    }
}
