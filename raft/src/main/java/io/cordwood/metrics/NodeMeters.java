package io.cordwood.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the meters of one node out of the catalogue, in a registry of the node's own: several nodes may
 * share a process.
 *
 * <p>Invariant: there is no meter whose name, unit or labels are not those of a {@link Metric}.
 *
 * <p><b>Thread:</b> any. Meters are asked for once and kept: to find one takes a map and allocates.
 */
public final class NodeMeters {
    /** Upper ends of the buckets of every histogram; few, because each is a series. */
    private static final Duration[] BUCKETS = Stream.of(
                    500,
                    1_000,
                    2_000,
                    5_000,
                    10_000,
                    20_000,
                    50_000,
                    100_000,
                    200_000,
                    500_000,
                    1_000_000,
                    2_000_000,
                    5_000_000,
                    10_000_000)
            .map(micros -> Duration.ofNanos(micros * 1_000L))
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final TopicMeters topics;
    private final NodeGauges gauges;

    public NodeMeters(MeterRegistry registry, MeterLimits limits) {
        this.registry = registry;
        this.topics = new TopicMeters(this, limits.maxTopics());
        this.gauges = new NodeGauges(this, limits);
    }

    /** Meters that nobody looks at. */
    public static NodeMeters unseen() {
        return new NodeMeters(new SimpleMeterRegistry(), MeterLimits.DEFAULT);
    }

    public TopicMeters topics() {
        return topics;
    }

    /** Shows what the node looks like now. Called before the meters are read. */
    public void show(NodeSample sample) {
        gauges.show(sample);
        topics.retain(sample.topicExists());
    }

    /** @param labelValues in the order of the metric's labels */
    public Counter counter(Metric metric, String... labelValues) {
        var described = described(metric, MetricType.COUNTER);
        return Counter.builder(described.name())
                .description(described.meaning())
                .baseUnit(baseUnit(described))
                .tags(tags(described, labelValues))
                .register(registry);
    }

    /** A counter that something else keeps; held weakly. */
    public <T> FunctionCounter counter(Metric metric, T source, ToDoubleFunction<T> count, String... labelValues) {
        var described = described(metric, MetricType.COUNTER);
        return FunctionCounter.builder(described.name(), source, count)
                .description(described.meaning())
                .baseUnit(baseUnit(described))
                .tags(tags(described, labelValues))
                .register(registry);
    }

    public Timer histogram(Metric metric, String... labelValues) {
        var described = described(metric, MetricType.HISTOGRAM);
        return Timer.builder(described.name())
                .description(described.meaning())
                .serviceLevelObjectives(BUCKETS)
                .tags(tags(described, labelValues))
                .register(registry);
    }

    /** @param value asked at each look, so it must be cheap; held until the gauge is removed */
    public Gauge gauge(Metric metric, DoubleSupplier value, String... labelValues) {
        var described = described(metric, MetricType.GAUGE);
        return Gauge.builder(described.name(), value, DoubleSupplier::getAsDouble)
                .strongReference(true)
                .description(described.meaning())
                .baseUnit(baseUnit(described))
                .tags(tags(described, labelValues))
                .register(registry);
    }

    void remove(Meter meter) {
        registry.remove(meter);
    }

    private static MetricDescription described(Metric metric, MetricType type) {
        var description = metric.description();
        if (description.type() != type) {
            throw new IllegalArgumentException(metric + " is a " + description.type() + ", not a " + type);
        }
        return description;
    }

    private static @Nullable String baseUnit(MetricDescription described) {
        return described.unit().isEmpty() ? null : described.unit();
    }

    private static List<Tag> tags(MetricDescription described, String... labelValues) {
        var keys = described.labels();
        if (keys.size() != labelValues.length) {
            throw new IllegalArgumentException(
                    described.name() + " has the labels " + keys + ", given are " + List.of(labelValues));
        }
        var tags = new ArrayList<Tag>(keys.size());
        for (int i = 0; i < labelValues.length; i++) {
            tags.add(Tag.of(keys.get(i), labelValues[i]));
        }
        return tags;
    }
}
