package io.cordwood.bench;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.Producer;
import io.cordwood.client.ProducerRecord;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A closed loop: sends as fast as the producer takes records, which is as fast as the cluster acknowledges them, and measures
 * throughput and the time from send to ack.
 *
 * <p>Thread: one sender; acks are counted on the client's threads.
 */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        description =
                "Publishes records of one size as fast as they are acknowledged and prints throughput and latency.")
public final class Load implements Callable<Integer> {
    private static final long MAX_LATENCY_MICROS = 600_000_000L;
    private static final double MB = 1e6;

    @Option(
            names = "--bootstrap",
            defaultValue = "localhost:9090",
            description = "host:port of a node; ${DEFAULT-VALUE}")
    private String bootstrap = "";

    @Option(names = "--topic", defaultValue = "load", description = "created where it does not exist; ${DEFAULT-VALUE}")
    private String topic = "";

    @Option(names = "--partitions", defaultValue = "6", description = "of a topic that is created; ${DEFAULT-VALUE}")
    private int partitions;

    @Option(names = "--replicas", defaultValue = "3", description = "of a topic that is created; ${DEFAULT-VALUE}")
    private int replicas;

    @Option(names = "--record-bytes", defaultValue = "1000", description = "size of a value; ${DEFAULT-VALUE}")
    private int recordBytes;

    @Option(names = "--warmup", defaultValue = "10", description = "seconds before the measurement; ${DEFAULT-VALUE}")
    private int warmupSeconds;

    @Option(names = "--seconds", defaultValue = "20", description = "seconds of measurement; ${DEFAULT-VALUE}")
    private int seconds;

    @Option(names = "--batch-bytes", description = "the producer's batch size; its default where absent")
    private @Nullable Integer batchBytes;

    @Option(names = "--linger-ms", description = "the producer's linger; its default where absent")
    private @Nullable Integer lingerMs;

    @Option(names = "--buffer-bytes", description = "the producer's buffer; its default where absent")
    private @Nullable Integer bufferBytes;

    @Option(names = "--csv", description = "print one CSV line instead of sentences")
    private boolean csv;

    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> firstFailure = new AtomicReference<>();

    /** Runs it. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Load()).execute(args));
    }

    @Override
    public Integer call() {
        try (var client = CordwoodClient.connect(bootstrap)) {
            createTopic(client);
            try (var producer = open(client)) {
                run(producer, warmupSeconds);
                print(run(producer, seconds));
            }
        }
        var failure = firstFailure.get();
        if (failure != null) {
            System.err.println("error: " + failures.get() + " records failed, the first: " + failure);
        }
        return failure == null ? 0 : 1;
    }

    private void createTopic(CordwoodClient client) {
        if (client.admin().topics().stream().noneMatch(found -> found.name().equals(topic))) {
            client.admin().createTopic(topic, partitions, replicas, Map.of());
        }
    }

    private Producer open(CordwoodClient client) {
        var builder = client.producer();
        if (batchBytes != null) {
            builder.batchBytes(batchBytes);
        }
        if (lingerMs != null) {
            builder.linger(Duration.ofMillis(lingerMs));
        }
        if (bufferBytes != null) {
            builder.bufferBytes(bufferBytes);
        }
        return builder.open();
    }

    /** What one phase measured. */
    private record Measured(long records, double seconds, Histogram latencyMicros) {}

    private Measured run(Producer producer, int phaseSeconds) {
        var latency = new ConcurrentHistogram(MAX_LATENCY_MICROS, 3);
        var values = values();
        long start = System.nanoTime();
        long end = start + Duration.ofSeconds(phaseSeconds).toNanos();
        long sent = 0;
        for (long now = start; now < end; now = System.nanoTime()) {
            send(producer, values[(int) (sent % values.length)], now, latency);
            sent++;
        }
        producer.flush();
        return new Measured(sent, (System.nanoTime() - start) / 1e9, latency);
    }

    /** Some different values that do not compress to nothing. */
    private byte[][] values() {
        var random = new Random(42);
        var values = new byte[64][recordBytes];
        for (byte[] value : values) {
            random.nextBytes(value);
        }
        return values;
    }

    private void send(Producer producer, byte[] value, long sentAt, ConcurrentHistogram latency) {
        var unused = producer.send(new ProducerRecord(topic, null, value)).whenComplete((metadata, failure) -> {
            if (failure == null) {
                latency.recordValue(Math.min((System.nanoTime() - sentAt) / 1000, MAX_LATENCY_MICROS));
            } else {
                failures.incrementAndGet();
                firstFailure.compareAndSet(null, failure);
            }
        });
    }

    private void print(Measured measured) {
        double recordsPerSecond = measured.records() / measured.seconds();
        double megabytesPerSecond = recordsPerSecond * recordBytes / MB;
        double p50 = measured.latencyMicros().getValueAtPercentile(50) / 1000.0;
        double p99 = measured.latencyMicros().getValueAtPercentile(99) / 1000.0;
        double max = measured.latencyMicros().getMaxValue() / 1000.0;
        if (csv) {
            System.out.printf(
                    "%d,%d,%.1f,%.0f,%.2f,%.2f,%.2f%n",
                    recordBytes, measured.records(), megabytesPerSecond, recordsPerSecond, p50, p99, max);
        } else {
            System.out.printf(
                    "%d records of %d bytes, forced on a majority: %.1f MB/s, %.0f records/s, ack p50 %.2f ms, p99 %.2f ms,"
                            + " max %.2f ms%n",
                    measured.records(), recordBytes, megabytesPerSecond, recordsPerSecond, p50, p99, max);
        }
    }
}
