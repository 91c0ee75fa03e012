package io.cordwood.bench.consumers;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Ordering;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * A consumer of one partition whose handler takes a while for each record.
 *
 * <p><b>Thread:</b> one; the consumer has its own.
 */
final class KeyedReading {
    private static final long HANDLER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final int WORKERS = 16;

    private final CordwoodClient client;
    private final String topic;

    KeyedReading(CordwoodClient client, String topic) {
        this.client = client;
        this.topic = topic;
    }

    /**
     * Records that were handled in a second, once the first one was; the group is a new one.
     *
     * @throws IOException also where those of a key were not handled one after the other
     */
    double rate(String group, Ordering ordering, Duration time) throws IOException, InterruptedException {
        var handled = new LongAdder();
        var order = new KeyOrder();
        try (var consumer = client.consumer(group)
                .topics(topic)
                .ordering(ordering)
                .workers(WORKERS)
                .handle(record -> {
                    var key = String.valueOf(record.keyText());
                    order.begin(key, record.offset());
                    handle();
                    order.end(key, record.offset());
                    handled.increment();
                })) {
            Await.until("record that is handled", POLL, () -> handled.sum() > 0);
            long begin = System.nanoTime();
            long before = handled.sum();
            Await.pass(time);
            double rate = (handled.sum() - before) / ((System.nanoTime() - begin) / 1e9);
            if (consumer.ended().isDone()) {
                throw new IOException("the consumer of " + group + " has ended: " + consumer.ended());
            }
            requireNone(order.violation());
            return rate;
        }
    }

    private static void requireNone(Optional<String> violation) throws IOException {
        if (violation.isPresent()) {
            throw new IOException(violation.get());
        }
    }

    private static void handle() {
        long end = System.nanoTime() + HANDLER_NANOS;
        for (long left = HANDLER_NANOS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
