package io.cordwood.chaos.workload;

import java.time.Duration;
import java.util.Optional;

/**
 * What a {@link ThreadedWorkload} does, step by step.
 *
 * <p><b>Thread:</b> that of its workload; {@link #close} by the run's, behind the last step where that ends
 * in time.
 */
interface Actor extends AutoCloseable {
    /**
     * Does the next thing. Waits for nobody without a deadline.
     *
     * @param stopping nothing new is to begin
     * @return after which pause comes the next step; none where all is done
     */
    Optional<Duration> step(boolean stopping) throws InterruptedException;

    @Override
    void close();
}
