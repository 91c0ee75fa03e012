package io.cordwood.raft;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
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
    private final MeterRegistry registry;
    private final List<Meter> meters = new ArrayList<>();

    CatchUpCounters(MeterRegistry registry, int nodeId) {
        this.registry = registry;
        register("notifications", notifications, nodeId);
        register("installations", installations, nodeId);
        register("failures", failures, nodeId);
        register("fetched.bytes", fetchedBytes, nodeId);
        register("compared.records", comparedRecords, nodeId);
    }

    private void register(String name, LongAdder sum, int nodeId) {
        meters.add(FunctionCounter.builder("cordwood.catchup." + name, sum, LongAdder::sum)
                .tag("node", Integer.toString(nodeId))
                .register(registry));
    }

    /** The meters end with the node. */
    void unregister() {
        meters.forEach(registry::remove);
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
