package io.cordwood.raft;

import io.cordwood.metadata.TopicConfig;
import io.cordwood.metrics.Metric;
import io.cordwood.store.CompactionRules;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the replicas of a node compacted: finishes what leaders decided, and where this node leads, decides.
 *
 * <p>Invariants: one pass at a time, so that memory is bounded whatever the number of partitions. A replica whose pass failed waits
 * before the next one, longer each time. The rate holds for all, but where {@link CompactionHaste} says so.
 *
 * <p>Thread: one, the node's own for this: a pass takes as long as it takes.
 */
final class Compaction {
    private static final Logger LOG = LoggerFactory.getLogger(Compaction.class);

    private final Supplier<Collection<PartitionReplica>> replicas;
    private final LongSupplier clockMs;
    private final LongSupplier clockNanos;
    private final ReplicaCompaction.Means means;
    private final StoreMeters meters;
    private final CompactionWaits passWaits = new CompactionWaits(CompactionWaits.PASS_MAX_NANOS);
    /** Apart from those: what a leader decided is not to wait for own passes that failed before. */
    private final CompactionWaits fileWaits = new CompactionWaits(CompactionWaits.FILES_MAX_NANOS);

    /** Replicas that wait after a failure, as the newest look left them. */
    private volatile long failing;

    /** @param clockMs decides about lags and tombstones */
    Compaction(
            Supplier<Collection<PartitionReplica>> replicas,
            LongSupplier clockMs,
            LongSupplier clockNanos,
            CompactionLimits limits,
            RaftMeters meters) {
        this(replicas, clockMs, clockNanos, limits, Compaction::freeHeapBytes, meters);
    }

    Compaction(
            Supplier<Collection<PartitionReplica>> replicas,
            LongSupplier clockMs,
            LongSupplier clockNanos,
            CompactionLimits limits,
            LongSupplier freeHeapBytes,
            RaftMeters meters) {
        this.replicas = replicas;
        this.clockMs = clockMs;
        this.clockNanos = clockNanos;
        this.meters = meters.store();
        var rate = CatchUpRate.of(limits.bytesPerSecond());
        var haste = new CompactionHaste(this::largestBacklog, LOG::warn, System::nanoTime);
        means = new ReplicaCompaction.Means(rate, limits.keyBytes(), freeHeapBytes, haste::isUrgent, this.meters);
        meters.node().counter(Metric.COMPACTION_BYTES, rate, CatchUpRate::takenBytes);
        meters.node().gauge(Metric.COMPACTION_FAILING, this::failing);
    }

    private static long freeHeapBytes() {
        var runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    /** Of those that are tried now: haste does not help who waits after a failure. */
    private Optional<CompactionHaste.Backlog> largestBacklog() {
        return replicas.get().stream()
                .filter(replica -> replica.compactionPending() && isDue(replica, fileWaits))
                .map(replica ->
                        new CompactionHaste.Backlog(PartitionReplicas.name(replica), replica.compactionBacklog()))
                .max(Comparator.comparingLong(CompactionHaste.Backlog::entries));
    }

    /** @param configs the settings of a replica's topic as they are now; empty where it is gone */
    void tick(Function<PartitionReplica, Optional<TopicConfig>> configs) {
        var unused =
                clockMs.getAsLong(); // at each look, so that it sees a jump when it comes and not with the next pass
        var all = replicas.get();
        var groups = all.stream().map(PartitionReplica::groupId).toList();
        passWaits.retain(groups);
        fileWaits.retain(groups);
        all.forEach(PartitionReplica::tidyCompaction);
        finishAll(all);
        for (PartitionReplica replica : all) {
            var rules = replica.leads() && isDue(replica, passWaits)
                    ? configs.apply(replica).flatMap(Compaction::rules)
                    : Optional.<CompactionRules>empty();
            if (rules.isPresent()) {
                finishAll(all);
                pass(replica, rules.get());
            }
        }
        failing = all.stream().filter(replica -> isFailing(replica, configs)).count();
    }

    long failing() {
        return failing;
    }

    /** Not where nobody tries again: one that leads no more, or whose topic is not compacted any more. */
    private boolean isFailing(PartitionReplica replica, Function<PartitionReplica, Optional<TopicConfig>> configs) {
        var group = replica.groupId();
        return (replica.compactionPending() && fileWaits.hasFailed(group))
                || (passWaits.hasFailed(group)
                        && replica.leads()
                        && configs.apply(replica).flatMap(Compaction::rules).isPresent());
    }

    /** What waits for files decides about nothing: its passes are not to wait for their failures. */
    private void pass(PartitionReplica replica, CompactionRules rules) {
        if (!replica.compactionPending()) {
            note(replica, replica.compact(rules, clockMs.getAsLong(), means), CompactionProgress.Effort.PASS);
            finishAll(List.of(replica));
        }
    }

    /** What a topic wants of compaction; empty where it wants none. */
    private static Optional<CompactionRules> rules(TopicConfig config) {
        var cleanup = config.cleanup();
        return cleanup.policy().compacts()
                ? Optional.of(new CompactionRules(
                        cleanup.minLagMs(),
                        cleanup.deleteRetentionMs(),
                        cleanup.minDirtyRatio(),
                        config.segmentBytes()))
                : Optional.empty();
    }

    /** Before each pass: a replica that waits for its files takes no checkpoint. */
    private void finishAll(Collection<PartitionReplica> all) {
        for (PartitionReplica replica : all) {
            if (replica.compactionPending() && isDue(replica, fileWaits)) {
                note(replica, replica.finishCompaction(means), CompactionProgress.Effort.FILES);
            }
        }
    }

    private boolean isDue(PartitionReplica replica, CompactionWaits waits) {
        return waits.isDue(replica.groupId(), clockNanos.getAsLong());
    }

    private void note(PartitionReplica replica, boolean succeeded, CompactionProgress.Effort effort) {
        var waits = effort == CompactionProgress.Effort.FILES ? fileWaits : passWaits;
        if (succeeded) {
            waits.succeeded(replica.groupId());
        } else {
            meters.compactionFailed();
            replica.compactionWaits(effort, waits.failed(replica.groupId(), clockNanos.getAsLong()));
        }
    }
}
