package io.cordwood.raft;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the catch-ups of a node amount to, also as meters {@code cordwood.catchup.*}.
 *
 * <p>Thread: any.
 */
public final class CatchUpCounters {
    private final LongAdder notifications = new LongAdder();
    private final LongAdder installations = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder fetchedBytes = new LongAdder();
    private final LongAdder comparedRecords = new LongAdder();
    private final LongAdder running = new LongAdder();

    CatchUpCounters(NodeMeters meters) {
        meters.counter(Metric.CATCH_UP_NOTIFICATIONS, notifications, LongAdder::sum);
        meters.counter(Metric.CATCH_UP_INSTALLATIONS, installations, LongAdder::sum);
        meters.counter(Metric.CATCH_UP_FAILURES, failures, LongAdder::sum);
        meters.counter(Metric.CATCH_UP_FETCHED, fetchedBytes, LongAdder::sum);
        meters.counter(Metric.CATCH_UP_COMPARED, comparedRecords, LongAdder::sum);
        meters.gauge(Metric.CATCH_UP_RUNNING, running::sum);
    }

    void began() {
        running.increment();
    }

    void ended() {
        running.decrement();
    }

    void notified() {
        notifications.increment();
    }

    void installed() {
        installations.increment();
    }

    void failed() {
        failures.increment();
    }

    void fetched(long bytes) {
        fetchedBytes.add(bytes);
    }

    void compared(long records) {
        comparedRecords.add(records);
    }

    /** Whether a replica of this node catches up now. */
    boolean isRunning() {
        return running.sum() > 0;
    }

    /** Install notifications that Ratis passed on to this node's replicas. */
    public long notifications() {
        return notifications.sum();
    }

    /** Catch-ups that came to their end. */
    public long installations() {
        return installations.sum();
    }

    /** Catch-ups that ended early; each is tried again. */
    public long failures() {
        return failures.sum();
    }

    /** Bytes of batches that came from other nodes. */
    public long fetchedBytes() {
        return fetchedBytes.sum();
    }

    /** Records that this node had and found to be the same. */
    public long comparedRecords() {
        return comparedRecords.sum();
    }

    /** All of the node, since its start. */
    @Override
    public String toString() {
        return notifications() + " install notifications of this node, " + installations() + " installations, "
                + failures() + " failures, " + fetchedBytes() + " bytes fetched, " + comparedRecords()
                + " records compared";
    }
}
