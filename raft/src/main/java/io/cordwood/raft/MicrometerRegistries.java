package io.cordwood.raft;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.util.TimeDuration;

/**
 * Gives Ratis' metrics to Micrometer's global registry, under {@code ratis.<component>.<name>}. Ratis finds it as a service and
 * does not start without one; its own implementation keeps a reservoir of samples per timer and group.
 *
 * <p>Thread: any.
 */
public final class MicrometerRegistries extends MetricRegistries {
    private final Map<MetricRegistryInfo, MicrometerRegistry> registries = new ConcurrentHashMap<>();

    /** For the service loader. */
    public MicrometerRegistries() {}

    @Override
    public void clear() {
        registries.keySet().forEach(this::remove);
    }

    @Override
    public RatisMetricRegistry create(MetricRegistryInfo info) {
        return registries.computeIfAbsent(info, MicrometerRegistry::new);
    }

    @Override
    public boolean remove(MetricRegistryInfo key) {
        var removed = registries.remove(key);
        if (removed != null) {
            removed.unregister();
        }
        return removed != null;
    }

    @Override
    public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
        return Optional.ofNullable(registries.get(info));
    }

    @Override
    public Set<MetricRegistryInfo> getMetricRegistryInfos() {
        return Set.copyOf(registries.keySet());
    }

    @Override
    public Collection<RatisMetricRegistry> getMetricRegistries() {
        return new ArrayList<>(registries.values());
    }

    /** Reporters of Ratis' own kind have no place here: whoever wants the meters reads Micrometer's registry. */
    @Override
    public void addReporterRegistration(Consumer<RatisMetricRegistry> start, Consumer<RatisMetricRegistry> stop) {}

    @Override
    public void enableJmxReporter() {}

    @Override
    public void enableConsoleReporter(TimeDuration consoleReportRate) {}

    /** The meters of one component of one group. */
    private static final class MicrometerRegistry implements RatisMetricRegistry {
        private final MetricRegistryInfo info;
        private final MeterRegistry meters = Metrics.globalRegistry;
        private final Map<String, Meter> registered = new ConcurrentHashMap<>();
        private final Map<String, Counter> counters = new ConcurrentHashMap<>();

        MicrometerRegistry(MetricRegistryInfo info) {
            this.info = info;
        }

        private String meterName(String name) {
            return "ratis." + info.getMetricsComponentName() + "." + name;
        }

        private Tags tags() {
            return Tags.of("member", info.getPrefix());
        }

        @Override
        public Timekeeper timer(String name) {
            var timer = (io.micrometer.core.instrument.Timer)
                    registered.computeIfAbsent(name, key -> meters.timer(meterName(key), tags()));
            return () -> {
                long start = System.nanoTime();
                return () -> {
                    long elapsed = System.nanoTime() - start;
                    timer.record(elapsed, TimeUnit.NANOSECONDS);
                    return elapsed;
                };
            };
        }

        @Override
        public LongCounter counter(String name) {
            return counters.computeIfAbsent(name, key -> {
                var counter = new Counter();
                // A gauge, because Ratis also counts down.
                registered.put(
                        key,
                        io.micrometer.core.instrument.Gauge.builder(meterName(key), counter, Counter::getCount)
                                .tags(tags())
                                .register(meters));
                return counter;
            });
        }

        @Override
        public boolean remove(String name) {
            counters.remove(name);
            var meter = registered.remove(name);
            if (meter != null) {
                meters.remove(meter);
            }
            return meter != null;
        }

        @Override
        public <T> void gauge(String name, Supplier<Supplier<T>> gaugeSupplier) {
            registered.computeIfAbsent(name, key -> {
                var supplier = gaugeSupplier.get();
                return io.micrometer.core.instrument.Gauge.builder(
                                meterName(key), () -> supplier.get() instanceof Number number ? number : null)
                        .tags(tags())
                        .strongReference(true)
                        .register(meters);
            });
        }

        @Override
        public MetricRegistryInfo getMetricRegistryInfo() {
            return info;
        }

        void unregister() {
            registered.keySet().forEach(this::remove);
        }
    }

    private static final class Counter implements LongCounter {
        private final LongAdder sum = new LongAdder();

        @Override
        public void inc(long n) {
            sum.add(n);
        }

        @Override
        public void dec(long n) {
            sum.add(-n);
        }

        @Override
        public long getCount() {
            return sum.sum();
        }
    }
}
