package io.cordwood.raft;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * What the background check of a node's segment files amounts to, as meters {@code cordwood.scrub.*}.
 *
 * <p>Thread: the check's own writes, any reads.
 */
final class ScrubCounters {
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder findings = new LongAdder();
    private final LongAdder repairs = new LongAdder();
    private volatile long unrepaired;
    private volatile long passBeganNanos;

    ScrubCounters(NodeMeters meters, LongSupplier clockNanos) {
        passBeganNanos = clockNanos.getAsLong();
        meters.counter(Metric.SCRUB_BYTES, readBytes, LongAdder::sum);
        meters.counter(Metric.SCRUB_FINDINGS, findings, LongAdder::sum);
        meters.counter(Metric.SCRUB_REPAIRS, repairs, LongAdder::sum);
        meters.gauge(Metric.SCRUB_UNREPAIRED, () -> unrepaired);
        meters.gauge(
                Metric.SCRUB_PASS_AGE,
                () -> (double) (clockNanos.getAsLong() - passBeganNanos) / TimeUnit.SECONDS.toNanos(1));
    }

    void read(long bytes) {
        readBytes.add(bytes);
    }

    void found() {
        findings.increment();
    }

    void repaired() {
        repairs.increment();
    }

    void unrepaired(long files) {
        unrepaired = files;
    }

    /** A pass that began then is complete. */
    void passed(long beganNanos) {
        passBeganNanos = beganNanos;
    }

    long findings() {
        return findings.sum();
    }

    long repairs() {
        return repairs.sum();
    }

    long unrepaired() {
        return unrepaired;
    }
}
