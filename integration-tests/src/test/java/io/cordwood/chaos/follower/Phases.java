package io.cordwood.chaos.follower;

import io.cordwood.bench.Latencies;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The latencies of a load, apart for each phase of a run.
 *
 * <p>Invariant: a record belongs to the phase in which it was meant to be sent, whenever that was done and
 * whenever it was acknowledged: one that a fault has held up counts for the fault.
 *
 * <p><b>Thread:</b> any. Times are of {@link System#nanoTime}.
 */
final class Phases {
    private final long originNanos;
    /** By their beginnings, counted from the origin: the clock itself may turn negative. */
    private final NavigableMap<Long, Latencies> byStart = new ConcurrentSkipListMap<>();

    /** The first phase begins now. */
    Phases(long nowNanos) {
        originNanos = nowNanos;
        byStart.put(0L, new Latencies());
    }

    /** The phase before ends. Returns what those will be that are meant to be sent from now on. */
    Latencies begin(long nowNanos) {
        var latencies = new Latencies();
        byStart.put(nowNanos - originNanos, latencies);
        return latencies;
    }

    void acknowledged(long intendedNanos, long sentNanos, long acknowledgedNanos) {
        var phase = Objects.requireNonNull(byStart.floorEntry(Math.max(0, intendedNanos - originNanos)));
        phase.getValue().record(intendedNanos, sentNanos, acknowledgedNanos);
    }
}
