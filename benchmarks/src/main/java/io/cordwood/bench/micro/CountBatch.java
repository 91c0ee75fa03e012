package io.cordwood.bench.micro;

import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.Traffic;
import io.cordwood.server.metrics.NodeMetrics;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does a batch pay to be counted: its records, its bytes, and how long it took? And a page with 200
 * topics?
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CountBatch {
    private static final int TOPICS = 200;

    private final NodeMetrics metrics = new NodeMetrics(MeterLimits.DEFAULT, Map.of(), () -> true);
    private final Traffic traffic = metrics.meters().topics().of("topic-0").publish();
    private final Timer latency = metrics.server().publishes();

    @Setup
    public void useTopics() {
        IntStream.range(0, TOPICS)
                .forEach(i ->
                        metrics.meters().topics().of("topic-" + i).publish().add(1, 1));
    }

    @TearDown
    public void close() {
        metrics.close();
    }

    @Benchmark
    public void count() {
        long startNanos = System.nanoTime();
        traffic.add(100, 64 << 10);
        latency.record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
    }

    @Benchmark
    public String page() {
        return metrics.page();
    }
}
