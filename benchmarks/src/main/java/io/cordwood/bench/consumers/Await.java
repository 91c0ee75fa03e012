package io.cordwood.bench.consumers;

import io.cordwood.client.CordwoodException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for conditions, and for time to pass. Stateless. */
final class Await {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Await() {}

    /**
     * Returns when the condition holds, looking at it so often; a call of it that fails for now is not one
     * that holds.
     */
    static void until(String what, Duration every, BooleanSupplier condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!holds(condition)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("no " + what + " within " + PATIENCE.toSeconds() + " s");
            }
            pass(every);
        }
    }

    /** As {@link #until}, for a close; an interrupt ends it. */
    static void uninterrupted(String what, Duration every, BooleanSupplier condition) throws IOException {
        try {
            until(what, every, condition);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted, " + what + " not awaited", e);
        }
    }

    private static boolean holds(BooleanSupplier condition) {
        try {
            return condition.getAsBoolean();
        } catch (CordwoodException e) {
            return false; // the deadline tells
        }
    }

    static void pass(Duration time) throws InterruptedException {
        var unused = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
    }
}
