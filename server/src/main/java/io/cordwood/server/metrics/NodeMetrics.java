package io.cordwood.server.metrics;

import io.cordwood.metrics.MeterLimits;
import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.cordwood.metrics.NodeSample;
import io.cordwood.metrics.ProcessMetrics;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.Closeable;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The metrics of one node, and the page on which Prometheus reads them.
 *
 * <p>Invariant: the page holds what the catalogue describes and nothing else.
 *
 * <p><b>Thread:</b> any; made and closed by the node's owner.
 */
public final class NodeMetrics implements Closeable {
    /** Of {@link #page}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final String OURS = "cordwood.";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collector = new JvmGcMetrics();
    private final NodeMeters meters;
    private final ServerMeters server;
    private volatile Supplier<NodeSample> sample = () -> NodeSample.EMPTY;

    /**
     * @param directories what they hold, to where they are
     * @param ready whether the node can serve
     */
    public NodeMetrics(MeterLimits limits, Map<String, Path> directories, BooleanSupplier ready) {
        registry.config().meterFilter(MeterFilter.denyUnless(NodeMetrics::isDescribed));
        meters = new NodeMeters(registry, limits);
        server = new ServerMeters(meters);
        meters.gauge(Metric.NODE_READY, () -> ready.getAsBoolean() ? 1 : 0);
        directories.forEach((name, path) -> {
            var directory = path.toFile();
            meters.gauge(Metric.DISK_FREE, directory::getUsableSpace, name);
            meters.gauge(Metric.DISK_TOTAL, directory::getTotalSpace, name);
        });
        bindProcess();
    }

    private void bindProcess() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collector.bindTo(registry);
    }

    /**
     * Before a meter exists: one that is denied is never asked for its value, such as the state of each of
     * thousands of threads.
     */
    private static boolean isDescribed(Meter.Id id) {
        return id.getName().startsWith(OURS) || ProcessMetrics.contains(id.getName());
    }

    public NodeMeters meters() {
        return meters;
    }

    public ServerMeters server() {
        return server;
    }

    /** @param newSample looks at the node's replicas, for each page from now on */
    public void watch(Supplier<NodeSample> newSample) {
        sample = newSample;
    }

    /**
     * All series as they are now, in the text format of Prometheus; looks at every replica, so it is no
     * call for an event loop.
     */
    public String page() {
        meters.show(sample.get());
        return registry.scrape();
    }

    @Override
    public void close() {
        collector.close();
        registry.close();
    }
}
