package io.cordwood.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * When each record of a loop is meant to be sent. Closed: as soon as the one before is taken. Open: at a steady rate from the start,
 * whatever happens to the others, so that a sender who is late stays due.
 *
 * <p>Invariant: in an open loop the intended time depends on nothing but the record's number.
 *
 * <p><b>Thread:</b> one sender.
 */
public final class Pace {
    /** Waking takes about this long, and sending early would be a lie about the rate. */
    private static final long SPIN_NANOS = 20_000;

    private final long startNanos;
    private final double recordsPerSecond;

    private Pace(long startNanos, double recordsPerSecond) {
        this.startNanos = startNanos;
        this.recordsPerSecond = recordsPerSecond;
    }

    /** @param recordsPerSecond 0 for a closed loop */
    public static Pace from(long startNanos, double recordsPerSecond) {
        if (recordsPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + recordsPerSecond + " records/s");
        }
        return new Pace(startNanos, recordsPerSecond);
    }

    /** When record {@code number}, from 0, is meant to be sent; in a closed loop that is now. */
    long intendedNanos(long number, long nowNanos) {
        return recordsPerSecond == 0
                ? nowNanos
                : startNanos + Math.round(number * (TimeUnit.SECONDS.toNanos(1) / recordsPerSecond));
    }

    /** Returns the intended time, not before it. */
    public long await(long number) {
        long now = System.nanoTime();
        long intended = intendedNanos(number, now);
        for (; intended - now > 0; now = System.nanoTime()) {
            if (intended - now > SPIN_NANOS) {
                LockSupport.parkNanos(intended - now - SPIN_NANOS);
            } else {
                Thread.onSpinWait();
            }
        }
        return intended;
    }
}
