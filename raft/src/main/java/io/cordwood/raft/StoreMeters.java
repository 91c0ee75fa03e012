package io.cordwood.raft;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/**
 * What the replicas of a node do to their files, all of them together.
 *
 * <p>Thread: any. Called for entries, forces and rarer things, never for a record.
 */
final class StoreMeters {
    private final Timer forces;
    private final Counter written;
    private final Timer checkpoints;
    private final Counter checkpointFailures;
    private final Counter trims;
    private final Counter compactionPasses;
    private final Counter compactionErrors;

    StoreMeters(NodeMeters meters) {
        forces = meters.histogram(Metric.STORE_FORCE);
        written = meters.counter(Metric.STORE_WRITTEN);
        checkpoints = meters.histogram(Metric.CHECKPOINT_DURATION);
        checkpointFailures = meters.counter(Metric.CHECKPOINT_FAILURES);
        trims = meters.counter(Metric.RETENTION_TRIMS);
        compactionPasses = meters.counter(Metric.COMPACTION_PASSES);
        compactionErrors = meters.counter(Metric.COMPACTION_ERRORS);
    }

    void forced(long nanos) {
        forces.record(nanos, TimeUnit.NANOSECONDS);
    }

    void wrote(long bytes) {
        written.increment((double) bytes);
    }

    void checkpointTaken(long nanos) {
        checkpoints.record(nanos, TimeUnit.NANOSECONDS);
    }

    void checkpointFailed() {
        checkpointFailures.increment();
    }

    void retentionTrimmed() {
        trims.increment();
    }

    void compacted() {
        compactionPasses.increment();
    }

    void compactionFailed() {
        compactionErrors.increment();
    }
}
