package io.cordwood.bench;

import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Sends records of one size through one producer, first to warm up, then to be measured, without a pause between the two.
 *
 * <p>Invariants: a record belongs to the measurement when it was sent in it, whenever it is acknowledged; the measurement ends when
 * all its records are settled.
 *
 * <p><b>Thread:</b> one sender; acknowledgements are counted on the client's threads.
 */
final class PublishLoop {
    private static final double MB = 1e6;

    private final Producer producer;
    private final String topic;
    private final Values values;
    private final double recordsPerSecond;
    private final AtomicLong failures = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> firstFailure = new AtomicReference<>();

    /** @param recordsPerSecond 0 for a closed loop */
    PublishLoop(Producer producer, String topic, Values values, double recordsPerSecond) {
        this.producer = producer;
        this.topic = topic;
        this.values = values;
        this.recordsPerSecond = recordsPerSecond;
    }

    /** What the measured part showed; {@code records}, {@code seconds}, rates, latencies and {@code failures} of both parts. */
    JsonLine run(Extent warmUp, Extent measured) {
        send(warmUp, new Latencies());
        var latencies = new Latencies();
        long start = System.nanoTime();
        long sent = send(measured, latencies);
        producer.flush();
        double seconds = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
        return JsonLine.empty()
                .with("mode", recordsPerSecond == 0 ? "closed" : "open")
                .with("recordBytes", values.at(0).length)
                .with("records", sent)
                .with("seconds", seconds)
                .with("megabytesPerSecond", sent * (double) values.at(0).length / seconds / MB)
                .with("recordsPerSecond", sent / seconds)
                .with(latencies.summary())
                .with("failures", failures.get());
    }

    @Nullable
    Throwable firstFailure() {
        return firstFailure.get();
    }

    private long send(Extent extent, Latencies latencies) {
        long start = System.nanoTime();
        var pace = Pace.from(start, recordsPerSecond);
        long sent = 0;
        while (!extent.isOver(sent, System.nanoTime() - start)) {
            long intended = pace.await(sent);
            send(values.at(sent), intended, latencies);
            sent++;
        }
        return sent;
    }

    private void send(byte[] value, long intendedNanos, Latencies latencies) {
        long sentNanos = System.nanoTime();
        var unused = producer.send(new ProducerRecord(topic, null, value)).whenComplete((metadata, failure) -> {
            if (failure == null) {
                latencies.record(intendedNanos, sentNanos, System.nanoTime());
            } else {
                failures.incrementAndGet();
                firstFailure.compareAndSet(null, failure);
            }
        });
    }
}
