package io.cordwood.raft;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals segments of a replica that leads in which it, or a follower, found damage: only a file that never
 * changes any more can be compared and replaced, and where nobody publishes it would take batches for ever.
 *
 * <p>Invariants: one roll at a time, and none within {@link #PAUSE_NANOS} of another one: a disk that returns
 * nothing right would have a file begun with each look. None while the node has no room: nothing could be
 * repaired.
 *
 * <p>Thread: any; the monitor guards what is known of the newest roll, for a few field accesses.
 */
final class ScrubRolls {
    private static final Logger LOG = LoggerFactory.getLogger(ScrubRolls.class);
    private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final PartitionReplica replica;
    private final LongSupplier clockNanos;
    private CompletableFuture<?> newest = CompletableFuture.completedFuture(null);
    private @Nullable Long rolledNanos;

    ScrubRolls(PartitionReplica replica, LongSupplier clockNanos) {
        this.replica = replica;
        this.clockNanos = clockNanos;
    }

    /** Begins to seal the segment with this base offset, where this replica leads and it takes batches. */
    synchronized void begin(long baseOffset) {
        var state = replica.state();
        if (!replica.leads()
                || state.appender().refusing() != null
                || !newest.isDone()
                || isTooSoon()
                || !SegmentRoll.isActive(state.tail(), baseOffset)) {
            return;
        }
        LOG.info(
                "{}: the segment from offset {} on is sealed, so that damage in it can be repaired",
                PartitionReplicas.name(replica),
                baseOffset);
        newest = state.appender().propose(new SegmentRoll(state, baseOffset)).thenAccept(this::ended);
    }

    private boolean isTooSoon() {
        return rolledNanos != null && clockNanos.getAsLong() - rolledNanos < PAUSE_NANOS;
    }

    /** Whoever wants it asks again where it came to nothing. */
    private synchronized void ended(Proposal.Outcome outcome) {
        if (outcome == Proposal.Outcome.APPLIED) {
            rolledNanos = clockNanos.getAsLong();
        }
    }
}
