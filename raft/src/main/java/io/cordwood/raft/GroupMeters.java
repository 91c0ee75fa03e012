package io.cordwood.raft;

import io.cordwood.metrics.Metric;
import io.cordwood.metrics.NodeMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;

/**
 * What the raft groups of a node do, all of them together.
 *
 * <p>Thread: any.
 */
final class GroupMeters {
    private final Counter elections;
    private final Counter leaderChanges;
    private final Counter stepDowns;
    private final Counter ownEntries;
    private final Counter foreignEntries;
    private final Timer logForces;

    GroupMeters(NodeMeters meters) {
        elections = meters.counter(Metric.RAFT_ELECTIONS);
        leaderChanges = meters.counter(Metric.RAFT_LEADER_CHANGES);
        stepDowns = meters.counter(Metric.RAFT_STEP_DOWNS);
        ownEntries = meters.counter(Metric.RAFT_ENTRIES, "leader");
        foreignEntries = meters.counter(Metric.RAFT_ENTRIES, "follower");
        logForces = meters.histogram(Metric.RAFT_LOG_FORCE);
    }

    void leaderChanged() {
        leaderChanges.increment();
    }

    void steppedDown() {
        stepDowns.increment();
    }

    /** An entry that this node leads with came into a log. */
    void tookOwn() {
        ownEntries.increment();
    }

    /** An entry of another leader came into a log. */
    void tookForeign() {
        foreignEntries.increment();
    }

    /** Counted by Ratis, see {@link MicrometerRegistries}. */
    Counter elections() {
        return elections;
    }

    /** Measured by Ratis. */
    Timer logForces() {
        return logForces;
    }
}
