package io.cordwood.chaos.workload;

import java.time.Duration;
import java.util.Optional;

/**
 * Somebody who uses the cluster during a run. Clients of other kinds take part by this interface.
 *
 * <p>Invariant: each of its operations is in the history with its begin before anything was sent, and ends
 * there as {@code FAIL} only where the answer says that it has no effect.
 *
 * <p><b>Thread:</b> the run's; implementations have threads of their own.
 */
public interface Workload extends AutoCloseable {
    /** As the history calls its processes, or how their names begin. */
    String name();

    void start();

    /** Begins nothing new, but for what it takes to come to an end. */
    void stop();

    /** Waits until nothing of it is under way, at most that long, and returns whether that is so. */
    boolean drain(Duration patience);

    Counts counts();

    /** Why it ended though nobody stopped it: a fault of ours, after which its history proves nothing. */
    Optional<Throwable> failure();

    /** Ends at once what still goes on. */
    @Override
    void close();
}
