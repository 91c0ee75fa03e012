package io.cordwood.bench;

import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends to partitions of a topic in turn at a steady rate, whatever becomes of the records before.
 *
 * <p>Invariant: a record that fails is remembered, and {@link #settle} and {@link #finish} throw for it.
 *
 * <p><b>Thread:</b> the starting thread waits and ends; one of its own sends.
 */
public final class SteadyLoad implements AutoCloseable {
    private static final long END_SECONDS = 120;
    private static final long POLL_MS = 20;

    /**
     * What is sent.
     *
     * @param partitions that take turns
     * @param recordBytes size of a value
     */
    public record Stream(String topic, List<Integer> partitions, int recordsPerSecond, int recordBytes) {
        public Stream {
            partitions = List.copyOf(partitions);
            if (partitions.isEmpty() || recordsPerSecond < partitions.size() || recordBytes < 1) {
                throw new IllegalArgumentException(partitions.size() + " partitions, " + recordsPerSecond
                        + " records/s, at least one for each, of " + recordBytes + " bytes");
            }
        }

        /** To all partitions of the topic. */
        public static Stream toAll(String topic, int partitionCount, int recordsPerSecond, int recordBytes) {
            return new Stream(
                    topic, IntStream.range(0, partitionCount).boxed().toList(), recordsPerSecond, recordBytes);
        }

        /** Between two records of a partition. */
        public Duration interval() {
            return Duration.ofSeconds(1).multipliedBy(partitions.size()).dividedBy(recordsPerSecond);
        }
    }

    /** Is told of each record that was acknowledged, on the client's threads; times are of System.nanoTime. */
    @FunctionalInterface
    public interface Acknowledgements {
        void take(int partition, long intendedNanos, long sentNanos, long acknowledgedNanos);
    }

    private final Producer producer;
    private final Stream stream;
    private final Acknowledgements acknowledgements;
    private final long startNanos = System.nanoTime();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread sender = new Thread(this::send, "steady-load");
    /** By turn: all is settled that was meant to be sent until then, that moment included. */
    private final AtomicLongArray settledNanos;

    private volatile boolean ending;

    private SteadyLoad(Producer producer, Stream stream, Acknowledgements acknowledgements) {
        this.producer = producer;
        this.stream = stream;
        this.acknowledgements = acknowledgements;
        settledNanos = new AtomicLongArray(stream.partitions().size());
        for (int turn = 0; turn < settledNanos.length(); turn++) {
            settledNanos.set(turn, startNanos - 1);
        }
    }

    /** @param producer ends with the load */
    public static SteadyLoad start(Producer producer, Stream stream, Acknowledgements acknowledgements) {
        var load = new SteadyLoad(producer, stream, acknowledgements);
        load.sender.start();
        return load;
    }

    private void send() {
        var pace = Pace.from(startNanos, stream.recordsPerSecond());
        var value = new byte[stream.recordBytes()];
        for (long number = 0; !ending; number++) {
            long intended = pace.await(number);
            send((int) (number % stream.partitions().size()), value, intended);
        }
    }

    private void send(int turn, byte[] value, long intendedNanos) {
        int partition = stream.partitions().get(turn);
        long sentNanos = System.nanoTime();
        var unused = producer.send(new ProducerRecord(stream.topic(), partition, null, value))
                .whenComplete((place, failed) -> {
                    if (failed == null) {
                        acknowledgements.take(partition, intendedNanos, sentNanos, System.nanoTime());
                    } else {
                        failure.compareAndSet(null, failed);
                    }
                    // Behind all that: those of a partition complete in their order.
                    settledNanos.set(turn, intendedNanos);
                });
    }

    /** Goes on sending, and returns when all that was meant to be sent before then is acknowledged. */
    public void settle(long untilNanos) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
        while (!isSettled(untilNanos)) {
            requireNoFailure();
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("records that were due are not acknowledged after " + END_SECONDS + " s");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
        requireNoFailure();
    }

    private boolean isSettled(long untilNanos) {
        for (int turn = 0; turn < settledNanos.length(); turn++) {
            if (settledNanos.get(turn) - untilNanos < 0) {
                return false;
            }
        }
        return true;
    }

    /** Sends no more and waits for what is under way. */
    public void finish() throws IOException, InterruptedException {
        ending = true;
        sender.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
        producer.flush();
        requireNoFailure();
    }

    private void requireNoFailure() throws IOException {
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
