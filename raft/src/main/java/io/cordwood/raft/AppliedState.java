package io.cordwood.raft;

import io.cordwood.partition.PartitionEntry;
import io.cordwood.partition.PartitionState;
import io.cordwood.store.ActiveSegmentInfo;
import io.cordwood.store.Checkpoint;
import io.cordwood.store.ProducerState;
import io.cordwood.store.SealedSegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the applied entries of a replica add up to, kept one entry behind the newest: a checkpoint at the very end of the log can
 * make Ratis notify a follower for ever (RATIS-2500).
 *
 * <p>Thread: Ratis' updater advances it; checkpoints are asked for by others too. The monitor guards both fields, for the time
 * that one entry takes, or one copy of the state.
 */
final class AppliedState {
    private final int epochBase;
    private PartitionState behind;
    private @Nullable Step newest;

    /** An applied raft index; the entry is null where it changed nothing of ours. */
    private record Step(long term, long index, @Nullable PartitionEntry entry) {
        void applyTo(PartitionState state) {
            if (entry == null) {
                state.skip(term, index);
            } else {
                state.apply(entry, term, index);
            }
        }
    }

    AppliedState(PartitionState restored, int epochBase) {
        this.behind = restored;
        this.epochBase = epochBase;
    }

    /**
     * Takes the next raft index.
     *
     * @throws IllegalStateException where the one before it contradicts the state
     */
    synchronized void advance(long term, long index, @Nullable PartitionEntry entry) {
        var before = newest;
        if (before != null) {
            before.applyTo(behind);
        }
        newest = new Step(term, index, entry);
    }

    /** One entry behind what is applied; empty before there is such a one. */
    synchronized Optional<Checkpoint> checkpointBehind() {
        return behind.index() < 0 ? Optional.empty() : Optional.of(behind.checkpoint());
    }

    /** Raft index of {@link #checkpointBehind}, or -1. */
    synchronized long indexBehind() {
        return behind.index();
    }

    /** Of all that is applied; empty where that is nothing. */
    synchronized Optional<Checkpoint> checkpoint() {
        var last = newest;
        if (last == null) {
            return checkpointBehind();
        }
        var all = PartitionState.of(behind.checkpoint(), epochBase);
        last.applyTo(all);
        return Optional.of(all.checkpoint());
    }

    /** Goes on from a checkpoint that was fetched. */
    synchronized void restart(Checkpoint checkpoint) {
        behind = PartitionState.of(checkpoint, epochBase);
        newest = null;
    }

    /** What is known of producers, where the newest raft index changed nothing of ours. */
    synchronized ProducerState copyProducers() {
        return behind.copyProducers();
    }

    /** What a pass of compaction is decided on, behind all that is applied. */
    synchronized PartitionState.Compactable compactable() {
        return behind.compactableBehind(newest == null ? null : newest.entry());
    }

    /** Whether a segment is part of the log behind all that is applied, or of what the next checkpoint may list. */
    synchronized boolean lists(SealedSegment segment) {
        return behind.segments().sealed().contains(segment)
                || compactable().segments().sealed().contains(segment);
    }

    /** As {@link #copyProducers}. */
    synchronized ActiveSegmentInfo activeSegment() {
        return behind.segments().active();
    }
}
