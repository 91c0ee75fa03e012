package io.cordwood.chaos.follower;

import io.cordwood.chaos.faults.ChaosCluster;
import io.cordwood.chaos.faults.Wholeness;
import io.cordwood.client.CordwoodException;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Waits until all replicas are in sync again, under a load that goes on.
 *
 * <p><b>Thread:</b> any.
 */
final class CaughtUp {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(250);

    private final ChaosCluster cluster;
    private final Wholeness wholeness;
    private final String topic;
    private final long lagMaxRecords;

    /** @param lagMaxRecords of a replica: records come in while it is asked, so it may always lack some */
    CaughtUp(ChaosCluster cluster, String topic, long lagMaxRecords) {
        this.cluster = cluster;
        this.topic = topic;
        this.lagMaxRecords = lagMaxRecords;
        wholeness = new Wholeness(cluster);
    }

    void await() throws IOException {
        var problems = wholeness.await(PATIENCE);
        if (!problems.isEmpty()) {
            throw new IOException("the cluster is not whole after " + PATIENCE + ": " + problems);
        }
        try {
            Awaitility.await().atMost(PATIENCE).pollInterval(POLL).until(this::isClose);
        } catch (ConditionTimeoutException e) {
            throw new IOException("a replica lags by more than " + lagMaxRecords + " records after " + PATIENCE, e);
        }
    }

    private boolean isClose() {
        try {
            return cluster.admin().partitions(topic).stream()
                    .flatMap(partition -> partition.replicas().stream())
                    .allMatch(replica -> replica.lagRecords().orElse(Long.MAX_VALUE) <= lagMaxRecords);
        } catch (CordwoodException e) {
            return false; // the deadline tells
        }
    }
}
