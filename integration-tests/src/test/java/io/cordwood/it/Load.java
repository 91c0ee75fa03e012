package io.cordwood.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Idempotent producers that send unique records to all partitions of a topic at a steady pace, whatever happens to the
 * cluster, and remember the acknowledgements.
 *
 * <p><b>Thread:</b> the test's starts, asks and stops; one of its own sends.
 */
final class Load implements AutoCloseable {
    /** Half the pace where the machine is to have time for the tests beside. */
    private static final int TICK_MS = Boolean.getBoolean("cordwood.nightly") ? 10 : 20;

    private static final int RECORDS_PER_TICK = 10;
    private static final int IN_FLIGHT_MAX = 500;

    private final CordwoodClient client;
    private final String topic;
    private final int partitions;
    private final int recordsPerTick;
    private final List<Sender> senders = new ArrayList<>();
    private final ConcurrentLinkedQueue<Ledger.Entry> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger acknowledgedCount = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "load");
        thread.setDaemon(true);
        return thread;
    });

    private Load(String bootstrap, String topic, int producers, int recordsPerTick) {
        this.recordsPerTick = recordsPerTick;
        this.client = CordwoodClient.connect(bootstrap.split(","));
        this.topic = topic;
        this.partitions = client.admin().topic(topic).partitionCount();
        for (int i = 0; i < producers; i++) {
            senders.add(new Sender(i, client.producer().open()));
        }
    }

    /** One producer, its next number, and how many of its records are not settled. */
    private record Sender(int id, Producer producer, AtomicInteger next, AtomicInteger inFlight) {
        Sender(int id, Producer producer) {
            this(id, producer, new AtomicInteger(), new AtomicInteger());
        }
    }

    static Load start(TestCluster cluster, String topic, int producers) {
        return start(cluster.bootstrap(), topic, producers);
    }

    /** @param bootstrap any addresses of a cluster, with commas between */
    static Load start(String bootstrap, String topic, int producers) {
        return started(new Load(bootstrap, topic, producers, RECORDS_PER_TICK));
    }

    /** One producer that leaves the machine time for what is measured beside it: 100 records/s. */
    static Load light(String bootstrap, String topic) {
        return started(new Load(bootstrap, topic, 1, 1));
    }

    private static Load started(Load load) {
        var unused = load.ticker.scheduleWithFixedDelay(load::tick, 0, TICK_MS, TimeUnit.MILLISECONDS);
        return load;
    }

    /** Waits until this many more records are acknowledged than now. */
    void awaitMore(int count) {
        int goal = acknowledgedCount.get() + count;
        TestCluster.soon().until(() -> acknowledgedCount.get() >= goal || !failures.isEmpty());
        assertNoFailure();
    }

    int acknowledged() {
        return acknowledgedCount.get();
    }

    /** What is acknowledged by now. */
    Ledger ledger() {
        return new Ledger(List.copyOf(acknowledged));
    }

    /** Sends no more, waits for what is under way, and returns all acknowledgements. No record may have failed. */
    Ledger finish() {
        stopTicking();
        TestCluster.soon()
                .until(() ->
                        senders.stream().allMatch(sender -> sender.inFlight().get() == 0));
        assertNoFailure();
        return ledger();
    }

    @Override
    public void close() {
        stopTicking();
        senders.forEach(sender -> sender.producer().close(Duration.ZERO));
        client.close();
    }

    private void stopTicking() {
        ticker.shutdown();
        TestCluster.soon().until(ticker::isTerminated);
    }

    private void assertNoFailure() {
        assertThat(failures).as("records that failed").isEmpty();
    }

    private void tick() {
        for (var sender : senders) {
            for (int i = 0; i < recordsPerTick && sender.inFlight().get() < IN_FLIGHT_MAX; i++) {
                send(sender, new LoadRecord(sender.id(), sender.next().getAndIncrement()));
            }
        }
    }

    private void send(Sender sender, LoadRecord record) {
        sender.inFlight().incrementAndGet();
        var sent =
                sender.producer().send(new ProducerRecord(topic, record.number() % partitions, null, record.value()));
        var unused = sent.whenComplete((place, failure) -> {
            if (failure == null) {
                acknowledged.add(new Ledger.Entry(new Ledger.Place(place.partition(), place.offset()), record));
                acknowledgedCount.incrementAndGet();
            } else {
                failures.add(record + ": " + failure);
            }
            sender.inFlight().decrementAndGet();
        });
    }
}
