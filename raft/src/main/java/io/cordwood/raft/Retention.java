package io.cordwood.raft;

import io.cordwood.batch.CompressionUnavailableException;
import io.cordwood.metadata.TopicConfig;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the leaders of this node trim what their topics keep no longer, by time and by size. What expires is decided once, by the
 * leader, and reaches all replicas as an entry of the log.
 *
 * <p>Thread: one, which may read files.
 */
final class Retention {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final Supplier<Collection<PartitionReplica>> replicas;
    private final Function<PartitionReplica, Optional<TopicConfig>> configs;
    private final NodeClock clock;
    private final StoreMeters meters;

    /** @param configs the settings of a replica's topic as they are now; empty where it is gone */
    Retention(
            Supplier<Collection<PartitionReplica>> replicas,
            Function<PartitionReplica, Optional<TopicConfig>> configs,
            NodeClock clock,
            StoreMeters meters) {
        this.replicas = replicas;
        this.configs = configs;
        this.clock = clock;
        this.meters = meters;
    }

    /** Proposes the trims that are due; the next look finds what became of them. */
    void tick() {
        long nowMs = clock.nowMs();
        for (PartitionReplica replica : replicas.get()) {
            if (Thread.currentThread().isInterrupted()) {
                return; // the node stops
            }
            if (replica.leads()) {
                configs.apply(replica).ifPresent(config -> trim(replica, config, nowMs));
            }
        }
    }

    private void trim(PartitionReplica replica, TopicConfig config, long nowMs) {
        try {
            long start = replica.startKeeping(config.oldestKeptMs(nowMs), config.newestKeptBytes());
            if (start > replica.logStartOffset()) {
                var unused = replica.trim(start).thenAccept(outcome -> note(replica, start, outcome));
            }
        } catch (IOException | CompressionUnavailableException e) {
            // Reading is no reason to stop; a disk that fails ends the node with its next write.
            LOG.warn("{}: retention cannot look at the log", replica.id(), e);
        }
    }

    private void note(PartitionReplica replica, long start, TrimOutcome outcome) {
        LOG.info("{}: retention moves the log start to {}: {}", replica.id(), start, outcome);
        if (outcome instanceof TrimOutcome.Trimmed) {
            meters.retentionTrimmed();
        }
    }
}
