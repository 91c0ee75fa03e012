package io.cordwood.raft;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long a catch-up waits for files that compaction makes here, and that would spare a fetch of all.
 *
 * <p>Invariants: it ends after a time, and where somebody still asks then it is not begun again. Whoever asks after a silence asks
 * about something else.
 *
 * <p>Thread: one at a time.
 */
final class OwnFilesWait {
    static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** A leader asks again within a second. */
    static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier clockNanos;
    private OptionalLong askedNanos = OptionalLong.empty();
    private long sinceNanos;

    OwnFilesWait(LongSupplier clockNanos) {
        this.clockNanos = clockNanos;
    }

    /** Asked where nothing but such files is lacking. Returns whether to wait, and ask again. */
    boolean goesOn() {
        long now = clockNanos.getAsLong();
        if (askedNanos.isEmpty() || now - askedNanos.getAsLong() > SILENCE_NANOS) {
            sinceNanos = now;
        }
        askedNanos = OptionalLong.of(now);
        return now - sinceNanos < LONGEST_NANOS;
    }
}
