package io.cordwood.raft;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.ratis.protocol.RaftGroupId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the replicas of a node take checkpoints, by bytes and by time, so that a restart reads little again.
 *
 * <p>Thread: one, the node's own for this.
 */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final Supplier<Collection<PartitionReplica>> replicas;
    private final Taker taker;
    private final LongSupplier clockNanos;
    private final LogUpkeep upkeep;
    private final Map<RaftGroupId, Long> lastNanos = new HashMap<>();

    /** Has a group take a checkpoint; returns when it is done. */
    interface Taker {
        void take(RaftGroupId groupId) throws IOException;
    }

    Checkpoints(
            Supplier<Collection<PartitionReplica>> replicas, Taker taker, LongSupplier clockNanos, LogUpkeep upkeep) {
        this.upkeep = upkeep;
        this.replicas = replicas;
        this.taker = taker;
        this.clockNanos = clockNanos;
    }

    /** Takes those that are due, and deletes what raft logs, which are purged behind them, do not hold any more. */
    void tick() {
        var open = replicas.get();
        lastNanos
                .keySet()
                .retainAll(open.stream().map(PartitionReplica::groupId).toList());
        open.forEach(this::takeWhenDue);
        open.forEach(PartitionReplica::deleteTrimmed);
    }

    private void takeWhenDue(PartitionReplica replica) {
        long now = clockNanos.getAsLong();
        long last = lastNanos.computeIfAbsent(replica.groupId(), id -> now);
        long bytes = replica.bytesSinceCheckpoint();
        if (bytes >= upkeep.checkpointBytes()
                || (bytes > 0 && now - last >= upkeep.checkpointInterval().toNanos())) {
            take(replica);
            lastNanos.put(replica.groupId(), now);
        }
    }

    /** Takes one of every replica with something new. At an orderly stop. */
    void takeAll() {
        replicas.get().stream()
                .filter(replica -> replica.bytesSinceCheckpoint() > 0)
                .forEach(this::take);
    }

    private void take(PartitionReplica replica) {
        try {
            taker.take(replica.groupId());
        } catch (IOException e) {
            // The next one covers what this one missed; a failing disk ends the node by itself.
            LOG.warn(
                    "no checkpoint of topic {} partition {}",
                    replica.topic(),
                    replica.id().partition(),
                    e);
        }
    }
}
