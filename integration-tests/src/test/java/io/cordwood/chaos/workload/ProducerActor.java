package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.RecordMetadata;
import io.cordwood.client.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends unique records to all partitions of a topic in turn, in an open loop.
 *
 * <p>An idempotent producer promises an order from its first record to the first one that it gives up. From
 * there on another one takes its place, under another name: {@code producer-0}, {@code producer-0.1}, ...
 *
 * <p><b>Thread:</b> that of its workload; answers come on those of the client.
 */
final class ProducerActor implements Actor {
    private static final Duration TICK = Duration.ofMillis(10);
    /** As long as so many are unanswered no more are begun: behind them they would only wait. */
    private static final int IN_FLIGHT_MAX = 1_000;

    private static final Duration MAX_BLOCK = Duration.ofSeconds(1);
    /** A record of a single batch does not fit a second time. */
    private static final int SMALLEST_BATCH_BYTES = 1 << 10;

    /**
     * What it sends.
     *
     * @param deliveryTimeout after which a record is given up
     * @param alone whether records go in batches of their own as far as they can
     */
    record Settings(
            String topic,
            int partitions,
            boolean idempotent,
            double recordsPerSecond,
            Duration deliveryTimeout,
            boolean alone,
            Payload payload) {}

    private final CordwoodClient client;
    private final Journal journal;
    private final Settings settings;
    private final Pace pace;
    private final List<Life> earlier = new ArrayList<>();
    private Life current;
    private int lives;

    ProducerActor(CordwoodClient client, Journal journal, Settings settings) {
        this.client = client;
        this.journal = journal;
        this.settings = settings;
        this.pace = new Pace(settings.recordsPerSecond(), System.nanoTime());
        this.current = new Life(journal.name(), open());
    }

    /** One producer, from its first record to the first one that it gives up. */
    private static final class Life {
        private final String name;
        private final Producer producer;
        private final AtomicInteger inFlight = new AtomicInteger();
        private volatile boolean gaveUp;
        private long next;

        Life(String name, Producer producer) {
            this.name = name;
            this.producer = producer;
        }
    }

    @Override
    public Optional<Duration> step(boolean stopping) {
        endOldOnes();
        if (stopping) {
            return inFlight() == 0 ? Optional.empty() : Optional.of(TICK);
        }
        if (current.gaveUp) {
            earlier.add(current);
            lives++;
            current = new Life(journal.name() + "." + lives, open());
        }
        // From the first record that is given up on the name must be another one: the producer goes on under another
        // identity, and what is under way of the old one may come behind what is sent now.
        for (int due = pace.due(System.nanoTime()); due > 0 && inFlight() < IN_FLIGHT_MAX && !current.gaveUp; due--) {
            send(current);
        }
        return Optional.of(TICK);
    }

    private Producer open() {
        var builder = client.producer()
                .idempotent(settings.idempotent())
                .maxBlock(MAX_BLOCK)
                .deliveryTimeout(settings.deliveryTimeout());
        return (settings.alone() ? builder.linger(Duration.ZERO).batchBytes(SMALLEST_BATCH_BYTES) : builder).open();
    }

    private void endOldOnes() {
        for (var old : List.copyOf(earlier)) {
            if (old.inFlight.get() == 0) {
                old.producer.close(Duration.ZERO);
                earlier.remove(old);
            }
        }
    }

    private int inFlight() {
        return current.inFlight.get()
                + earlier.stream().mapToInt(old -> old.inFlight.get()).sum();
    }

    private void send(Life life) {
        var value = new Value(life.name, life.next++);
        var partition = new TopicPartition(settings.topic(), (int) (value.number() % settings.partitions()));
        var begun = Operation.Produce.of(partition, value, settings.idempotent());
        long operation = journal.begin(life.name, begun);
        life.inFlight.incrementAndGet();
        var sent = life.producer.send(new ProducerRecord(
                partition.topic(),
                partition.partition(),
                null,
                settings.payload().of(value)));
        var unused = sent.whenComplete((place, failure) -> {
            end(life, operation, begun, place, failure);
            life.inFlight.decrementAndGet();
        });
    }

    private void end(
            Life life,
            long operation,
            Operation.Produce begun,
            @Nullable RecordMetadata place,
            @Nullable Throwable failure) {
        if (failure == null) {
            var found = Objects.requireNonNull(place, "neither a place nor a failure");
            journal.ok(life.name, operation, begun.at(found.offset(), found.leaderEpoch()));
        } else {
            journal.end(life.name, operation, begun, Outcome.ofSend(failure));
            life.gaveUp = settings.idempotent();
        }
    }

    @Override
    public void close() {
        earlier.forEach(old -> old.producer.close(Duration.ZERO));
        current.producer.close(Duration.ZERO);
    }
}
