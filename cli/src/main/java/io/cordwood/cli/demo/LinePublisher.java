package io.cordwood.cli.demo;

import io.cordwood.client.CordwoodException;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends records spread evenly over a time. After a stall it catches up, because each record has its own due time.
 *
 * <p>Thread: one, which keeps the order of the records.
 */
final class LinePublisher {
    private static final long NAP_NANOS = 500_000;
    private static final long TELL_EVERY_NANOS = 200_000_000;

    private final String topic;
    private final Producer producer;
    private final PublishLog log;
    private final Runnable tell;

    /** @param tell called about five times a second */
    LinePublisher(String topic, Producer producer, PublishLog log, Runnable tell) {
        this.topic = topic;
        this.producer = producer;
        this.log = log;
        this.tell = tell;
    }

    void publish(List<DemoRecord> records, Duration duration) {
        var begin = System.nanoTime();
        var gaps = Math.max(1, records.size() - 1);
        var tellAt = begin;
        for (var number = 0; number < records.size(); number++) {
            var due = begin + (long) ((double) duration.toNanos() * number / gaps);
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(Math.min(NAP_NANOS, due - System.nanoTime()));
            }
            send(number, records.get(number), due);
            if (System.nanoTime() >= tellAt) {
                tell.run();
                tellAt = System.nanoTime() + TELL_EVERY_NANOS;
            }
        }
    }

    private void send(int number, DemoRecord record, long due) {
        log.sending(number, due);
        try {
            var unused = producer.send(new ProducerRecord(topic, record.key(), record.value()))
                    .whenComplete((place, failure) -> {
                        if (failure == null) {
                            log.acknowledged(number, place.partition(), place.offset());
                        } else {
                            log.failed(number, failure);
                        }
                    });
        } catch (CordwoodException e) {
            log.failed(number, e);
        }
    }
}
