package io.cordwood.bench;

import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Times of acknowledgements, counted twice: from the moment the record was meant to be sent, and from the moment it was sent. A
 * sender that is held up sends late; only the first count shows what its records waited, the second leaves it out (coordinated
 * omission). In a closed loop nothing is meant earlier than it is sent, and both are the same.
 *
 * <p>Invariant: both counts hold the same number of times; a time beyond {@value #MAX_MICROS} us counts as that.
 *
 * <p><b>Thread:</b> any.
 */
public final class Latencies {
    private static final long MAX_MICROS = 600_000_000L;
    private static final int DIGITS = 3;
    private static final double MICROS_PER_MS = 1000.0;
    private static final long NANOS_PER_MICRO = 1000;

    private final Histogram fromIntended = new ConcurrentHistogram(MAX_MICROS, DIGITS);
    private final Histogram fromSend = new ConcurrentHistogram(MAX_MICROS, DIGITS);

    /** All on the clock of {@link System#nanoTime}. */
    public void record(long intendedNanos, long sentNanos, long acknowledgedNanos) {
        fromIntended.recordValue(micros(acknowledgedNanos - intendedNanos));
        fromSend.recordValue(micros(acknowledgedNanos - sentNanos));
    }

    public long count() {
        return fromIntended.getTotalCount();
    }

    /** {@code meanMs} to {@code maxMs} from the intended send, {@code sendP50Ms} to {@code sendMaxMs} from the real one. */
    public JsonLine summary() {
        return JsonLine.empty()
                .with("meanMs", fromIntended.getMean() / MICROS_PER_MS)
                .with("p50Ms", millis(fromIntended, 50))
                .with("p99Ms", millis(fromIntended, 99))
                .with("p999Ms", millis(fromIntended, 99.9))
                .with("maxMs", fromIntended.getMaxValue() / MICROS_PER_MS)
                .with("sendP50Ms", millis(fromSend, 50))
                .with("sendP99Ms", millis(fromSend, 99))
                .with("sendMaxMs", fromSend.getMaxValue() / MICROS_PER_MS);
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / MICROS_PER_MS;
    }

    private static long micros(long nanos) {
        return Math.max(0, Math.min(nanos / NANOS_PER_MICRO, MAX_MICROS));
    }
}
