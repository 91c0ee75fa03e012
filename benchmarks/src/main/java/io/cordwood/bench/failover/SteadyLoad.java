package io.cordwood.bench.failover;

import io.cordwood.bench.Pace;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Sends to all partitions in turn at a steady rate, whatever becomes of the records before.
 *
 * <p>Invariant: a record that fails is remembered, and {@link #finish} throws for it.
 *
 * <p><b>Thread:</b> the starting thread asks and ends; one of its own sends.
 */
final class SteadyLoad implements AutoCloseable {
    private static final long END_SECONDS = 120;

    private final Producer producer;
    private final String topic;
    private final FailoverRun.Plan plan;
    private final AckGaps gaps;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread sender = new Thread(this::send, "steady-load");
    private volatile boolean ending;

    private SteadyLoad(Producer producer, String topic, FailoverRun.Plan plan) {
        this.producer = producer;
        this.topic = topic;
        this.plan = plan;
        gaps = new AckGaps(plan.partitions(), System.nanoTime());
    }

    static SteadyLoad start(CordwoodClient client, String topic, FailoverRun.Plan plan) {
        // Each record is to be on its way when it is due.
        var load = new SteadyLoad(client.producer().linger(Duration.ZERO).open(), topic, plan);
        load.sender.start();
        return load;
    }

    AckGaps gaps() {
        return gaps;
    }

    private void send() {
        var pace = Pace.from(System.nanoTime(), plan.recordsPerSecond());
        var value = new byte[plan.recordBytes()];
        for (long number = 0; !ending; number++) {
            pace.await(number);
            int partition = (int) (number % plan.partitions());
            var unused = producer.send(new ProducerRecord(topic, partition, null, value))
                    .whenComplete((place, failed) -> {
                        if (failed == null) {
                            gaps.acknowledged(partition, System.nanoTime());
                        } else {
                            failure.compareAndSet(null, failed);
                        }
                    });
        }
    }

    /** Sends no more and waits for what is under way. */
    void finish() throws IOException, InterruptedException {
        ending = true;
        sender.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
        producer.flush();
        var failed = failure.get();
        if (failed != null) {
            throw new IOException("a record failed: " + failed, failed);
        }
    }

    @Override
    public void close() {
        ending = true;
        producer.close(Duration.ZERO);
    }
}
